//! Which events a destination wants: patterns of event types, and a filter over what came.
//!
//! A filter is a JSON document, described in `docs/destinations.md`. Reading one checks it; matching one never fails,
//! and takes time in proportion to what came and to the number of conditions.

mod condition;
mod pattern;
mod projection;
mod read;
mod rule;

use std::cell::OnceCell;

use serde_json::Value;

use self::{pattern::Pattern, projection::Projection, rule::Rule};
use crate::Headers;

/// Bytes of a filter's text.
pub const MAX_FILTER_BYTES: usize = 8 * 1024;
/// Patterns of event types.
pub const MAX_EVENT_TYPES: usize = 50;

/// A filter or a pattern that cannot be used: which of them, and a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct BadFilter {
    /// `filter` or `event_types`.
    pub field: &'static str,
    pub says: String,
}

/// What a destination wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wants {
    /// None: events of all types, and those without one.
    event_types: Vec<Pattern>,
    filter: Option<Rule>,
}

/// What came, as far as filters look at it.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub method: &'a str,
    /// What follows the app's slug, with its slash; or nothing.
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub headers: &'a Headers,
    pub body: &'a [u8],
    pub event_type: Option<&'a str>,
}

impl Wants {
    /// # Errors
    /// [`BadFilter`] says what to do.
    pub fn read(event_types: &[String], filter: Option<&str>) -> Result<Self, BadFilter> {
        if event_types.len() > MAX_EVENT_TYPES {
            let says =
                format!("Give at most {MAX_EVENT_TYPES} event_types; a pattern such as invoice.* stands for many.");
            return Err(BadFilter { field: "event_types", says });
        }
        let event_types = event_types.iter().map(|text| Pattern::read(text)).collect::<Result<_, _>>()?;
        Ok(Self { event_types, filter: filter.map(read::rule).transpose()? })
    }

    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.event_types.is_empty() && self.filter.is_none()
    }

    fn takes(&self, incoming: &Seen<'_>) -> bool {
        let is_type = self.event_types.is_empty()
            || self.event_types.iter().any(|pattern| pattern.matches(incoming.incoming.event_type));
        is_type && self.filter.as_ref().is_none_or(|filter| filter.matches(incoming))
    }
}

/// For each of several destinations whether it wants what came. The body is read once at the most, and not at all where
/// no filter looks at it.
#[must_use]
pub fn wanted_by(wants: &[&Wants], incoming: &Incoming<'_>) -> Vec<bool> {
    let seen = Seen { incoming: *incoming, wants, body: OnceCell::new() };
    wants.iter().map(|it| it.takes(&seen)).collect()
}

/// What came while filters look at it.
struct Seen<'a> {
    incoming: Incoming<'a>,
    wants: &'a [&'a Wants],
    body: OnceCell<Option<Value>>,
}

impl Seen<'_> {
    /// What the filters name of the body; `None` where it is not JSON.
    fn body(&self) -> Option<&Value> {
        let body = self.body.get_or_init(|| {
            let mut projection = Projection::default();
            self.wants.iter().filter_map(|it| it.filter.as_ref()).for_each(|rule| rule.project(&mut projection));
            projection.read(self.incoming.body)
        });
        body.as_ref()
    }

    /// The values of a header, by its lower-case name.
    fn header(&self, name: &str) -> Option<Value> {
        let values = self.incoming.headers.all(name).map(|value| String::from_utf8_lossy(value).into_owned());
        listed(values)
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        let pairs = url::form_urlencoded::parse(self.incoming.query?.as_bytes());
        listed(pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned()))
    }
}

/// As a list in JSON has them: a condition holds where it holds for one of them.
fn listed(values: impl Iterator<Item = String>) -> Option<Value> {
    let values: Vec<_> = values.map(Value::String).collect();
    if values.is_empty() { None } else { Some(Value::Array(values)) }
}

#[cfg(test)]
mod tests;
