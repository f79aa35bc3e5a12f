//! Requests that carry a key of their sender's: what is made under a key is made once, and answered the same again.
//!
//! Requests and answers may hold secrets, so that what is remembered of both is sealed under the tenant's key.

use anyhook_domain::{TenantId, seal::column::REMEMBERED_ANSWER};
use anyhook_store::log::Once;
use base64::{Engine, prelude::BASE64_STANDARD};
use prost::Message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Service, problem::Problem};

const DIGEST_BYTES: usize = 32;
const MAX_KEY_BYTES: usize = 255;
const UNREADABLE: Problem = Problem::Internal("a remembered answer cannot be read");

/// A request that may carry a key.
pub(crate) struct Keyed {
    tenant: TenantId,
    key: Option<String>,
    /// What is asked for, as `create_app`.
    what: &'static str,
    /// Of all of the request, with whoever sends it.
    digest: [u8; DIGEST_BYTES],
}

/// What is written down together with what is made.
pub(crate) struct Remembered<'a> {
    key: &'a str,
    what: &'static str,
    answer: String,
}

impl Keyed {
    pub(crate) fn new(
        tenant: TenantId,
        key: Option<&str>,
        what: &'static str,
        request: &impl Message,
    ) -> Result<Self, Problem> {
        if key.is_some_and(|key| key.is_empty() || key.len() > MAX_KEY_BYTES) {
            let says = format!("Idempotency-Key must be one text of 1 to {MAX_KEY_BYTES} ASCII characters.");
            return Err(Problem::invalid("Idempotency-Key", says));
        }
        let digest = Sha256::digest(request.encode_to_vec()).into();
        Ok(Self { tenant, key: key.map(str::to_owned), what, digest })
    }

    /// What the same request was answered before.
    pub(crate) async fn answered<T: Message + Default>(&self, service: &Service) -> Result<Option<T>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let Some(before) = service.store.answered(self.tenant, key, service.now()).await? else { return Ok(None) };
        if before.request != self.what {
            return Err(Problem::KeyReused);
        }
        let (version, sealed) = before.answer.split_once('.').ok_or(UNREADABLE)?;
        let version = version.parse().map_err(|_| UNREADABLE)?;
        let sealed = BASE64_STANDARD.decode(sealed).map_err(|_| UNREADABLE)?;
        let secrets = service.vault.secrets_key(self.tenant, Some(version)).await?;
        let plain = secrets.open_bytes(row_of(key), REMEMBERED_ANSWER, &sealed)?;
        let (digest, answer) = plain.split_at_checked(DIGEST_BYTES).ok_or(UNREADABLE)?;
        if digest != self.digest {
            return Err(Problem::KeyReused);
        }
        T::decode(answer).map(Some).map_err(|_| UNREADABLE)
    }

    /// Somebody else was faster: what it was answered.
    pub(crate) async fn answered_meanwhile<T: Message + Default>(&self, service: &Service) -> Result<T, Problem> {
        self.answered(service).await?.ok_or(Problem::Busy)
    }

    /// The answer as it is remembered; `None` where there is no key.
    pub(crate) async fn remember(
        &self,
        service: &Service,
        answer: &impl Message,
    ) -> Result<Option<Remembered<'_>>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let secrets = service.vault.secrets_key(self.tenant, None).await?;
        let plain = [&self.digest[..], &answer.encode_to_vec()].concat();
        let sealed = secrets.seal_bytes(row_of(key), REMEMBERED_ANSWER, &plain);
        let answer = format!("{}.{}", secrets.version, BASE64_STANDARD.encode(sealed));
        Ok(Some(Remembered { key, what: self.what, answer }))
    }
}

impl Remembered<'_> {
    pub(crate) fn once(&self) -> Once<'_> {
        Once { key: self.key, request: self.what, answer: &self.answer }
    }
}

/// Binds what is sealed to its key.
fn row_of(key: &str) -> Uuid {
    let digest: [u8; DIGEST_BYTES] = Sha256::digest(key).into();
    Uuid::from_slice(&digest[..16]).expect("16 bytes are an id")
}
