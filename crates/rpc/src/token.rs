//! The service token: how the services of one AnyHook know each other.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::Interceptor,
};

/// Shorter ones could be guessed.
const SHORTEST: usize = 32;

/// A token cannot be used. It is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a service token must be 32 or more letters, digits or signs without spaces; two of them, separated by a comma, during a rotation")]
pub struct InvalidToken;

/// One token, or two during a rotation: the first is shown to others, each is accepted. Cheap to clone.
#[derive(Clone)]
pub struct ServiceToken {
    shown: MetadataValue<Ascii>,
    accepted: Arc<[[u8; 32]]>,
}

impl ServiceToken {
    /// # Errors
    /// [`InvalidToken`] when one of them is short, or has characters that no header may have.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let tokens: Vec<&str> = text.split(',').map(str::trim).collect();
        let is_usable = |token: &&str| token.len() >= SHORTEST && token.bytes().all(|byte| byte.is_ascii_graphic());
        if tokens.len() > 2 || !tokens.iter().all(is_usable) {
            return Err(InvalidToken);
        }
        let mut shown: MetadataValue<Ascii> = bearer(tokens[0]).parse().map_err(|_| InvalidToken)?;
        shown.set_sensitive(true);
        Ok(Self { shown, accepted: tokens.iter().map(|token| digest(bearer(token).as_bytes())).collect() })
    }

    pub(crate) fn shown(&self) -> http::HeaderValue {
        let mut value = http::HeaderValue::from_bytes(self.shown.as_bytes()).expect("it is a header value already");
        value.set_sensitive(true);
        value
    }

    /// In the same time for every wrong token, whatever of it is right.
    fn accepts(&self, given: &[u8]) -> bool {
        let given = digest(given);
        let matches = self.accepted.iter().map(|accepted| accepted.ct_eq(&given));
        matches.fold(Choice::from(0), |any, one| any | one).into()
    }
}

/// As a server's interceptor it turns away whoever does not show the token. The refusal has no `anyhook-code`: it is
/// about the service that called, not about the person whom that works for.
impl Interceptor for ServiceToken {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        match request.metadata().get("authorization") {
            Some(given) if self.accepts(given.as_bytes()) => Ok(request),
            _ => Err(Status::unauthenticated("the service token is missing or wrong: give all services the same one")),
        }
    }
}

impl fmt::Debug for ServiceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceToken")
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old-0123456789abcdef0123456789abcdef";
    const NEW: &str = "new-0123456789abcdef0123456789abcdef";

    fn is_let_in(server: &str, client: &str) -> bool {
        let mut request = Request::new(());
        let shown = ServiceToken::parse(client).unwrap().shown;
        request.metadata_mut().insert("authorization", shown);
        ServiceToken::parse(server).unwrap().call(request).is_ok()
    }

    #[test]
    fn the_right_token_is_let_in() {
        assert!(is_let_in(OLD, OLD));
        assert!(!is_let_in(OLD, NEW));
        let refusal = ServiceToken::parse(OLD).unwrap().call(Request::new(())).unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::Unauthenticated);
    }

    #[test]
    fn both_work_during_a_rotation() {
        let both = format!("{NEW}, {OLD}");
        assert!(is_let_in(&both, OLD) && is_let_in(&both, NEW) && is_let_in(NEW, &both));
        assert!(!is_let_in(OLD, &both), "the first one is shown");
    }

    #[test]
    fn weak_and_odd_tokens_are_refused_and_never_repeated() {
        for bad in ["", "short", &"a".repeat(31), &format!("{OLD} {NEW}"), &format!("{OLD},"), &"ü".repeat(32)] {
            assert_eq!(ServiceToken::parse(bad).unwrap_err(), InvalidToken, "{bad}");
        }
        assert!(!format!("{:?}", ServiceToken::parse(OLD).unwrap()).contains("old"));
    }
}
