//! What a second factor is made of: the codes of an authenticator (RFC 6238) and the recovery codes.

use anyhook_domain::{Timestamp, UserId};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Totp};

use crate::random;

/// What RFC 4226 recommends for HMAC-SHA-1.
pub(super) const SECRET_BYTES: usize = 20;
/// Who issues the codes, as authenticators show it.
const ISSUER: &str = "AnyHook";
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const N_RECOVERY_CODES: usize = 10;
/// 80 bits: nobody finds the code of a stolen hash.
const RECOVERY_CHARS: usize = 16;
const GROUP_CHARS: usize = 4;

/// What somebody typed, as far as its form says what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Six digits.
    Code(String),
    /// Anything else may be a recovery code; without hyphens, in lower case.
    Recovery(String),
}

/// Six digits, SHA-1 and 30 seconds: what all authenticators can do. The codes of the steps before and after count, too.
pub(super) fn authenticator(secret: &[u8], email: &str) -> Option<Totp> {
    // The label of a URI has no colon but the one after the issuer.
    let account = email.replace(':', " ");
    Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER)).build().ok()
}

/// The step whose code this is.
pub(super) fn step_of(authenticator: &Totp, code: &str, now: Timestamp) -> Option<i64> {
    let step = authenticator.check(code, now.unix_ms_unsigned() / 1000)?;
    i64::try_from(step).ok()
}

/// People copy codes with spaces and hyphens. `None`: there is nothing.
pub(super) fn read(text: &str) -> Option<Given> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if text.is_empty() {
        return None;
    }
    let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    Some(if is_code { Given::Code(text) } else { Given::Recovery(text.to_lowercase()) })
}

/// As they are shown: four groups of four.
pub(super) fn recovery_codes() -> Vec<String> {
    (0..N_RECOVERY_CODES).map(|_| recovery_code(random::bytes())).collect()
}

/// 32 divides 256: each character is as likely as the others.
fn recovery_code(random: [u8; RECOVERY_CHARS]) -> String {
    let groups =
        random.chunks(GROUP_CHARS).map(|group| group.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])));
    groups.map(Iterator::collect::<String>).collect::<Vec<_>>().join("-")
}

/// Of a code without hyphens; the same code of somebody else has another hash.
pub(super) fn hash(user: UserId, code: &str) -> [u8; 32] {
    Sha256::new_with_prefix(user.0.as_bytes()).chain_update(code).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    /// The table of RFC 6238 (appendix B), of whose codes the last six digits are ours.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let authenticator = authenticator(b"12345678901234567890", "ada@example.com").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let step = seconds / 30;
            for seen in [seconds - 30, seconds, seconds + 30] {
                assert_eq!(step_of(&authenticator, code, at(seen)), Some(step), "{code} at {seen}");
            }
            for seen in [seconds - 60, seconds + 60].into_iter().filter(|seen| *seen > 0) {
                assert_eq!(step_of(&authenticator, code, at(seen)), None, "{code} at {seen}");
            }
        }
        let uri = authenticator.to_url().unwrap();
        assert_eq!(
            uri,
            "otpauth://totp/AnyHook:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=AnyHook"
        );
    }

    #[test]
    fn what_is_typed_is_told_apart() {
        assert_eq!(read(" 123 456 "), Some(Given::Code("123456".into())));
        assert_eq!(read("ABCD-efgh-ijkl-mnop"), Some(Given::Recovery("abcdefghijklmnop".into())));
        assert_eq!(read("12345"), Some(Given::Recovery("12345".into())));
        assert_eq!(read("１２３４５６"), Some(Given::Recovery("１２３４５６".into())));
        assert_eq!(read(" - "), None);
    }

    #[test]
    fn recovery_codes_have_a_form_and_differ() {
        assert_eq!(recovery_code([0, 1, 2, 25, 26, 31, 32, 255, 0, 0, 0, 0, 0, 0, 0, 0]), "abcz-27a7-aaaa-aaaa");
        let mut codes = recovery_codes();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 10);
        let (ada, bob) = (UserId::new(at(1), [1; 10]), UserId::new(at(1), [2; 10]));
        assert_ne!(hash(ada, "abcd"), hash(bob, "abcd"));
        assert_ne!(hash(ada, "abcd"), hash(ada, "abce"));
    }
}
