//! Single values of JSON bodies, found without building a tree of the rest.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

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

/// The names of an object's members, in order.
pub(super) fn names(body: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Names(#[serde(deserialize_with = "member_names")] Vec<String>);
    serde_json::from_slice(body).map_or_else(|_| Vec::new(), |Names(names)| names)
}

fn member_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                names.push(name);
            }
            Ok(names)
        }
    }
    deserializer.deserialize_map(Members)
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
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            if name == wanted {
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
    fn members_are_named_in_order() {
        assert_eq!(names(br#"{"b":1,"a":{"c":2}}"#), ["b", "a"]);
        assert_eq!(names(b"[1]"), Vec::<String>::new());
    }
}
