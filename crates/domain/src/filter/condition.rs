//! What is said of one value, and whether it holds.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// A value as a filter writes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
}

/// What is said of a value, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Condition {
    /// Of a list: for one and the same of its elements.
    pub(super) each: Vec<Test>,
    /// Of the value as it is, also where it is a list or not there.
    pub(super) whole: Vec<Whole>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Member(String, Condition),
    Equal(Literal),
    /// How the value compares, one of these, with what is given.
    Compare(&'static [Ordering], Literal),
    In(Vec<Literal>),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Any(Vec<Condition>),
    All(Vec<Condition>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Whole {
    Not(Condition),
    Exists(bool),
}

/// What a value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Json,
    /// A text that may stand for a number or for true or false, as in a header.
    Text,
}

impl Condition {
    pub(super) fn of(test: Test) -> Self {
        Self { each: vec![test], whole: Vec::new() }
    }

    pub(super) fn matches(&self, value: Option<&Value>, reading: Reading) -> bool {
        self.whole.iter().all(|it| it.matches(value, reading))
            && (self.each.is_empty() || self.matches_each(value, reading))
    }

    fn matches_each(&self, value: Option<&Value>, reading: Reading) -> bool {
        match value {
            Some(Value::Array(elements)) => elements.iter().any(|it| self.matches_each(Some(it), reading)),
            value => self.each.iter().all(|test| test.matches(value, reading)),
        }
    }
}

impl Whole {
    fn matches(&self, value: Option<&Value>, reading: Reading) -> bool {
        match self {
            Self::Not(condition) => !condition.matches(value, reading),
            Self::Exists(wanted) => value.is_some() == *wanted,
        }
    }
}

impl Test {
    fn matches(&self, value: Option<&Value>, reading: Reading) -> bool {
        let text = || value.and_then(Value::as_str);
        match self {
            Self::Member(name, condition) => condition.matches(value.and_then(|it| it.get(name)), reading),
            Self::Any(conditions) => conditions.iter().any(|it| it.matches(value, reading)),
            Self::All(conditions) => conditions.iter().all(|it| it.matches(value, reading)),
            Self::Equal(literal) => value.is_some_and(|value| literal.equals(value, reading)),
            Self::In(literals) => value.is_some_and(|value| literals.iter().any(|it| it.equals(value, reading))),
            Self::Compare(orders, literal) => {
                value.and_then(|value| literal.order_of(value, reading)).is_some_and(|order| orders.contains(&order))
            }
            Self::StartsWith(start) => text().is_some_and(|text| text.starts_with(start)),
            Self::EndsWith(end) => text().is_some_and(|text| text.ends_with(end)),
            Self::Contains(part) => text().is_some_and(|text| text.contains(part)),
        }
    }
}

impl Literal {
    fn equals(&self, value: &Value, reading: Reading) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(own), Value::Bool(value)) => own == value,
            (Self::Bool(own), Value::String(text)) if reading == Reading::Text => {
                text == if *own { "true" } else { "false" }
            }
            _ => self.order_of(value, reading) == Some(Ordering::Equal),
        }
    }

    /// How a value stands to this one; nothing where they cannot be compared.
    fn order_of(&self, value: &Value, reading: Reading) -> Option<Ordering> {
        match (self, value) {
            (Self::Number(own), Value::Number(value)) => compare(value, own),
            (Self::Number(own), Value::String(text)) if reading == Reading::Text => {
                compare(&text.trim().parse::<Number>().ok()?, own)
            }
            (Self::Text(own), Value::String(text)) => Some(text.as_str().cmp(own)),
            _ => None,
        }
    }
}

/// Whole numbers of up to 64 bits exactly, others as 64-bit floating point.
fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}
