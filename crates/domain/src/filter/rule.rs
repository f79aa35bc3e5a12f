//! What is said of a request: conditions on its parts, and how they go together.

use serde_json::Value;

use super::{
    Seen,
    condition::{Condition, Reading, Test, Whole},
    projection::Projection,
};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    /// By the header's lower-case name.
    Header(String, Condition),
    Parameter(String, Condition),
    Body(Condition),
    Path(Condition),
    Method(Condition),
}

impl Rule {
    pub(super) fn matches(&self, seen: &Seen<'_>) -> bool {
        let text = |condition: &Condition, value: Option<Value>| condition.matches(value.as_ref(), Reading::Text);
        match self {
            Self::All(rules) => rules.iter().all(|rule| rule.matches(seen)),
            Self::Any(rules) => rules.iter().any(|rule| rule.matches(seen)),
            Self::Not(rule) => !rule.matches(seen),
            Self::Header(name, condition) => text(condition, seen.header(name)),
            Self::Parameter(name, condition) => text(condition, seen.parameter(name)),
            Self::Path(condition) => text(condition, Some(seen.incoming.path.into())),
            Self::Method(condition) => text(condition, Some(seen.incoming.method.into())),
            // Nothing can be said of a body that is not JSON.
            Self::Body(condition) => seen.body().is_some_and(|body| condition.matches(Some(body), Reading::Json)),
        }
    }

    /// Adds what this looks at in the body.
    pub(super) fn project(&self, projection: &mut Projection) {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().for_each(|rule| rule.project(projection)),
            Self::Not(rule) => rule.project(projection),
            Self::Body(condition) => condition.project(projection),
            Self::Header(..) | Self::Parameter(..) | Self::Path(_) | Self::Method(_) => {}
        }
    }
}

impl Condition {
    fn project(&self, projection: &mut Projection) {
        self.each.iter().for_each(|test| test.project(projection));
        for whole in &self.whole {
            if let Whole::Not(condition) = whole {
                condition.project(projection);
            }
        }
    }
}

impl Test {
    fn project(&self, projection: &mut Projection) {
        match self {
            Self::Member(name, condition) => condition.project(projection.member(name)),
            Self::Any(conditions) | Self::All(conditions) => conditions.iter().for_each(|it| it.project(projection)),
            Self::Equal(_)
            | Self::Compare(..)
            | Self::In(_)
            | Self::StartsWith(_)
            | Self::EndsWith(_)
            | Self::Contains(_) => projection.keep_value(),
        }
    }
}
