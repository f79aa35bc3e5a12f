//! What goes wrong, in words for the caller; the inner detail goes to the log, once.

use std::{borrow::Cow, error::Error, fmt::Write, time::Duration};

use anyhook_domain::{Timestamp, seal::DoesNotOpen, slug::BadSlug};
use anyhook_egress::Refusal;
use anyhook_store::StoreError;
use tonic::{
    Code, Response, Status,
    metadata::{AsciiMetadataValue, MetadataMap},
};

use crate::accounts::openid::OpenIdRefusal;

/// Why a call is not answered.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A member of the request cannot be used as it is.
    Invalid {
        field: Cow<'static, str>,
        says: String,
    },
    /// Egress would never reach this address, or cannot now.
    DestinationRefused {
        field: Cow<'static, str>,
        refusal: Refusal,
    },
    EmailTaken,
    /// With the field that asked for it.
    SlugTaken(&'static str),
    /// There is as much of something as there may be; in words for the caller.
    TooMany(String),
    /// The secret before the last rotation signs until then.
    RotationRunning {
        until: Timestamp,
    },
    AlreadyMember,
    LastOwner,
    /// Whoever asks may not do that; in words for the caller.
    Forbidden(&'static str),
    /// A user that belongs to no tenant any more.
    NoTenant,
    /// What was not found: it may exist and belong to somebody else, which is nobody's business.
    NotFound(&'static str),
    Unauthenticated,
    WrongCredentials,
    /// The password was right, and the account asks for a code as well.
    SecondFactorNeeded,
    WrongCode,
    /// One is on already.
    SecondFactorOn,
    /// Of signing in by way of the issuer.
    OpenId(OpenIdRefusal),
    TooManyAttempts,
    /// Tests and checks of destinations.
    TooManyProbes {
        after: Duration,
    },
    /// What comes to it is discarded.
    AppInactive,
    /// An example would not be verified; the source's name.
    CannotSign(&'static str),
    /// Too many mails were asked for; in words for the caller.
    TooManyMails(&'static str),
    /// Nobody begins without an account here.
    QuickstartOff,
    /// There may be another one after this.
    TooManyQuickstarts {
        after: Duration,
    },
    AlreadyClaimed,
    /// The idempotency key came with another request before.
    KeyReused,
    /// It is not as the caller saw it.
    ChangedMeanwhile,
    /// It ended unclaimed, or never was.
    QuickstartOver,
    /// Too much is asked at once; nothing was done.
    Busy,
    /// Sealed bytes do not open, or their key is gone.
    DoesNotOpen,
    Store(StoreError),
    /// Something that cannot be, in words for the log.
    Internal(&'static str),
}

impl Problem {
    pub(crate) fn invalid(field: &'static str, says: impl ToString) -> Self {
        Self::Invalid { field: field.into(), says: says.to_string() }
    }

    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self::DestinationRefused { field: "url".into(), refusal }
    }

    /// The same of an item of the request's list of destinations.
    pub(crate) fn of_listed(self, index: usize) -> Self {
        let listed = |field: Cow<'static, str>| format!("destinations[{index}].{field}").into();
        match self {
            Self::Invalid { field, says } => Self::Invalid { field: listed(field), says },
            Self::DestinationRefused { field, refusal } => Self::DestinationRefused { field: listed(field), refusal },
            other => other,
        }
    }

    pub(crate) fn bad_slug(field: &'static str) -> impl FnOnce(BadSlug) -> Self {
        move |bad| Self::invalid(field, bad)
    }

    const fn code(&self) -> (Code, &'static str) {
        match self {
            Self::Invalid { .. } => (Code::InvalidArgument, "invalid_field"),
            Self::DestinationRefused { .. } => (Code::InvalidArgument, "destination_refused"),
            Self::EmailTaken => (Code::AlreadyExists, "email_taken"),
            Self::SlugTaken(_) => (Code::AlreadyExists, "slug_taken"),
            Self::TooMany(_) => (Code::FailedPrecondition, "too_many"),
            Self::RotationRunning { .. } => (Code::FailedPrecondition, "rotation_running"),
            Self::AlreadyMember => (Code::AlreadyExists, "already_member"),
            Self::LastOwner => (Code::FailedPrecondition, "last_owner"),
            Self::Forbidden(_) => (Code::PermissionDenied, "forbidden"),
            Self::NoTenant => (Code::PermissionDenied, "no_tenant"),
            Self::NotFound(_) => (Code::NotFound, "not_found"),
            Self::Unauthenticated => (Code::Unauthenticated, "unauthenticated"),
            Self::WrongCredentials => (Code::Unauthenticated, "wrong_credentials"),
            Self::SecondFactorNeeded => (Code::Unauthenticated, "second_factor_needed"),
            Self::WrongCode => (Code::Unauthenticated, "wrong_code"),
            Self::SecondFactorOn => (Code::FailedPrecondition, "second_factor_on"),
            Self::OpenId(refusal) => refusal.code(),
            Self::TooManyAttempts | Self::TooManyMails(_) => (Code::ResourceExhausted, "too_many_attempts"),
            Self::AppInactive => (Code::FailedPrecondition, "app_inactive"),
            Self::CannotSign(_) => (Code::FailedPrecondition, "cannot_sign"),
            Self::QuickstartOff => (Code::PermissionDenied, "quickstart_off"),
            Self::TooManyProbes { .. } => (Code::ResourceExhausted, "too_many_probes"),
            Self::TooManyQuickstarts { .. } => (Code::ResourceExhausted, "too_many_quickstarts"),
            Self::AlreadyClaimed => (Code::AlreadyExists, "already_claimed"),
            Self::KeyReused => (Code::FailedPrecondition, "idempotency_key_reused"),
            Self::ChangedMeanwhile => (Code::FailedPrecondition, "changed_meanwhile"),
            Self::QuickstartOver => (Code::NotFound, "not_found"),
            Self::Busy | Self::Store(StoreError::Unavailable(_)) => (Code::Unavailable, "unavailable"),
            Self::DoesNotOpen => (Code::DataLoss, "does_not_open"),
            Self::Store(StoreError::Broken(_)) | Self::Internal(_) => (Code::Internal, "internal"),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. } | Self::DestinationRefused { field, .. } => Some(field),
            Self::EmailTaken | Self::AlreadyMember => Some("email"),
            Self::SlugTaken(field) => Some(field),
            _ => None,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Invalid { says, .. } | Self::TooMany(says) => says.clone(),
            Self::DestinationRefused { refusal, .. } => refusal.to_string(),
            Self::EmailTaken => "This e-mail address has an account already. Log in, or use another one.".into(),
            Self::SlugTaken(_) => "This slug is or was in use. Choose another one.".into(),
            Self::RotationRunning { until } => format!(
                "This secret was rotated already, and the one before it signs until {until}. Wait until then, or give \
                 overlap_seconds: that one then stops signing at once."
            ),
            Self::AlreadyMember => "This person is a member already. Give it another role instead.".into(),
            Self::LastOwner => "This is the last owner. Make somebody else an owner first.".into(),
            Self::Forbidden(says) | Self::TooManyMails(says) => (*says).into(),
            Self::NoTenant => "You belong to no tenant any more. Ask somebody for an invitation.".into(),
            Self::NotFound(what) => format!("There is no such {what} here. Check its id or slug."),
            Self::Unauthenticated => "This key or session is not valid any more. Log in, or use another key.".into(),
            Self::WrongCredentials => "E-mail address and password do not match. Check both.".into(),
            Self::SecondFactorNeeded => {
                "Give the code that your authenticator shows now, or a recovery code, as code.".into()
            }
            Self::WrongCode => "This code is wrong, or was used already. Wait for the next one.".into(),
            Self::SecondFactorOn => "A second factor is on already. Turn it off first to set up another one.".into(),
            Self::OpenId(refusal) => refusal.sentence().into(),
            Self::AppInactive => {
                "This app is switched off: what came for it would be discarded. Switch it on (is_active) first.".into()
            }
            Self::CannotSign(source) => {
                format!("Only {source} can sign a request that this app accepts: send a test from there.")
            }
            Self::TooManyProbes { .. } => "Too many tests and checks at once. Try again in a minute.".into(),
            Self::TooManyAttempts => "Too many attempts to log in. Try again in 15 minutes.".into(),
            Self::QuickstartOff => "Nobody begins without an account here. Sign up instead.".into(),
            Self::TooManyQuickstarts { .. } => {
                "There are too many quickstarts just now. Sign up, or try again after the time in Retry-After.".into()
            }
            Self::KeyReused => {
                "This Idempotency-Key was sent with another request before; take a new key for each request.".into()
            }
            Self::ChangedMeanwhile => "It was changed meanwhile: get it again, and decide anew.".into(),
            Self::AlreadyClaimed => "Somebody has claimed this already. Log in to the account that did.".into(),
            Self::QuickstartOver => {
                "This has ended, or the link is not whole. Check the link, or begin anew with POST /api/v1/quickstart."
                    .into()
            }
            Self::Busy | Self::Store(StoreError::Unavailable(_)) => {
                "This cannot be done right now. Try again in a few seconds.".into()
            }
            Self::DoesNotOpen => {
                "The stored content cannot be opened: its key was destroyed, or it was damaged.".into()
            }
            Self::Store(StoreError::Broken(_)) | Self::Internal(_) => {
                "Something went wrong here. Try again; if it stays, tell the operator of this server.".into()
            }
        }
    }

    /// When another try may well succeed.
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyQuickstarts { after } | Self::TooManyProbes { after } => Some(*after),
            _ => None,
        }
    }

    /// What went wrong, for the log: no values of rows, and no secrets.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Store(error) => chain(error),
            Self::Internal(detail) => (*detail).to_owned(),
            other => other.sentence(),
        }
    }

    fn log(&self) {
        match self {
            Self::Store(error @ StoreError::Unavailable(_)) => tracing::warn!(error = chain(error), "no database"),
            Self::Store(error) => tracing::error!(error = chain(error), "database"),
            Self::Internal(detail) => tracing::error!(detail, "this should not happen"),
            Self::DoesNotOpen => tracing::error!("sealed bytes do not open"),
            _ => {}
        }
    }
}

/// An error and its causes, by their texts: other forms of a database's error show values of its rows.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        write!(text, ": {inner}").expect("writing to a string");
        cause = inner.source();
    }
    text
}

impl From<OpenIdRefusal> for Problem {
    fn from(refusal: OpenIdRefusal) -> Self {
        Self::OpenId(refusal)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DoesNotOpen> for Problem {
    fn from(_: DoesNotOpen) -> Self {
        Self::DoesNotOpen
    }
}

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        problem.log();
        let (code, word) = problem.code();
        let mut metadata = MetadataMap::new();
        metadata.insert("anyhook-code", AsciiMetadataValue::from_static(word));
        if let Some(field) = problem.field() {
            let field = AsciiMetadataValue::try_from(field).expect("fields have names in ASCII");
            metadata.insert("anyhook-field", field);
        }
        if let Some(after) = problem.retry_after() {
            metadata.insert("anyhook-retry-after", after.as_secs().saturating_add(1).into());
        }
        Self::with_metadata(code, problem.sentence(), metadata)
    }
}

/// A handler's outcome as tonic wants it.
pub(crate) fn answer<T>(outcome: Result<T, Problem>) -> Result<Response<T>, Status> {
    Ok(Response::new(outcome?))
}
