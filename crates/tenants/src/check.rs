//! What requests may hold, and the sentences for what they may not.

use std::str::FromStr;

use anyhook_domain::{
    TenantId,
    access::Role,
    destination::{Limits, SignatureMode},
};
use anyhook_rpc::tenants::v1::DestinationSettings;
use anyhook_store::config::DestinationChange;

use crate::{apps::options, problem::Problem};

const MAX_NAME_CHARS: usize = 100;
const MAX_EMAIL_BYTES: usize = 254;
const MAX_USER_AGENT_CHARS: usize = 300;
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=256;

/// An id that is not even of the right form is not found, as one that does not exist.
pub(crate) fn id<T: FromStr>(what: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::NotFound(what))
}

pub(crate) fn tenant(text: &str) -> Result<TenantId, Problem> {
    id("tenant", text)
}

/// A name as a person typed it, trimmed.
pub(crate) fn name(field: &'static str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME_CHARS || text.chars().any(char::is_control) {
        return Err(Problem::invalid(field, format!("Give a name of 1 to {MAX_NAME_CHARS} characters, on one line.")));
    }
    Ok(text.to_owned())
}

/// An e-mail address in the form under which its account is found.
pub(crate) fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, host) = text.rsplit_once('@')?;
    let is_address = !local.is_empty() && !host.is_empty() && text.len() <= MAX_EMAIL_BYTES;
    (is_address && !text.chars().any(|c| c.is_whitespace() || c.is_control())).then_some(text)
}

/// Long enough and not endless; what it is made of is its owner's business.
pub(crate) fn is_password(text: &str) -> bool {
    PASSWORD_CHARS.contains(&text.chars().count())
}

/// What was set of a destination, but its address, which egress judges, and its headers, which are sealed.
pub(crate) fn settings(settings: &DestinationSettings) -> Result<DestinationChange, Problem> {
    let signature_mode = settings.signature_mode.as_deref().map(signature_mode).transpose()?;
    let (default_timeout, ..) = anyhook_domain::destination::TIMEOUT_SECONDS;
    let (default_attempts, ..) = anyhook_domain::destination::MAX_ATTEMPTS;
    let set = |bound: Option<u32>| bound.filter(|bound| *bound != 0);
    Limits::new(settings.timeout_seconds.unwrap_or(default_timeout), settings.max_attempts.unwrap_or(default_attempts))
        .and_then(|limits| limits.bounded(set(settings.rate_limit_per_second), set(settings.max_concurrency)))
        .map_err(|bad| Problem::invalid(bad.field, bad))?;
    Ok(DestinationChange {
        url: None,
        is_paused: settings.is_paused,
        timeout_seconds: settings.timeout_seconds.map(i64::from),
        max_attempts: settings.max_attempts.map(i64::from),
        signature_mode,
        options: options::change(settings)?,
    })
}

fn signature_mode(word: &str) -> Result<&'static str, Problem> {
    let mode = SignatureMode::parse(word);
    mode.map(SignatureMode::as_str)
        .ok_or_else(|| Problem::invalid("signature_mode", "Give signature_mode as anyhook or as standard."))
}

pub(crate) fn role(word: &str) -> Result<Role, Problem> {
    let says = || format!("Give a role: one of {}.", Role::words());
    Role::parse(word).ok_or_else(|| Problem::invalid("role", says()))
}

/// As a browser calls itself, as far as it can be shown.
pub(crate) fn user_agent(text: Option<&str>) -> Option<String> {
    let shown = text?.trim().chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect::<String>();
    (!shown.is_empty()).then_some(shown)
}

/// Seconds, attempts and versions: stored as 64 bits, never that large.
pub(crate) fn small(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses() {
        assert_eq!(email(" Ada@Example.COM\n"), Some("ada@example.com".into()));
        assert_eq!(email("admin@localhost"), Some("admin@localhost".into()));
        for bad in ["", "@", "a@", "@b", "ab", "a b@c", "a\0@b", &format!("{}@b", "a".repeat(254))] {
            assert_eq!(email(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn passwords_and_names_have_lengths() {
        assert!(is_password("12345678") && is_password(&"ä".repeat(256)));
        assert!(!is_password("1234567") && !is_password(&"ä".repeat(257)));
        assert_eq!(name("name", "  Ada ").unwrap(), "Ada");
        assert!(name("name", " ").is_err() && name("name", &"a".repeat(101)).is_err() && name("name", "a\0").is_err());
    }
}
