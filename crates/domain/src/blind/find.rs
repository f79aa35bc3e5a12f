//! The values at several fields, found in one pass over the body.

use std::{borrow::Cow, cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Field, Indexed, Place};

/// The value of each field, where the request has one. A body that is no JSON has none; of members of one name the last
/// one counts, as everywhere.
#[must_use]
pub fn find(fields: &[Field], request: &Indexed<'_>) -> Vec<Option<String>> {
    let mut found = vec![None; fields.len()];
    let mut pointers = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        match field.place() {
            Place::Body(pointer) => pointers.push((at, pointer)),
            Place::Header(name) => found[at] = request.headers.text(name).map(str::to_owned),
            Place::Query(name) => found[at] = parameter(request.query, name),
        }
    }
    if pointers.is_empty() {
        return found;
    }
    let in_body = RefCell::new(vec![None; fields.len()]);
    if read(request.body, &pointers, &in_body).is_none() {
        return found;
    }
    found.iter_mut().zip(in_body.into_inner()).for_each(|(it, value)| *it = it.take().or(value));
    found
}

fn parameter(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// A field, and what is left of its pointer.
type Rest<'p> = (usize, &'p str);
type Found = RefCell<Vec<Option<String>>>;

/// `None` where it is no JSON, or deeper on the way to a field than a parser goes.
fn read(json: &[u8], pointers: &[Rest<'_>], found: &Found) -> Option<()> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    At { pointers, found }.deserialize(&mut parser).ok()?;
    parser.end().ok()
}

/// The value that some fields lead to or through. What none leads through is passed over, however deep or large.
struct At<'a> {
    pointers: &'a [Rest<'a>],
    found: &'a Found,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let (here, deeper): (Vec<_>, Vec<_>) = self.pointers.iter().copied().partition(|(_, rest)| rest.is_empty());
        if here.is_empty() {
            let steps = deeper.iter().map(|(at, pointer)| step(*at, pointer)).collect();
            return deserializer.deserialize_any(Below { steps, found: self.found });
        }
        let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?;
        let value = scalar(raw);
        for (at, _) in here {
            self.found.borrow_mut()[at].clone_from(&value);
        }
        // Only a list or an object leads on.
        if !deeper.is_empty() && value.is_none() {
            let _ = read(raw.get().as_bytes(), &deeper, self.found);
        }
        Ok(())
    }
}

fn scalar(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str::<Cow<'_, str>>(text).ok().map(Cow::into_owned),
        b'-' | b'0'..=b'9' | b't' | b'f' => Some(text.to_owned()),
        _ => None,
    }
}

/// The next member's name, unescaped, and the field with the rest of its pointer.
type Step<'p> = (Cow<'p, str>, Rest<'p>);

fn step(at: usize, pointer: &str) -> Step<'_> {
    let path = pointer.strip_prefix('/').unwrap_or(pointer);
    let (step, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let name = if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() };
    (name, (at, rest))
}

/// The members or items of a value that fields lead through.
struct Below<'a> {
    steps: Vec<Step<'a>>,
    found: &'a Found,
}

impl<'a> Below<'a> {
    /// The fields that lead through this member; what an earlier one of the same name held is void.
    fn enter(&self, name: &str) -> Vec<Rest<'a>> {
        let through: Vec<_> = self.steps.iter().filter(|(step, _)| step == name).map(|(_, rest)| *rest).collect();
        through.iter().for_each(|(at, _)| self.found.borrow_mut()[*at] = None);
        through
    }
}

/// The fields that lead through a member of this name.
struct Name<'a, 'b>(&'b Below<'a>);

impl<'a, 'de> DeserializeSeed<'de> for Name<'a, '_> {
    type Value = Vec<Rest<'a>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Name<'a, '_> {
    type Value = Vec<Rest<'a>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.enter(name))
    }
}

impl<'de> Visitor<'de> for Below<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(through) = map.next_key_seed(Name(&self))? {
            if through.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(At { pointers: &through, found: self.found })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let wanted = self.steps.iter().filter_map(|(name, rest)| Some((name.parse::<usize>().ok()?, *rest)));
        let wanted: Vec<_> = wanted.collect();
        for at in 0.. {
            let through: Vec<_> = wanted.iter().filter(|(wanted, _)| *wanted == at).map(|(_, rest)| *rest).collect();
            let next = match through.is_empty() {
                true => items.next_element::<IgnoredAny>()?.map(drop),
                false => items.next_element_seed(At { pointers: &through, found: self.found })?,
            };
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;

    fn found(body: &[u8], fields: &[&str]) -> Vec<Option<String>> {
        let fields: Vec<_> = fields.iter().map(|field| Field::parse(field).unwrap()).collect();
        find(&fields, &Indexed { headers: &Headers::default(), query: None, body })
    }

    #[test]
    fn values_are_found_where_their_fields_lead() {
        let body = br#" {"a":{"b":[1,{"c":"x\u00e9"},-2.50,true]},"a/b":false,"":"e","n":null,"big":1E400} "#;
        let expected = [
            ("/a/b/1/c", Some("x\u{e9}")),
            ("/a/b/0", Some("1")),
            ("/a/b/2", Some("-2.50")),
            ("/a/b/3", Some("true")),
            ("/a/b", None),
            ("/a~1b", Some("false")),
            ("/", Some("e")),
            ("/n", None),
            ("/n/x", None),
            ("/big", Some("1E400")),
        ];
        let fields = expected.map(|(field, _)| field);
        let values = expected.map(|(_, value)| value.map(str::to_owned));
        assert_eq!(found(body, &fields), values);
        for (field, value) in fields.iter().zip(values) {
            assert_eq!(found(body, &[field]), [value], "{field}");
        }
    }

    #[test]
    fn of_one_name_the_last_counts() {
        let fields = ["/a", "/a/b"];
        assert_eq!(found(br#"{"a":"x","a":{"b":2}}"#, &fields), [None, Some("2".into())]);
        assert_eq!(found(br#"{"a":{"b":2},"a":"x"}"#, &fields), [Some("x".into()), None]);
        assert_eq!(found(br#"{"a":{"b":2},"a":[]}"#, &fields[1..]), [None]);
    }

    #[test]
    fn what_is_no_json_has_no_values() {
        for body in [&b""[..], b"a=1", b"{", br#"{"a":1} x"#, br#"{"a":1"#, b"{\"a\":\"\xff\"}", b"3"] {
            assert_eq!(found(body, &["/a"]), [None], "{body:?}");
        }
    }

    #[test]
    fn hostile_bodies_are_passed_over() {
        let nested = |n: usize| format!(r#"{{"a":{}{},"b":1}}"#, "[".repeat(n), "]".repeat(n));
        assert_eq!(found(nested(1_000_000).as_bytes(), &["/b"]), [Some("1".into())]);
        // On the way to a field nothing is deeper than the field.
        assert_eq!(found(nested(1_000_000).as_bytes(), &["/a/0/0", "/b"]), [None, Some("1".into())]);
        let deep = "/a".to_owned() + &"/0".repeat(99);
        assert_eq!(found(nested(1_000_000).as_bytes(), &[&deep, "/b"]), [None, Some("1".into())]);
        let many = format!("[{}7]", "1,".repeat(1_000_000));
        assert_eq!(found(many.as_bytes(), &["/1000000", "/2"]), [Some("7".into()), Some("1".into())]);
    }
}
