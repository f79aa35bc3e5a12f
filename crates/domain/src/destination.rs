//! Destinations: what can be set about where an app's events go.

use std::time::Duration;

use crate::{
    forward,
    retry::{Delays, RetryPolicy},
};

/// How the attempts to a destination are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureMode {
    /// `Anyhook-Signature`; the provider's own signature headers stay.
    Anyhook,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature` as in the Standard Webhooks specification.
    Standard,
}

impl SignatureMode {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anyhook => "anyhook",
            Self::Standard => "standard",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Anyhook, Self::Standard].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Seconds that an attempt may take in all: the default, and the ends of what can be set.
pub const TIMEOUT_SECONDS: (u32, u32, u32) = (300, 1, 900);
/// Attempts of a delivery: the default (one and ten retries), and the ends of what can be set.
pub const MAX_ATTEMPTS: (u32, u32, u32) = (11, 1, 50);

/// Attempts that may begin in any second: the ends of what can be set; none is the default.
pub const RATE_LIMIT: (u32, u32) = (1, 1_000);
/// Attempts that may run at once: the ends of what can be set; none is the default.
pub const MAX_CONCURRENCY: (u32, u32) = (1, 1_000);

/// The limits under which a destination's attempts are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub timeout: Duration,
    pub retries: RetryPolicy,
    /// Attempts that begin in any second.
    pub rate_per_second: Option<u32>,
    /// Attempts that run at once.
    pub max_concurrency: Option<u32>,
}

/// A setting outside its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be between {least} and {most}")]
pub struct OutOfRange {
    pub field: &'static str,
    pub least: u32,
    pub most: u32,
}

impl Limits {
    /// # Errors
    /// [`OutOfRange`] names the setting and its range.
    pub fn new(timeout_seconds: u32, max_attempts: u32) -> Result<Self, OutOfRange> {
        within("timeout_seconds", timeout_seconds, TIMEOUT_SECONDS)?;
        within("max_attempts", max_attempts, MAX_ATTEMPTS)?;
        let retries = RetryPolicy { max_attempts, ..RetryPolicy::default() };
        let timeout = Duration::from_secs(timeout_seconds.into());
        Ok(Self { timeout, retries, rate_per_second: None, max_concurrency: None })
    }

    #[must_use]
    pub fn with_delays(mut self, delays: Delays) -> Self {
        self.retries.delays = delays;
        self
    }

    /// The same with bounds on how often and how many at once; `None` is no bound.
    ///
    /// # Errors
    /// [`OutOfRange`] names the setting and its range.
    pub fn bounded(self, rate_per_second: Option<u32>, max_concurrency: Option<u32>) -> Result<Self, OutOfRange> {
        let ((least_rate, most_rate), (least, most)) = (RATE_LIMIT, MAX_CONCURRENCY);
        within("rate_limit_per_second", rate_per_second.unwrap_or(least_rate), (least_rate, least_rate, most_rate))?;
        within("max_concurrency", max_concurrency.unwrap_or(least), (least, least, most))?;
        Ok(Self { rate_per_second, max_concurrency, ..self })
    }
}

fn within(field: &'static str, value: u32, (_, least, most): (u32, u32, u32)) -> Result<(), OutOfRange> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(OutOfRange { field, least, most }) }
}

/// Headers that a destination has added to each attempt.
pub const MAX_ADDED_HEADERS: usize = 20;
const MAX_HEADER_NAME_BYTES: usize = 100;
const MAX_HEADER_VALUE_BYTES: usize = 4096;

/// A header that cannot be added, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadHeader(pub String);

/// The name of a header to be added, in lower case.
///
/// # Errors
/// [`BadHeader`] where it is none, or is not for users to set.
pub fn added_header_name(name: &str) -> Result<String, BadHeader> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > MAX_HEADER_NAME_BYTES || !name.bytes().all(is_token) {
        let most = MAX_HEADER_NAME_BYTES;
        return Err(BadHeader(format!("A header's name has 1 to {most} letters, digits and hyphens.")));
    }
    let name = name.to_ascii_lowercase();
    if forward::is_reserved(&name) {
        return Err(BadHeader(format!(
            "The header {name} is set by AnyHook or belongs to the connection; leave it out."
        )));
    }
    Ok(name)
}

/// # Errors
/// [`BadHeader`] where a header cannot have this value.
pub fn check_added_header_value(name: &str, value: &str) -> Result<(), BadHeader> {
    let is_visible = |byte: u8| matches!(byte, b' '..=b'~' | b'\t');
    let is_trimmed = value.trim() == value && !value.is_empty();
    if is_trimmed && value.len() <= MAX_HEADER_VALUE_BYTES && value.bytes().all(is_visible) {
        return Ok(());
    }
    let most = MAX_HEADER_VALUE_BYTES;
    Err(BadHeader(format!(
        "Give {name} a value of 1 to {most} ASCII characters on one line, without spaces around it."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_inclusive() {
        assert!(Limits::new(1, 1).is_ok());
        assert!(Limits::new(900, 50).is_ok());
        assert_eq!(Limits::new(0, 11).unwrap_err().to_string(), "timeout_seconds must be between 1 and 900");
        assert_eq!(Limits::new(901, 11).unwrap_err().field, "timeout_seconds");
        assert_eq!(Limits::new(300, 0).unwrap_err().field, "max_attempts");
    }
    #[test]
    fn bounds_are_optional_and_ranged() {
        let limits = || Limits::new(1, 1).unwrap();
        assert!(limits().bounded(None, None).is_ok() && limits().bounded(Some(1000), Some(1)).is_ok());
        let says = |rate, concurrency| limits().bounded(rate, concurrency).unwrap_err().to_string();
        assert_eq!(says(Some(0), None), "rate_limit_per_second must be between 1 and 1000");
        assert_eq!(says(None, Some(0)), "max_concurrency must be between 1 and 1000");
    }

    #[test]
    fn headers_that_are_not_the_users_are_refused() {
        for name in ["Authorization", "x-api-key", "Content-Type", "x_y"] {
            assert_eq!(added_header_name(name).unwrap(), name.to_ascii_lowercase());
        }
        for name in [
            "",
            "a b",
            "ä",
            "a:",
            "Host",
            "content-length",
            "Connection",
            "Transfer-Encoding",
            "Anyhook-Signature",
            "webhook-id",
            "Webhook-Anything",
            "X-Forwarded-For",
            "Idempotency-Key",
            "traceparent",
            "content-encoding",
        ] {
            assert!(added_header_name(name).is_err(), "{name}");
        }
        assert!(added_header_name(&"a".repeat(101)).is_err());
        assert!(check_added_header_value("x", "Bearer a").is_ok());
        for value in ["", " a", "a ", "a\r\nb: c", "ä", "a\0", &"a".repeat(4097)] {
            assert!(check_added_header_value("x", value).is_err(), "{value:?}");
        }
    }
}
