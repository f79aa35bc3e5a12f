//! What is said of a request: conditions on its parts, and how they go together.

use super::{
    Look,
    condition::{Condition, Reading, Test, Whole},
    projection::{Projection, Value},
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
    pub(super) fn matches(&self, look: &Look<'_, '_>) -> bool {
        let text = |condition: &Condition, value: Option<&Value<'_>>| condition.matches(value, Reading::Text);
        let seen = look.seen;
        match self {
            Self::All(rules) => rules.iter().all(|rule| rule.matches(look)),
            Self::Any(rules) => rules.iter().any(|rule| rule.matches(look)),
            Self::Not(rule) => !rule.matches(look),
            Self::Header(name, condition) => text(condition, seen.header(name).as_ref()),
            Self::Parameter(name, condition) => text(condition, seen.parameter(name)),
            Self::Path(condition) => text(condition, Some(&Value::Text(seen.incoming.path.into()))),
            Self::Method(condition) => text(condition, Some(&Value::Text(seen.incoming.method.into()))),
            // Nothing can be said of a body that is not JSON.
            Self::Body(condition) => {
                look.body().is_some_and(|body| condition.matches(Some(body), Reading::Json(&look.patience)))
            }
        }
    }

    /// Adds what this looks at in the body, as one of several filters.
    pub(super) fn project(&self, projection: &mut Projection, filter: usize) {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().for_each(|rule| rule.project(projection, filter)),
            Self::Not(rule) => rule.project(projection, filter),
            Self::Body(condition) => condition.project(projection, filter),
            Self::Header(..) | Self::Parameter(..) | Self::Path(_) | Self::Method(_) => {}
        }
    }
}

impl Condition {
    fn project(&self, projection: &mut Projection, filter: usize) {
        projection.look_at(filter);
        self.each.iter().for_each(|test| test.project(projection, filter));
        for whole in &self.whole {
            if let Whole::Not(condition) = whole {
                condition.project(projection, filter);
            }
        }
    }
}

impl Test {
    fn project(&self, projection: &mut Projection, filter: usize) {
        match self {
            Self::Member(name, condition) => {
                projection.look_into(filter);
                condition.project(projection.member(name), filter);
            }
            // Of a list, each item is asked.
            Self::Any(conditions) | Self::All(conditions) => {
                projection.look_into(filter);
                conditions.iter().for_each(|it| it.project(projection, filter));
            }
            Self::Equal(_)
            | Self::Compare(..)
            | Self::In(_)
            | Self::StartsWith(_)
            | Self::EndsWith(_)
            | Self::Contains(_) => projection.look_into(filter),
        }
    }
}
