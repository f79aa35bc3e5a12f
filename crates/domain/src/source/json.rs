//! Single values of JSON bodies, found without copying the rest.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The text of the member `type` of a JSON object.
pub(super) fn event_type(body: &[u8]) -> Option<String> {
    text(body, "/type")
}

/// The text or the number at a JSON Pointer (RFC 6901); of members of one name the last one counts, as everywhere.
pub(super) fn text(body: &[u8], pointer: &str) -> Option<String> {
    let raw = raw(body, pointer)?.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<Cow<'_, str>>(raw).ok().map(Cow::into_owned),
        b'-' | b'0'..=b'9' => Some(raw.to_owned()),
        _ => None,
    }
}

/// The value at a JSON Pointer as it stands in the body.
pub(super) fn raw<'a>(body: &'a [u8], pointer: &str) -> Option<&'a RawValue> {
    let mut parser = serde_json::Deserializer::from_slice(body);
    let found = At(pointer).deserialize(&mut parser).ok()?;
    parser.end().ok().and(found)
}

/// The first of an object's members whose name is like this.
pub(super) fn first_name(body: &[u8], is_it: fn(&str) -> bool) -> Option<String> {
    let mut parser = serde_json::Deserializer::from_slice(body);
    let found = parser.deserialize_map(FirstName(is_it)).ok()?;
    parser.end().ok().and(found)
}

struct FirstName(fn(&str) -> bool);

impl<'de> Visitor<'de> for FirstName {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key_seed(Like(self.0))? {
            found = found.or(name);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(found)
    }
}

/// A name, if it is like this; others are not copied.
struct Like(fn(&str) -> bool);

impl<'de> DeserializeSeed<'de> for Like {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Like {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.0)(name).then(|| name.to_owned()))
    }
}

/// Whether a name is this one.
struct Is<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Items of a body that are looked at; each takes more memory than its bytes.
const MOST_ITEMS: usize = 1_000;

/// A list, refused beyond [`MOST_ITEMS`].
pub(super) fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Items<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                if items.len() == MOST_ITEMS {
                    return Err(A::Error::custom("too many items"));
                }
                items.push(item);
            }
            Ok(items)
        }
    }
    deserializer.deserialize_seq(Items(PhantomData))
}

/// What stands for a body that has no id of its own, such as a batch: the same bytes are the same event.
pub(super) fn body_id(body: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(body)))
}

/// What is left of a pointer on the way down.
#[derive(Clone, Copy)]
struct At<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return <&RawValue>::deserialize(deserializer).map(Some);
        }
        deserializer.deserialize_any(self)
    }
}

impl At<'_> {
    /// The next member's name, unescaped, and the rest.
    fn step(&self) -> (Cow<'_, str>, &str) {
        let path = self.0.strip_prefix('/').unwrap_or(self.0);
        let (step, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
        let name = if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() };
        (name, rest)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (wanted, rest) = self.step();
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(Is(&wanted))? {
            if is_it {
                found = map.next_value_seed(At(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let (step, rest) = self.step();
        let wanted = step.parse::<usize>().ok();
        let (mut found, mut at) = (None, 0);
        loop {
            if Some(at) == wanted {
                match items.next_element_seed(At(rest))? {
                    Some(it) => found = it,
                    None => return Ok(found),
                }
            } else if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            at += 1;
        }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_the_pointer_leads() {
        let body = br#" {"a":{"b":[1,{"c":"x\u00e9"},-2.50]},"a/b":true,"":"e","n":null} "#;
        for (pointer, expected) in [
            ("/a/b/1/c", Some("x\u{e9}")),
            ("/a/b/0", Some("1")),
            ("/a/b/2", Some("-2.50")),
            ("/a/b/3", None),
            ("/a/b/x", None),
            ("/a", None),
            ("/a~1b", None),
            ("/", Some("e")),
            ("/n", None),
            ("/n/x", None),
            ("/z", None),
        ] {
            assert_eq!(text(body, pointer).as_deref(), expected, "{pointer}");
        }
        assert_eq!(text(br#"{"type":"a","type":"b"}"#, "/type").as_deref(), Some("b"));
        for broken in [&b"{"[..], b"{\"type\":\"a\"} x", b"\xff", b"", b"[]", b"3"] {
            assert_eq!(text(broken, "/type"), None);
        }
    }

    #[test]
    fn the_first_member_of_a_kind_is_found() {
        let first = |body| first_name(body, |name| name.starts_with('a'));
        assert_eq!(first(br#"{"b":1,"a":{"c":2},"a2":3}"#).as_deref(), Some("a"));
        assert_eq!((first(br#"{"b":1}"#), first(b"[1]"), first(br#"{"a":1"#)), (None, None, None));
    }
}
