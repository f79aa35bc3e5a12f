//! What is said of one value, and whether it holds.

use std::{cell::Cell, cmp::Ordering};

use serde_json::Number;

use super::projection::Value;

/// Bytes of a text that `$contains` looks through.
const MOST_SEARCHED: usize = 64 * 1024;
/// Looking through so many bytes counts as one comparison.
const BYTES_A_COMPARISON: usize = 64;
/// A text that stands for a number is no longer.
const LONGEST_NUMBER: usize = 100;

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

/// How many more comparisons may be made; `None` once that were too few: then no answer means anything.
#[derive(Debug)]
pub(super) struct Patience(Cell<Option<u32>>);

impl Patience {
    pub(super) const fn new(n_comparisons: u32) -> Self {
        Self(Cell::new(Some(n_comparisons)))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.get().is_none()
    }

    fn take(&self, n_comparisons: usize) -> bool {
        let left = self.0.get().and_then(|left| left.checked_sub(u32::try_from(n_comparisons).ok()?));
        self.0.set(left);
        left.is_some()
    }
}

/// What a value is read as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading<'a> {
    Json(&'a Patience),
    /// A text that may stand for a number or for true or false, as in a header: there are few of them.
    Text,
}

impl Reading<'_> {
    fn may_compare(self, n_comparisons: usize) -> bool {
        match self {
            Self::Json(patience) => patience.take(n_comparisons),
            Self::Text => true,
        }
    }

    const fn is_text(self) -> bool {
        matches!(self, Self::Text)
    }
}

impl Condition {
    pub(super) fn of(test: Test) -> Self {
        Self { each: vec![test], whole: Vec::new() }
    }

    pub(super) fn matches(&self, value: Option<&Value<'_>>, reading: Reading<'_>) -> bool {
        self.whole.iter().all(|it| it.matches(value, reading))
            && (self.each.is_empty() || self.matches_each(value, reading))
    }

    fn matches_each(&self, value: Option<&Value<'_>>, reading: Reading<'_>) -> bool {
        match value {
            Some(Value::List(items)) => {
                let mut items = items.iter().take_while(|_| reading.may_compare(1));
                items.any(|it| self.matches_each(Some(it), reading))
            }
            value => self.each.iter().all(|test| test.matches(value, reading)),
        }
    }
}

impl Whole {
    fn matches(&self, value: Option<&Value<'_>>, reading: Reading<'_>) -> bool {
        if !reading.may_compare(1) {
            return false;
        }
        match self {
            Self::Not(condition) => !condition.matches(value, reading),
            Self::Exists(wanted) => value.is_some() == *wanted,
        }
    }
}

impl Test {
    fn matches(&self, value: Option<&Value<'_>>, reading: Reading<'_>) -> bool {
        if !reading.may_compare(1) {
            return false;
        }
        let text = || value.and_then(Value::as_text);
        match self {
            Self::Member(name, condition) => condition.matches(value.and_then(|it| it.member(name)), reading),
            Self::Any(conditions) => conditions.iter().any(|it| it.matches(value, reading)),
            Self::All(conditions) => conditions.iter().all(|it| it.matches(value, reading)),
            Self::Equal(literal) => value.is_some_and(|value| literal.equals(value, reading)),
            Self::In(literals) => value.is_some_and(|value| literals.iter().any(|it| it.equals(value, reading))),
            Self::Compare(orders, literal) => {
                value.and_then(|value| literal.order_of(value, reading)).is_some_and(|order| orders.contains(&order))
            }
            Self::StartsWith(start) => text().is_some_and(|text| text.starts_with(start)),
            Self::EndsWith(end) => text().is_some_and(|text| text.ends_with(end)),
            Self::Contains(part) => text().is_some_and(|text| {
                let searched = &text[..text.floor_char_boundary(MOST_SEARCHED)];
                reading.may_compare(searched.len() / BYTES_A_COMPARISON) && searched.contains(part)
            }),
        }
    }
}

impl Literal {
    fn equals(&self, value: &Value<'_>, reading: Reading<'_>) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(own), Value::Bool(value)) => own == value,
            (Self::Bool(own), Value::Text(text)) if reading.is_text() => *text == if *own { "true" } else { "false" },
            _ => self.order_of(value, reading) == Some(Ordering::Equal),
        }
    }

    /// How a value stands to this one; nothing where they cannot be compared.
    fn order_of(&self, value: &Value<'_>, reading: Reading<'_>) -> Option<Ordering> {
        match (self, value) {
            (Self::Number(own), Value::Number(value)) => compare(value, own),
            (Self::Number(own), Value::Text(text)) if reading.is_text() && text.len() <= LONGEST_NUMBER => {
                compare(&text.trim().parse::<Number>().ok()?, own)
            }
            (Self::Text(own), Value::Text(text)) => Some((**text).cmp(own)),
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
