//! Sources: how each provider's requests are verified and read. One file a provider, one table.

mod body;
mod generic;
mod hmac;
mod replicate;
mod standard_webhooks;

use std::time::Duration;

use crate::{Headers, Timestamp, secret::Secret};

/// A request as a source sees it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// The URL as the provider called it, before any proxy.
    pub url: &'a str,
    pub headers: &'a Headers,
    pub body: &'a [u8],
}

/// What the app's owner configured.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The provider's secrets, any of which may have signed; empty when there is none.
    pub secrets: Vec<Secret>,
    /// Further settings of the source, by name.
    pub options: serde_json::Map<String, serde_json::Value>,
}

/// What a source says of a request's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Verified,
    /// There was nothing to check with: the source does not sign, or the app has no secret.
    NotChecked,
    Rejected(Reason),
}

/// Why a request was not accepted as its provider's, in words for the app's owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("header {0} missing: is this app's source right?")]
    HeaderMissing(String),
    #[error("header {0} came several times with different values")]
    HeaderRepeated(String),
    #[error("header {0} is not of the form that this source sends")]
    HeaderMalformed(String),
    #[error("timestamp {} old; at most {} are allowed", span(.age), span(.most))]
    TooOld { age: Duration, most: Duration },
    #[error("timestamp {} in the future; is the sender's clock right?", span(.ahead))]
    InFuture { ahead: Duration },
    #[error("signed with another secret, or changed on its way")]
    OtherSecret,
}

/// A setting of an app that its source cannot work with; the text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(pub String);

/// How a source uses a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretUse {
    /// The source does not sign.
    None,
    /// Without a secret everything is accepted, unverified.
    Optional,
    /// The source makes no sense without one.
    Required,
}

/// One provider.
#[derive(Debug)]
pub struct Source {
    /// The word in the API and the database.
    pub slug: &'static str,
    /// The provider's own name.
    pub name: &'static str,
    pub secret: SecretUse,
    /// Where the user finds the secret.
    pub secret_help: &'static str,
    check_config: fn(&Config) -> Result<(), BadConfig>,
    verify: fn(&Request<'_>, &Config, Timestamp) -> Result<(), Reason>,
    event_type: fn(&Request<'_>) -> Option<String>,
    provider_id: fn(&Request<'_>, &Config) -> Option<String>,
}

/// All sources, by slug.
pub const SOURCES: &[&Source] = &[&generic::SOURCE, &hmac::SOURCE, &replicate::SOURCE, &standard_webhooks::SOURCE];

/// The longest event type and provider id that are kept, in bytes; longer ones are not a provider's.
const MAX_WORD_BYTES: usize = 256;

impl Source {
    #[must_use]
    pub fn named(slug: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|source| source.slug == slug).copied()
    }

    /// Whether an app of this source can work with these settings.
    ///
    /// # Errors
    /// [`BadConfig`] says what is wrong and what to do.
    pub fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        if self.secret == SecretUse::Required && config.secrets.is_empty() {
            return Err(BadConfig(format!("source {} needs a secret: {}", self.slug, self.secret_help)));
        }
        (self.check_config)(config)
    }

    /// Whether the request is the provider's. Evaluated on arrival only: replays are old by nature.
    #[must_use]
    pub fn verify(&self, request: &Request<'_>, config: &Config, now: Timestamp) -> Verdict {
        if self.secret == SecretUse::None || config.secrets.is_empty() {
            return Verdict::NotChecked;
        }
        (self.verify)(request, config, now).map_or_else(Verdict::Rejected, |()| Verdict::Verified)
    }

    /// The provider's own name for what happened.
    #[must_use]
    pub fn event_type(&self, request: &Request<'_>) -> Option<String> {
        (self.event_type)(request).filter(|word| is_word(word))
    }

    /// The provider's own id of the event: the same on every try of its delivery.
    #[must_use]
    pub fn provider_id(&self, request: &Request<'_>, config: &Config) -> Option<String> {
        (self.provider_id)(request, config).filter(|word| is_word(word))
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_WORD_BYTES && !text.chars().any(char::is_control)
}

/// The value of a header that must be there once.
fn required<'a>(headers: &'a Headers, name: &'a str) -> Result<&'a str, Reason> {
    let value = headers.one(name).map_err(|_| Reason::HeaderRepeated(name.to_owned()))?;
    let value = value.ok_or_else(|| Reason::HeaderMissing(name.to_owned()))?;
    std::str::from_utf8(value).map_err(|_| Reason::HeaderMalformed(name.to_owned()))
}

/// Checks that a timestamp is within `most` of now, both ways.
fn check_age(sent_at: Timestamp, now: Timestamp, most: Duration) -> Result<(), Reason> {
    let (age, ahead) = (now.since(sent_at), sent_at.since(now));
    if age > most {
        Err(Reason::TooOld { age, most })
    } else if ahead > most {
        Err(Reason::InFuture { ahead })
    } else {
        Ok(())
    }
}

/// A duration in the largest unit that leaves a number to read: `45 s`, `12 min`, `3 h`, `9 d`.
fn span(duration: &Duration) -> String {
    match duration.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_sorted() {
        let slugs: Vec<_> = SOURCES.iter().map(|source| source.slug).collect();
        assert!(slugs.windows(2).all(|pair| pair[0] < pair[1]), "{slugs:?}");
        assert!(Source::named("replicate").is_some());
        assert!(Source::named("no-such-source").is_none());
    }

    #[test]
    fn reasons_are_sentences() {
        let old = Reason::TooOld { age: Duration::from_secs(720), most: Duration::from_secs(300) };
        assert_eq!(old.to_string(), "timestamp 12 min old; at most 5 min are allowed");
        let ahead = Reason::InFuture { ahead: Duration::from_secs(86_400 * 9) };
        assert_eq!(ahead.to_string(), "timestamp 9 d in the future; is the sender's clock right?");
    }
}
