//! What stands in the outbox.

use anyhook_domain::{DestinationId, TenantId};
use serde::{Deserialize, Serialize};

/// A mail, or what mails are made of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contents {
    Letter(Letter),
    Errand(Errand),
}

/// What one person is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) says: Says,
}

/// What letters say; `texts` has the words.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Says {
    VerifyEmail {
        token: String,
    },
    ResetPassword {
        token: String,
    },
    PasswordChanged {
        /// Milliseconds since 1970 UTC.
        at: i64,
        /// Nobody had shown before that the address is its own: what whoever signed up had set up works no more.
        #[serde(default)]
        is_taken_over: bool,
    },
    /// An account at an issuer signs the user in from now on.
    IdentityLinked {
        at: i64,
        /// What the issuer is called.
        issuer: String,
        /// As the issuer knows the account.
        email: Option<String>,
    },
    /// An operator turned it off.
    SecondFactorReset {
        at: i64,
    },
    Invitation {
        token: String,
        tenant: String,
        role: String,
        /// The address of whoever invites; none: an API key.
        by: Option<String>,
    },
    QuotaUsed {
        tenant: String,
        plan: String,
        used: QuotaUsed,
    },
    DestinationPaused {
        tenant: String,
        url: String,
        reason: String,
    },
}

/// How much of its plan a tenant has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QuotaUsed {
    pub(crate) percent: i64,
    pub(crate) n_events: i64,
    pub(crate) events_per_month: u64,
    /// As `yyyymm`.
    pub(crate) month: i64,
}

/// Something of which it is yet to be found out who is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Errand {
    /// Somebody says that it forgot the password of this address's account, if there is one.
    ForgottenPassword {
        email: String,
    },
    QuotaUsed {
        tenant: String,
        plan: String,
        used: QuotaUsed,
    },
    DestinationPaused {
        tenant: String,
        url: String,
        reason: String,
    },
}

impl Errand {
    pub(crate) fn quota_used(tenant: TenantId, plan: &str, used: QuotaUsed) -> Self {
        Self::QuotaUsed { tenant: tenant.to_string(), plan: plan.to_owned(), used }
    }

    /// The address without its query, which may hold what is secret.
    pub(crate) fn destination_paused(tenant: TenantId, id: DestinationId, url: &str, reason: &str) -> Self {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let url = format!("{} ({id})", without_credentials(url));
        Self::DestinationPaused { tenant: tenant.to_string(), url, reason: reason.to_owned() }
    }
}

fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{}", &rest[end..])
}

impl Contents {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers can be written as JSON")
    }

    /// `None` for what another version wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_address_is_told_without_what_may_be_secret_in_it() {
        for (url, told) in [
            ("https://u:p@h.example/a/b?key=1#x", "https://h.example/a/b"),
            ("https://h.example?key=1", "https://h.example"),
            ("https://h.example:8443/@a", "https://h.example:8443/@a"),
        ] {
            let errand =
                Errand::destination_paused(TenantId(Uuid::nil()), DestinationId(Uuid::nil()), url, "answered 410");
            let Errand::DestinationPaused { url, .. } = errand else { panic!("{errand:?}") };
            assert!(url.starts_with(&format!("{told} (")), "{url}");
        }
    }
}
