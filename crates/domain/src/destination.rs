//! Destinations: what can be set about where an app's events go.

use std::time::Duration;

use crate::retry::RetryPolicy;

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

/// The limits under which a destination's attempts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub timeout: Duration,
    pub retries: RetryPolicy,
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
        Ok(Self { timeout: Duration::from_secs(timeout_seconds.into()), retries })
    }
}

fn within(field: &'static str, value: u32, (_, least, most): (u32, u32, u32)) -> Result<(), OutOfRange> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(OutOfRange { field, least, most }) }
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
}
