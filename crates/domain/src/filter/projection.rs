//! What filters look at in a body: the rest of it is passed over, and not kept.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Number;

use crate::json::{self, Begun, Walk};

/// Values kept of one body for one filter. A body with more of them where the filter looks is for it one that is not JSON.
const MOST_KEPT: u32 = 50_000;
/// What lies deeper in lists inside of lists is opaque.
const MOST_LISTS: usize = 64;

/// A value, as far as filters look at it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Object(BTreeMap<&'a str, Value<'a>>),
    /// It is there, and equals nothing: no type can hold it, or nobody looks at more.
    Opaque,
}

/// The members that are looked at of a value, and by which filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Projection {
    members: BTreeMap<String, Projection>,
    /// They want to know whether it is there,
    at: Vec<usize>,
    /// and some of them what it is, or what is in it.
    into: Vec<usize>,
}

/// What was kept of a body.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    value: Value<'a>,
    /// How many more values could have been kept for each filter; `None` where that was too few.
    n_left: Vec<Option<u32>>,
}

impl Projection {
    pub(super) fn member(&mut self, name: &str) -> &mut Self {
        self.members.entry(name.to_owned()).or_default()
    }

    pub(super) fn look_at(&mut self, filter: usize) {
        add(&mut self.at, filter);
    }

    pub(super) fn look_into(&mut self, filter: usize) {
        add(&mut self.into, filter);
    }

    /// `None` for what is not JSON, to its end.
    pub(super) fn read<'a>(&'a self, body: &'a [u8], n_filters: usize) -> Option<Kept<'a>> {
        let mut reading = Reading { walk: Walk::of(body)?, n_left: vec![Some(MOST_KEPT); n_filters] };
        let value = reading.value(self, &self.at, 0);
        Some(Kept { value, n_left: reading.n_left })
    }
}

/// One filter says all that it looks at before the next one does.
fn add(filters: &mut Vec<usize>, filter: usize) {
    if filters.last() != Some(&filter) {
        filters.push(filter);
    }
}

impl<'a> Kept<'a> {
    /// The body, unless there was too much of it where this filter looks.
    pub(super) fn of(&self, filter: usize) -> Option<&Value<'a>> {
        self.n_left.get(filter)?.map(|_| &self.value)
    }
}

struct Reading<'a> {
    walk: Walk<'a>,
    n_left: Vec<Option<u32>>,
}

impl<'a> Reading<'a> {
    fn value(&mut self, of: &'a Projection, at: &[usize], n_lists: usize) -> Value<'a> {
        self.count(at);
        if !self.is_kept_for_any(&of.into) || n_lists > MOST_LISTS {
            self.walk.skip();
            return Value::Opaque;
        }
        match self.walk.begin() {
            Begun::Scalar(written) => Value::scalar(written),
            Begun::List => self.list(of, n_lists + 1),
            Begun::Object => self.object(of, n_lists),
        }
    }

    /// One more is kept for these filters.
    fn count(&mut self, filters: &[usize]) {
        for filter in filters {
            self.n_left[*filter] = self.n_left[*filter].and_then(|n_left| n_left.checked_sub(1));
        }
    }

    fn is_kept_for_any(&self, filters: &[usize]) -> bool {
        filters.iter().any(|filter| self.n_left[*filter].is_some())
    }

    fn list(&mut self, of: &'a Projection, n_lists: usize) -> Value<'a> {
        let mut items = Vec::new();
        while self.walk.item() {
            if !self.is_kept_for_any(&of.into) {
                self.walk.leave();
                break;
            }
            items.push(self.value(of, &of.into, n_lists));
        }
        Value::List(items)
    }

    /// Of members with one name, the last counts.
    fn object(&mut self, of: &'a Projection, n_lists: usize) -> Value<'a> {
        let mut members = BTreeMap::new();
        while let Some(name) = self.walk.member() {
            let known = json::text(name).and_then(|name| of.members.get_key_value(&*name));
            match known {
                Some((name, projection)) => {
                    drop(members.insert(name.as_str(), self.value(projection, &projection.at, n_lists)))
                }
                None => self.walk.skip(),
            }
        }
        Value::Object(members)
    }
}

impl<'a> Value<'a> {
    fn scalar(written: &'a [u8]) -> Self {
        match written {
            b"null" => Self::Null,
            b"true" => Self::Bool(true),
            b"false" => Self::Bool(false),
            [b'"', ..] => json::text(written).map_or(Self::Opaque, Self::Text),
            number => serde_json::from_slice(number).map_or(Self::Opaque, Self::Number),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// As a list in JSON has them: a condition holds where it holds for one of them.
    pub(super) fn listed(texts: impl Iterator<Item = Cow<'a, str>>) -> Option<Self> {
        let texts: Vec<_> = texts.map(Self::Text).collect();
        if texts.is_empty() { None } else { Some(Self::List(texts)) }
    }
}
