//! Anchors: a chain of hashes over each day's events. Whoever noted an anchor can tell later whether an event of that day,
//! or of any day before it, was changed, added or removed.
//!
//! Every hash is SHA-256 of a text in UTF-8, and itself written as 64 lower-case hexadecimal digits. What comes before the
//! first one is the empty text.

use std::{fmt, str::FromStr, time::Duration};

use sha2::{Digest, Sha256};

use crate::{AppId, Day, EventId, Timestamp};

/// How long after its end a day is sealed: what is on its way into the log has come by then.
pub const SEALED_AFTER: Duration = Duration::from_secs(10 * 60);

/// A hash of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link(pub [u8; 32]);

/// Why a text is not a hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is written as 64 lower-case hexadecimal digits")]
pub struct BadLink;

/// The instant from which on a day may be sealed.
#[must_use]
pub fn sealed_from(day: Day) -> Timestamp {
    day.ends_at() + SEALED_AFTER
}

/// What stands for one event: its id, when it was received, and the SHA-256 of its body.
#[must_use]
pub fn leaf(id: EventId, received_at: Timestamp, body_hash: Link) -> Link {
    leaf_of(&id.to_string(), &received_at.to_string(), &body_hash.to_string())
}

/// The same for the three as texts.
#[must_use]
pub fn leaf_of(id: &str, created_at: &str, body_hash: &str) -> Link {
    Link::of(&[id, created_at, body_hash])
}

/// An app's root with one more leaf; before its first one it has none.
#[must_use]
pub fn add_leaf(root: Option<Link>, leaf: Link) -> Link {
    Link::of(&[&text(root), &leaf.to_string()])
}

/// How a day's anchor begins: what it is when no app has events on that day.
#[must_use]
pub fn begin(prev_anchor: Option<Link>, day: Day) -> Link {
    Link::of(&[&text(prev_anchor), &day.to_string()])
}

/// A day's anchor with one more app, which are added in the order of their ids.
#[must_use]
pub fn add_app(anchor: Link, app: AppId, root: Link) -> Link {
    Link::of(&[&anchor.to_string(), &app.to_string(), &root.to_string()])
}

/// As text; empty for none.
#[must_use]
pub fn text(link: Option<Link>) -> String {
    link.map(|link| link.to_string()).unwrap_or_default()
}

/// The reverse of [`text`].
///
/// # Errors
/// [`BadLink`].
pub fn parse(text: &str) -> Result<Option<Link>, BadLink> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

impl Link {
    fn of(parts: &[&str]) -> Self {
        Self(Sha256::digest(parts.join("|")).into())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Only the one spelling that it is printed in: it is hashed as text.
impl FromStr for Link {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, BadLink> {
        let mut bytes = [0; 32];
        let is_lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
        hex::decode_to_slice(text, &mut bytes).ok().filter(|()| is_lower).map(|()| Self(bytes)).ok_or(BadLink)
    }
}

impl TryFrom<&[u8]> for Link {
    type Error = BadLink;

    fn try_from(bytes: &[u8]) -> Result<Self, BadLink> {
        bytes.try_into().map(Self).map_err(|_| BadLink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_unix_ms(1_750_000_000_120);
    /// SHA-256 of `{}` and of `Hello, World!`.
    const BODIES: [&str; 2] = [
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f",
    ];
    const LEAVES: [&str; 2] = [
        "00e23e2607544263699e646fb80dfa793822e479bda66a8e76a0132921c2b32e",
        "add3f2330c3755e92a7aabe57b7332f6d6fe52da7ceef2c5d7295350269f6c85",
    ];
    const ROOTS: [&str; 3] = [
        "163fd7d73653b6e1c841715cd5ba3246430d4202d1f25aa6cae4a9fdb6879bd0",
        "aad49883dd85b77fb64c7ef82d98a4ebccc239ee3cbf74c68a9dda58ffe5422c",
        "7325571ba70b9233f41ff601c59e6974780396edf22ee7932f6bdd5555e67294",
    ];

    fn link(text: &str) -> Link {
        text.parse().unwrap()
    }

    #[test]
    fn leaves_are_as_computed_elsewhere() {
        let id = |last: char| format!("evt_01h455vb4pex5vsknk084sn02{last}").parse().unwrap();
        let later = AT + Duration::from_millis(1);
        for (leaf, expected) in
            [leaf(id('q'), AT, link(BODIES[0])), leaf(id('r'), later, link(BODIES[1]))].into_iter().zip(LEAVES)
        {
            assert_eq!(leaf.to_string(), expected);
        }
    }

    #[test]
    fn a_root_goes_on_from_the_one_before() {
        let first = add_leaf(None, link(LEAVES[0]));
        let second = add_leaf(Some(first), link(LEAVES[1]));
        let third = add_leaf(Some(second), link(LEAVES[0]));
        assert_eq!([first, second, third].map(|root| root.to_string()), ROOTS);
    }

    #[test]
    fn anchors_are_as_computed_elsewhere() {
        let app = |last: char| format!("app_01h455vb4pex5vsknk084sn02{last}").parse().unwrap();
        let day = Day::of(AT);
        let empty = begin(None, day);
        assert_eq!(empty.to_string(), "74b6320c447cfdfd74bb11db9f0e1b44d4f05c16a8b33ea6601e421690434aef");
        let one = add_app(empty, app('q'), link(ROOTS[1]));
        assert_eq!(one.to_string(), "f5e0602a266bc1f51e28edf5601af50dc0257b39224b723e1fc29e21e21a984a");
        let two = add_app(one, app('r'), link(ROOTS[0]));
        assert_eq!(two.to_string(), "fba89087391583e0d615f8c527cc302d6b043b7a56deebada8dbd5b616d0f472");
        let next = begin(Some(two), day.after(1));
        assert_eq!(next.to_string(), "4d38ab3b68bc266d8a057f6a48fa34b1e4b6a50a893cf19861209e7c7ecb808b");
    }

    #[test]
    fn a_hash_has_one_spelling() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(text(parse(LEAVES[0]).unwrap()), LEAVES[0]);
        for text in [&LEAVES[0].to_uppercase(), &LEAVES[0][1..], " ", "x"] {
            assert_eq!(parse(text), Err(BadLink), "{text}");
        }
    }

    #[test]
    fn a_day_is_sealed_ten_minutes_after_its_end() {
        assert_eq!(sealed_from(Day::of(AT)).to_string(), "2025-06-16T00:10:00.000Z");
    }
}
