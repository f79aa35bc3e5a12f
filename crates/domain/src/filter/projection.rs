//! What filters look at in a body: the rest of it is read, and not kept.

use std::{cell::Cell, collections::BTreeMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Values kept of one body. A body with more of them where the filters look is taken for one that is not JSON.
const MOST_KEPT: u32 = 50_000;

/// The members that are kept of a value, and whether the value itself is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Projection {
    members: BTreeMap<String, Projection>,
    is_kept: bool,
}

impl Projection {
    pub(super) fn member(&mut self, name: &str) -> &mut Self {
        self.members.entry(name.to_owned()).or_default()
    }

    pub(super) const fn keep_value(&mut self) {
        self.is_kept = true;
    }

    /// `None` for what is not JSON, to its end.
    pub(super) fn read(&self, body: &[u8]) -> Option<Value> {
        let n_left = Cell::new(MOST_KEPT);
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let value = Keep { projection: self, n_left: &n_left }.deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(value)
    }

    fn is_looked_into(&self) -> bool {
        self.is_kept || !self.members.is_empty()
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Keep<'a> {
    projection: &'a Projection,
    n_left: &'a Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Keep<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let n_left = self.n_left.get().checked_sub(1).ok_or_else(|| D::Error::custom("too much to look at"))?;
        self.n_left.set(n_left);
        if self.projection.is_looked_into() {
            return deserializer.deserialize_any(self);
        }
        // That it is there is all that matters.
        deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Value::Null)
    }
}

impl<'de> Visitor<'de> for Keep<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(self)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    /// Of members with one name, the last counts.
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(known) = object.next_key_seed(Name(self.projection))? {
            match known {
                Some((name, projection)) => {
                    let value = object.next_value_seed(Keep { projection, n_left: self.n_left })?;
                    members.insert(name.to_owned(), value);
                }
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(members))
    }
}

/// Reads a member's name: what is to be kept of it, if anything.
struct Name<'a>(&'a Projection);

impl<'de, 'a> DeserializeSeed<'de> for Name<'a> {
    type Value = Option<(&'a str, &'a Projection)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Name<'a> {
    type Value = Option<(&'a str, &'a Projection)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.members.get_key_value(name).map(|(name, projection)| (name.as_str(), projection)))
    }
}
