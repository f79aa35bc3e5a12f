//! What a browser keeps while it is on its way to the issuer and back: sealed, so that it is as good as a row here.

use std::time::Duration;

use anyhook_domain::{Timestamp, UserId, seal::column};
use anyhook_store::config::SpentSignIn;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{super::session, issuer::Vouched, refusal::OpenIdRefusal};
use crate::{Service, problem::Problem};

/// As long as somebody may take to sign in at the issuer, and then to find a code.
const GOOD_FOR: Duration = Duration::from_secs(10 * 60);
/// Longer than any ticket of ours.
const MAX_CHARS: usize = 8 * 1024;

/// To the issuer and back.
#[derive(Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) state: String,
    pub(super) nonce: String,
    /// The secret half of the PKCE challenge.
    pub(super) verifier: String,
    pub(super) redirect_url: String,
    pub(super) return_to: String,
    /// Whoever links its account at the issuer.
    pub(super) linking: Option<String>,
}

/// From the issuer's word to the code that the account needs besides.
#[derive(Serialize, Deserialize)]
pub(super) struct Proved {
    pub(super) nonce: String,
    pub(super) user: String,
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) is_linked_now: bool,
    pub(super) return_to: String,
}

/// INVARIANT: one kind of ticket is never taken for the other: each has a column of its own.
#[derive(Serialize, Deserialize)]
struct Dated<T> {
    until: i64,
    of: T,
}

impl Way {
    pub(super) fn new(redirect_url: String, return_to: String, linking: Option<UserId>) -> Self {
        Self {
            state: session::token(),
            nonce: session::token(),
            verifier: session::token(),
            redirect_url,
            return_to,
            linking: linking.map(|user| user.to_string()),
        }
    }

    pub(super) fn seal(&self, service: &Service) -> Result<(String, Timestamp), Problem> {
        seal(service, column::SIGN_IN_WAY, self)
    }

    pub(super) fn open(service: &Service, ticket: &str) -> Result<Self, OpenIdRefusal> {
        open(service, column::SIGN_IN_WAY, ticket)
    }

    pub(super) fn proved(&self, user: UserId, vouched: &Vouched, is_linked_now: bool) -> Proved {
        Proved {
            nonce: self.nonce.clone(),
            user: user.to_string(),
            subject: vouched.subject.clone(),
            email: vouched.email.clone(),
            is_linked_now,
            return_to: self.return_to.clone(),
        }
    }
}

impl Proved {
    pub(super) fn seal(&self, service: &Service) -> Result<(String, Timestamp), Problem> {
        seal(service, column::SIGN_IN_PROVED, self)
    }

    pub(super) fn open(service: &Service, ticket: &str) -> Result<Self, OpenIdRefusal> {
        open(service, column::SIGN_IN_PROVED, ticket)
    }
}

/// Of a way, or of what it led to: they have one nonce. Remembered for as long as either ticket could be shown.
pub(super) fn spent(nonce: &str, now: Timestamp) -> SpentSignIn {
    SpentSignIn { nonce_hash: session::hash(nonce), expires_at: now + GOOD_FOR + GOOD_FOR }
}

fn seal<T: Serialize>(service: &Service, column: &'static str, of: &T) -> Result<(String, Timestamp), Problem> {
    let until = service.now() + GOOD_FOR;
    let plain = serde_json::to_vec(&Dated { until: until.unix_ms(), of });
    let plain = plain.map_err(|_| Problem::Internal("a ticket cannot be written"))?;
    let sealed = service.vault.seal_sign_in(Uuid::nil(), column, &plain);
    Ok((URL_SAFE_NO_PAD.encode(sealed), until))
}

fn open<T: DeserializeOwned>(service: &Service, column: &'static str, ticket: &str) -> Result<T, OpenIdRefusal> {
    if ticket.len() > MAX_CHARS {
        return Err(OpenIdRefusal::Expired);
    }
    let sealed = URL_SAFE_NO_PAD.decode(ticket).map_err(|_| OpenIdRefusal::Expired)?;
    let version = service.vault.master_version();
    let plain = service.vault.open_sign_in(Uuid::nil(), column, version, &sealed);
    let plain = plain.map_err(|_| OpenIdRefusal::Expired)?;
    let dated: Dated<T> = serde_json::from_slice(&plain).map_err(|_| OpenIdRefusal::Expired)?;
    if dated.until <= service.now().unix_ms() { Err(OpenIdRefusal::Expired) } else { Ok(dated.of) }
}
