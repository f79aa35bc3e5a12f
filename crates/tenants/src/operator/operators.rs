//! Who operates the installation: whoever has the operator's token, and some users.

use std::fmt;

use anyhook_store::config::UserRow;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::check;

/// Shorter tokens could be guessed.
const SHORTEST_TOKEN: usize = 32;

/// Who operates the installation; nobody, unless it is said.
#[derive(Clone, Default)]
pub struct Operators {
    token: Option<[u8; 32]>,
    /// In the form under which accounts are found.
    emails: Vec<String>,
}

/// Something that was said of operators cannot be used. A token is not repeated here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOperators {
    #[error(
        "must be {SHORTEST_TOKEN} or more letters, digits or signs without spaces, such as the output of `openssl rand -hex 32`"
    )]
    Token,
    #[error("has {0:?}, but must be e-mail addresses of users, separated by commas")]
    Email(String),
}

impl BadOperators {
    /// The setting that is to blame, as a flag.
    #[must_use]
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::Token => "operator-token",
            Self::Email(_) => "operators",
        }
    }
}

impl Operators {
    /// A token for programs, and e-mail addresses of users, separated by commas.
    ///
    /// # Errors
    /// [`BadOperators`] for a token that is short or cannot be sent, and for what is no e-mail address.
    pub fn new(token: Option<&str>, emails: &str) -> Result<Self, BadOperators> {
        let is_usable =
            |token: &str| token.len() >= SHORTEST_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_some_and(|token| !is_usable(token)) {
            return Err(BadOperators::Token);
        }
        let items = emails.split(',').map(str::trim).filter(|item| !item.is_empty());
        let emails = items.map(|item| check::email(item).ok_or_else(|| BadOperators::Email(item.to_owned())));
        Ok(Self { token: token.map(digest), emails: emails.collect::<Result<_, _>>()? })
    }

    /// In the same time for every wrong token, whatever of it is right.
    pub(crate) fn accepts(&self, given: &str) -> bool {
        let given = digest(given);
        self.token.is_some_and(|token| bool::from(token.ct_eq(&given)))
    }

    /// Whether there is a user at all who might be one.
    pub(crate) const fn has_users(&self) -> bool {
        !self.emails.is_empty()
    }

    /// Whether the user is listed by an address that it was seen to read: anybody may sign up with any.
    pub(crate) fn includes(&self, user: &UserRow) -> bool {
        user.email_verified_at.is_some() && self.emails.contains(&user.email)
    }
}

/// Says nothing of the token.
impl fmt::Debug for Operators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operators").field("has_token", &self.token.is_some()).field("emails", &self.emails).finish()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhook_domain::UserId;
    use uuid::Uuid;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn user(email: &str, email_verified_at: Option<i64>) -> UserRow {
        let password_hash = String::new();
        UserRow { id: UserId(Uuid::nil()), email: email.into(), password_hash, created_at: 0, email_verified_at }
    }

    #[test]
    fn the_token_and_the_listed_users_operate() {
        let operators = Operators::new(Some(TOKEN), " Ada@Example.com, bob@example.com,").unwrap();
        assert!(operators.accepts(TOKEN) && !operators.accepts(&TOKEN[1..]) && !operators.accepts(""));
        assert!(operators.includes(&user("ada@example.com", Some(1))));
        assert!(!operators.includes(&user("ada@example.com", None)), "nobody has seen that it is hers");
        assert!(!operators.includes(&user("eve@example.com", Some(1))));
    }

    #[test]
    fn without_a_word_nobody_does() {
        let nobody = Operators::default();
        assert!(!nobody.accepts("") && !nobody.has_users() && !nobody.includes(&user("", Some(1))));
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_no_token_is_shown() {
        for bad in ["", "short", &TOKEN[1..], &format!("{TOKEN} x"), &"ü".repeat(32)] {
            assert_eq!(Operators::new(Some(bad), "").unwrap_err(), BadOperators::Token, "{bad}");
        }
        assert_eq!(Operators::new(None, "ada").unwrap_err(), BadOperators::Email("ada".into()));
        assert!(!format!("{:?}", Operators::new(Some(TOKEN), "").unwrap()).contains(TOKEN));
    }
}
