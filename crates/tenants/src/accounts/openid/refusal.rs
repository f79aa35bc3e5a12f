//! Why nobody was signed in by way of the issuer.

use tonic::Code;

/// The word goes into a URL, and a page has its sentence, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenIdRefusal {
    /// No issuer is set up.
    Off,
    /// The issuer does not answer, or not with what the protocol wants.
    Unavailable,
    /// The person, or the issuer, did not agree.
    Denied,
    /// Another browser's way, one that took too long, or one that was gone before.
    Expired,
    /// What the issuer gave does not hold.
    NotProved,
    /// The issuer does not say that the e-mail address is the person's own.
    Unverified,
    /// The address has an account, which is not known to be of the same person.
    AccountExists,
    /// Nobody makes an account this way.
    NoAccount,
    /// The issuer's account belongs to another user.
    Taken,
    /// Without it the user could not sign in any more.
    LastWay,
}

impl OpenIdRefusal {
    pub(crate) const fn code(self) -> (Code, &'static str) {
        match self {
            Self::Off => (Code::NotFound, "oidc_off"),
            Self::Unavailable => (Code::Unavailable, "oidc_unavailable"),
            Self::Denied => (Code::PermissionDenied, "oidc_denied"),
            Self::Expired => (Code::Unauthenticated, "oidc_expired"),
            Self::NotProved => (Code::Unauthenticated, "oidc_failed"),
            Self::Unverified => (Code::PermissionDenied, "oidc_unverified"),
            Self::AccountExists => (Code::AlreadyExists, "oidc_account_exists"),
            Self::NoAccount => (Code::PermissionDenied, "oidc_no_account"),
            Self::Taken => (Code::AlreadyExists, "oidc_taken"),
            Self::LastWay => (Code::FailedPrecondition, "last_way_to_sign_in"),
        }
    }

    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Off => "Nobody signs in this way here. Use your e-mail address and password.",
            Self::Unavailable => "The sign-in service does not answer. Try again in a minute, or use your password.",
            Self::Denied => "The sign-in service did not let you through. Try again, or use your password.",
            Self::Expired => "This took too long, or began in another browser. Start again.",
            Self::NotProved => {
                "What the sign-in service said could not be verified. Start again; if it stays, tell the operator of this \
                 server."
            }
            Self::Unverified => {
                "The sign-in service does not say that your e-mail address is verified. Verify it there first."
            }
            Self::AccountExists => {
                "Your e-mail address has an account here. Sign in to it with its password, verify the address, and link the \
                 sign-in service in its settings."
            }
            Self::NoAccount => {
                "You have no account here, and this does not make one. Ask for an invitation, or sign up."
            }
            Self::Taken => {
                "This account of the sign-in service belongs to another user here. Sign in as that one, or use another."
            }
            Self::LastWay => "You could not sign in any more. Set a password first: ask for a mail that resets it.",
        }
    }
}
