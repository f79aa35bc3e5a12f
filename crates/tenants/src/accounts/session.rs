//! Tokens of sessions and invitations: 256 random bits, of which a hash is stored.

use anyhook_domain::{SessionId, TenantId, UserId};
use anyhook_rpc::tenants::v1::Session;
use anyhook_store::config::NewSession;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{Service, check, random};

/// A session's row, and what its user is given this once.
pub(crate) fn draw(
    service: &Service,
    user: UserId,
    tenant: TenantId,
    user_agent: Option<&str>,
) -> (NewSession, Session) {
    let now = service.now();
    let token = token();
    let new = NewSession {
        id: SessionId::new(now, random::bytes()),
        token_hash: hash(&token),
        user,
        tenant,
        created_at: now,
        expires_at: now + service.session_for,
        user_agent: check::user_agent(user_agent),
    };
    let session = Session { token, expires_at: new.expires_at.unix_ms() };
    (new, session)
}

pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// Of the token's text, so that no other spelling of the same bits is taken.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
