//! Which events a destination wants: patterns of event types, and a filter over what came.
//!
//! A filter is a JSON document, described in `docs/destinations.md`. Reading one checks it; matching one never fails, and
//! takes a bounded number of steps besides one walk through the body for all of them. What is odd or too much for one
//! filter is nothing to the others.

mod condition;
mod pattern;
mod projection;
mod read;
mod rule;

use std::{borrow::Cow, cell::OnceCell, collections::HashMap};

use self::{
    condition::Patience,
    pattern::Pattern,
    projection::{Kept, Projection, Value},
    rule::Rule,
};
use crate::Headers;

/// Bytes of a filter's text.
pub const MAX_FILTER_BYTES: usize = 8 * 1024;
/// Comparisons that one filter makes in one body. A body that wants more is for this filter one that is not JSON.
const MOST_COMPARISONS: u32 = 250_000;
/// Parameters of a query that filters look at.
const MOST_PARAMETERS: usize = 1_000;
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
    /// What the filter is made of.
    n_nodes: usize,
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
        let (filter, n_nodes) = filter.map(read::rule).transpose()?.unzip();
        Ok(Self { event_types, filter, n_nodes: n_nodes.unwrap_or(0) })
    }

    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.event_types.is_empty() && self.filter.is_none()
    }

    fn takes(&self, look: &Look<'_, '_>) -> bool {
        let event_type = look.seen.incoming.event_type;
        let is_type = self.event_types.is_empty() || self.event_types.iter().any(|it| it.matches(event_type));
        is_type && self.filter.as_ref().is_none_or(|filter| look.takes(filter))
    }
}

/// For each of several destinations whether it wants what came. The body is read once at the most, and not at all where
/// no filter looks at it.
#[must_use]
pub fn wanted_by(wants: &[&Wants], incoming: &Incoming<'_>) -> Vec<bool> {
    let projection = OnceCell::new();
    let (body, parameters) = (OnceCell::new(), OnceCell::new());
    let seen = Seen { incoming: *incoming, wants, projection: &projection, body, parameters };
    wants.iter().enumerate().map(|(filter, it)| it.takes(&Look::new(&seen, filter))).collect()
}

/// About how many bytes are looked at to know who wants what came, if every part of every filter looks at all of it.
#[must_use]
pub fn most_bytes_looked_at(wants: &[&Wants], incoming: &Incoming<'_>) -> usize {
    let n_nodes = wants.iter().map(|it| it.n_nodes).sum::<usize>();
    if n_nodes == 0 {
        return 0;
    }
    let headers = incoming.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    n_nodes.saturating_mul(incoming.body.len() + incoming.query.map_or(0, str::len) + headers)
}

/// What came while filters look at it.
struct Seen<'a> {
    incoming: Incoming<'a>,
    wants: &'a [&'a Wants],
    projection: &'a OnceCell<Projection>,
    body: OnceCell<Option<Kept<'a>>>,
    parameters: OnceCell<HashMap<Cow<'a, str>, Value<'a>>>,
}

/// One filter's look at it.
struct Look<'s, 'a> {
    seen: &'s Seen<'a>,
    filter: usize,
    patience: Patience,
    has_body: bool,
}

impl<'a> Seen<'a> {
    /// What the filters name of the body; `None` where it is not JSON.
    fn body(&self) -> Option<&Kept<'a>> {
        let body = self.body.get_or_init(|| {
            let projection = self.projection.get_or_init(|| projection(self.wants));
            projection.read(self.incoming.body, self.wants.len())
        });
        body.as_ref()
    }

    /// The values of a header, by its lower-case name.
    fn header(&self, name: &str) -> Option<Value<'a>> {
        let headers = self.incoming.headers.iter().filter(|(found, _)| *found == name);
        Value::listed(headers.map(|(_, value)| String::from_utf8_lossy(value)))
    }

    fn parameter(&self, name: &str) -> Option<&Value<'a>> {
        let parameters = self.parameters.get_or_init(|| {
            let mut found = HashMap::<_, Vec<_>>::new();
            let pairs = url::form_urlencoded::parse(self.incoming.query.unwrap_or_default().as_bytes());
            for (name, value) in pairs.take(MOST_PARAMETERS) {
                found.entry(name).or_default().push(value);
            }
            found.into_iter().filter_map(|(name, values)| Some((name, Value::listed(values.into_iter())?))).collect()
        });
        parameters.get(name)
    }
}

impl<'s, 'a> Look<'s, 'a> {
    const fn new(seen: &'s Seen<'a>, filter: usize) -> Self {
        Self { seen, filter, patience: Patience::new(MOST_COMPARISONS), has_body: true }
    }

    /// A body that this filter would look at for too long is for it one that is not JSON.
    fn takes(&self, rule: &Rule) -> bool {
        let is_taken = rule.matches(self);
        if self.patience.is_over() {
            return rule.matches(&Self { has_body: false, ..Self::new(self.seen, self.filter) });
        }
        is_taken
    }

    fn body(&self) -> Option<&'s Value<'a>> {
        if self.has_body { self.seen.body()?.of(self.filter) } else { None }
    }
}

/// What all filters together look at in a body.
fn projection(wants: &[&Wants]) -> Projection {
    let mut projection = Projection::default();
    for (filter, wants) in wants.iter().enumerate() {
        if let Some(rule) = &wants.filter {
            rule.project(&mut projection, filter);
        }
    }
    projection
}

#[cfg(test)]
mod tests;
