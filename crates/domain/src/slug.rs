//! Slugs: the readable parts of an inbound URL.

use std::{fmt, str::FromStr};

/// Longest slug, in characters.
pub const MAX_CHARS: usize = 48;

/// A part of an inbound URL: `a-z`, `0-9` and inner hyphens, 2 to 48 characters.
///
/// The grammar has nothing that a URL parser, a proxy or a file system could read in two ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// Why a text cannot be a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSlug {
    #[error("a slug has 2 to {MAX_CHARS} characters: choose a shorter or longer one")]
    Length,
    #[error("a slug has only lower-case letters, digits and inner hyphens, such as my-app-2: choose another one")]
    Characters,
    #[error("{0:?} is reserved; choose another slug")]
    Reserved(String),
}

/// First path parts that the services themselves answer, now or later.
const RESERVED: &[&str] = &[
    "admin",
    "anyhook",
    "api",
    "app",
    "assets",
    "dashboard",
    "docs",
    "healthz",
    "in",
    "inbound",
    "login",
    "mcp",
    "metrics",
    "openapi",
    "readyz",
    "signup",
    "static",
    "well-known",
    "www",
];

impl Slug {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest slug to a name that a person chose: `Acme GmbH & Co.` becomes `acme-gmbh-co`.
    /// `None` when nothing usable is left.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut joined = words.collect::<Vec<_>>().join("-");
        joined.truncate(MAX_CHARS - 8);
        joined.trim_end_matches('-').parse().ok()
    }

    /// This slug with a tail that makes it another one; the tail must be of the grammar.
    #[must_use]
    pub fn with_tail(&self, tail: &str) -> Option<Self> {
        format!("{}-{tail}", self.0).parse().ok()
    }
}

impl FromStr for Slug {
    type Err = BadSlug;

    fn from_str(text: &str) -> Result<Self, BadSlug> {
        if !(2..=MAX_CHARS).contains(&text.len()) {
            return Err(BadSlug::Length);
        }
        let of_grammar = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !of_grammar || text.starts_with('-') || text.ends_with('-') {
            return Err(BadSlug::Characters);
        }
        if RESERVED.contains(&text) {
            return Err(BadSlug::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        for good in ["ab", "a1", "acme", "my-app-2", "0x", &"a".repeat(48)] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in ["", "a", "-ab", "ab-", "Ab", "a_b", "a.b", "a/b", "ä1", "%2e", "api", &"a".repeat(49)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_become_slugs() {
        let of = |name| Slug::from_name(name).map(|slug| slug.0);
        assert_eq!(of("Acme GmbH & Co."), Some("acme-gmbh-co".into()));
        assert_eq!(of("  --x  y-- "), Some("x-y".into()));
        assert_eq!(of("日本"), None);
        assert_eq!(of("API"), None);
        assert_eq!(of(&"long ".repeat(20)).map(|slug| slug.len()), Some(39));
    }
}
