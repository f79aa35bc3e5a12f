//! The master key, and what it opens: the tenants' keys.

use anyhook_domain::{
    TenantId, Timestamp,
    seal::{DoesNotOpen, Key, Place, column},
    secret::Secret,
};
use anyhook_store::{Store, config::WrappedKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{StartError, problem::Problem, random};

/// There is one master key so far; its version stands beside what it wraps.
const MASTER_VERSION: i64 = 1;

pub(crate) struct Vault {
    store: Store,
    master: Key,
}

/// A new tenant's key, wrapped.
pub(crate) struct NewTenantKey {
    pub(crate) wrapped: Vec<u8>,
    pub(crate) master_version: i64,
}

/// A tenant's key of a version, unwrapped.
pub(crate) struct TenantKey {
    pub(crate) version: i64,
    pub(crate) key: Key,
}

/// What seals a tenant's own secrets.
pub(crate) struct SecretsKey {
    pub(crate) version: i64,
    tenant: TenantId,
    key: Key,
}

impl Vault {
    /// Refuses a master key that is not the one of the database's first start.
    pub(crate) async fn open(store: Store, master: Key, now: Timestamp) -> Result<Self, StartError> {
        let own = fingerprint(&master);
        let stored = store.master_fingerprint(MASTER_VERSION, &own, now).await?;
        if bool::from(own.ct_eq(&stored)) { Ok(Self { store, master }) } else { Err(StartError::WrongMasterKey) }
    }

    pub(crate) fn new_tenant_key(&self, tenant: TenantId) -> NewTenantKey {
        let key = Zeroizing::new(random::bytes::<32>());
        NewTenantKey {
            wrapped: self.master.seal(random::bytes(), &place_of_key(tenant), &*key),
            master_version: MASTER_VERSION,
        }
    }

    /// A tenant's key of a version, or its newest.
    pub(crate) async fn tenant_key(&self, tenant: TenantId, version: Option<i64>) -> Result<TenantKey, Problem> {
        let wrapped = self.store.tenant_key(tenant, version).await?.ok_or(Problem::NotFound("tenant key"))?;
        self.unwrap_key(tenant, &wrapped)
    }

    fn unwrap_key(&self, tenant: TenantId, wrapped: &WrappedKey) -> Result<TenantKey, Problem> {
        if wrapped.master_version != MASTER_VERSION {
            return Err(Problem::Internal("a tenant key is wrapped by an unknown version of the master key"));
        }
        let plain = Zeroizing::new(self.master.open(&place_of_key(tenant), &wrapped.wrapped)?);
        Ok(TenantKey { version: wrapped.version, key: Key::from_slice(&plain)? })
    }

    /// What seals the tenant's secrets from now on, or sealed them under an older version.
    pub(crate) async fn secrets_key(&self, tenant: TenantId, version: Option<i64>) -> Result<SecretsKey, Problem> {
        let tenant_key = self.tenant_key(tenant, version).await?;
        Ok(SecretsKey { version: tenant_key.version, tenant, key: tenant_key.key.for_secrets() })
    }
}

/// A mail's bytes, sealed, and the version of the master key that they are under.
pub(crate) struct SealedMail {
    pub(crate) bytes: Vec<u8>,
    pub(crate) key_version: i64,
}

impl Vault {
    pub(crate) fn seal_mail(&self, mail: Uuid, plain: &[u8]) -> SealedMail {
        let bytes = self.master.for_mails().seal(random::bytes(), &place_of_mail(mail), plain);
        SealedMail { bytes, key_version: MASTER_VERSION }
    }

    pub(crate) fn open_mail(&self, mail: Uuid, sealed: &SealedMail) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        if sealed.key_version != MASTER_VERSION {
            return Err(DoesNotOpen);
        }
        self.master.for_mails().open(&place_of_mail(mail), &sealed.bytes).map(Zeroizing::new)
    }
}

/// What somebody signs in with. Of no tenant: it is a person's.
impl Vault {
    /// That of the key which seals from now on.
    #[expect(clippy::unused_self, reason = "there is one master key so far")]
    pub(crate) const fn master_version(&self) -> i64 {
        MASTER_VERSION
    }

    pub(crate) fn seal_sign_in(&self, row: Uuid, column: &'static str, plain: &[u8]) -> Vec<u8> {
        let place = Place { tenant: TenantId(Uuid::nil()), row, column };
        self.master.for_sign_in().seal(random::bytes(), &place, plain)
    }

    pub(crate) fn open_sign_in(
        &self,
        row: Uuid,
        column: &'static str,
        version: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        if version != MASTER_VERSION {
            return Err(DoesNotOpen);
        }
        let place = Place { tenant: TenantId(Uuid::nil()), row, column };
        self.master.for_sign_in().open(&place, sealed).map(Zeroizing::new)
    }
}

impl SecretsKey {
    pub(crate) fn seal(&self, row: Uuid, column: &'static str, secret: &Secret) -> Vec<u8> {
        self.key.seal(random::bytes(), &Place { tenant: self.tenant, row, column }, secret.expose().as_bytes())
    }

    pub(crate) fn open(&self, row: Uuid, column: &'static str, sealed: &[u8]) -> Result<Secret, Problem> {
        let plain = self.key.open(&Place { tenant: self.tenant, row, column }, sealed)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| Problem::Internal("a stored secret is not text"))
    }

    pub(crate) fn seal_bytes(&self, row: Uuid, column: &'static str, plain: &[u8]) -> Vec<u8> {
        self.key.seal(random::bytes(), &Place { tenant: self.tenant, row, column }, plain)
    }

    pub(crate) fn open_bytes(
        &self,
        row: Uuid,
        column: &'static str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Problem> {
        Ok(Zeroizing::new(self.key.open(&Place { tenant: self.tenant, row, column }, sealed)?))
    }
}

const fn place_of_key(tenant: TenantId) -> Place {
    Place { tenant, row: tenant.0, column: column::TENANT_KEY }
}

/// Of no tenant: most mails are a person's.
const fn place_of_mail(mail: Uuid) -> Place {
    Place { tenant: TenantId(Uuid::nil()), row: mail, column: column::MAIL }
}

/// Tells master keys apart and gives nothing of one away.
fn fingerprint(master: &Key) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(master.expose()).expect("HMAC takes keys of any length");
    Mac::update(&mut mac, b"anyhook/v1/master-key-fingerprint");
    mac.finalize().into_bytes().into()
}
