//! Why a request is not its provider's, and what is wrong with an app's settings.

use std::time::Duration;

/// Why a request was not accepted as its provider's, in words for the app's owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("header {0} missing: is this app's source right?")]
    HeaderMissing(String),
    #[error("header {0} came several times with different values")]
    HeaderRepeated(String),
    #[error("header {0} is not of the form that this source sends")]
    HeaderMalformed(String),
    #[error("the body is not {0}: is this app's source right?")]
    BodyMalformed(&'static str),
    #[error("{0} missing in the body: is this app's source right?")]
    FieldMissing(&'static str),
    #[error("{0} is not of the form that this source sends")]
    FieldMalformed(&'static str),
    #[error("timestamp {} old; at most {} are allowed", span(.age), span(.most))]
    TooOld { age: Duration, most: Duration },
    #[error("timestamp {} in the future; is the sender's clock right?", span(.ahead))]
    InFuture { ahead: Duration },
    #[error("signed with another secret, or changed on its way")]
    OtherSecret,
    #[error("signed with another secret, changed on its way, or sent to another URL than {0}")]
    OtherSecretOrUrl(String),
    #[error("{0} is another one than this app's secret")]
    WrongToken(String),
    #[error("no signature of a version that is known here")]
    UnknownVersion,
    #[error("the provider's key was to be fetched from {0}, which is not the provider's")]
    UntrustedUrl(String),
    #[error("the provider's certificate cannot be trusted: {0}")]
    UntrustedCertificate(String),
    #[error("the provider's key cannot be used: {0}")]
    UnusableKey(&'static str),
    #[error("{what} {given} is not among this app's: add it to source_config.{setting}, or ignore this sender")]
    NotAllowed { what: &'static str, given: String, setting: &'static str },
}

/// Bytes of what a sender wrote that a reason repeats.
const MOST_REPEATED_BYTES: usize = 200;

impl Reason {
    /// With what the sender wrote cut short, and without control characters: reasons are stored, shown and sent back.
    #[must_use]
    pub(super) fn fit_to_be_seen(self) -> Self {
        match self {
            Self::HeaderMissing(name) => Self::HeaderMissing(shown(&name)),
            Self::HeaderRepeated(name) => Self::HeaderRepeated(shown(&name)),
            Self::HeaderMalformed(name) => Self::HeaderMalformed(shown(&name)),
            // The query may carry what the sender meant to be private.
            Self::OtherSecretOrUrl(url) => {
                Self::OtherSecretOrUrl(shown(url.split(['?', '#']).next().unwrap_or_default()))
            }
            Self::WrongToken(place) => Self::WrongToken(shown(&place)),
            Self::UntrustedUrl(url) => Self::UntrustedUrl(shown(&url)),
            Self::UntrustedCertificate(why) => Self::UntrustedCertificate(shown(&why)),
            Self::NotAllowed { what, given, setting } => Self::NotAllowed { what, given: shown(&given), setting },
            Self::BodyMalformed(_)
            | Self::FieldMissing(_)
            | Self::FieldMalformed(_)
            | Self::TooOld { .. }
            | Self::InFuture { .. }
            | Self::OtherSecret
            | Self::UnknownVersion
            | Self::UnusableKey(_) => self,
        }
    }
}

fn shown(text: &str) -> String {
    let end = text.floor_char_boundary(MOST_REPEATED_BYTES);
    let cut: String = text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if end < text.len() { format!("{cut}…") } else { cut }
}

/// A setting of an app that its source cannot work with; the text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(pub String);

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
    fn what_a_sender_wrote_is_cut_short() {
        let url = format!("https://evil.example/\0{}", "a".repeat(10_000));
        let said = Reason::UntrustedUrl(url).fit_to_be_seen().to_string();
        assert!(said.len() < 400 && !said.chars().any(char::is_control), "{said}");
        let called = "https://in.example.com/acme/app?From=%2B491".to_owned();
        assert!(!Reason::OtherSecretOrUrl(called).fit_to_be_seen().to_string().contains("From"));
    }

    #[test]
    fn reasons_are_sentences() {
        let old = Reason::TooOld { age: Duration::from_secs(720), most: Duration::from_secs(300) };
        assert_eq!(old.to_string(), "timestamp 12 min old; at most 5 min are allowed");
        let ahead = Reason::InFuture { ahead: Duration::from_secs(86_400 * 9) };
        assert_eq!(ahead.to_string(), "timestamp 9 d in the future; is the sender's clock right?");
    }
}
