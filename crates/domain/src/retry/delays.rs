//! How long to wait between attempts: growing from one to the next, or as listed.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LONGEST;

const MOST_LISTED: usize = 49;
const MOST_FACTOR: f64 = 10.0;
const DEFAULT_FIRST: u64 = 20;
const DEFAULT_FACTOR: f64 = 3.0;

/// The waits between the attempts of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Delays {
    /// Each one is `factor` times the one before it, up to `most`.
    Growing { first: Duration, factor: f64, most: Duration },
    /// One after the other; then the last one again and again. Never empty.
    Listed(Arc<[Duration]>),
}

/// Delays that cannot be used: which part of them, and a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct BadDelays {
    /// Below `retry_policy`; empty: all of it.
    pub member: &'static str,
    pub says: String,
}

/// How delays are written down: the members of one of the two forms.
#[derive(Default, Deserialize, Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_delay_seconds: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_delay_seconds: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delays_seconds: Option<Value>,
}

impl Default for Delays {
    fn default() -> Self {
        Self::Growing { first: Duration::from_secs(DEFAULT_FIRST), factor: DEFAULT_FACTOR, most: LONGEST }
    }
}

impl Delays {
    /// The delay after attempt `number` (from 1).
    #[must_use]
    pub fn after(&self, number: u32) -> Duration {
        let n_before = number.saturating_sub(1);
        match self {
            Self::Growing { first, factor, most } => {
                let grown = factor.powi(i32::try_from(n_before).unwrap_or(i32::MAX)) * first.as_secs_f64();
                Duration::try_from_secs_f64(grown).unwrap_or(*most).min(*most)
            }
            Self::Listed(listed) => {
                let last = listed.len().saturating_sub(1);
                listed.get(last.min(n_before as usize)).copied().unwrap_or(LONGEST)
            }
        }
    }

    /// Reads what [`Delays::to_json`] writes and people write: `{"first_delay_seconds", "factor", "max_delay_seconds"}`,
    /// of which what is left out is the default, or `{"delays_seconds": […]}`.
    ///
    /// # Errors
    /// [`BadDelays`] says what to do.
    pub fn parse(text: &str) -> Result<Self, BadDelays> {
        let written: Option<Written> = serde_json::from_str(text).ok();
        let written = written.ok_or_else(|| bad("", FORMS.to_owned()))?;
        let growing = [&written.first_delay_seconds, &written.factor, &written.max_delay_seconds];
        match (&written.delays_seconds, growing.iter().any(|it| it.is_some())) {
            (Some(_), true) | (None, false) => Err(bad("", FORMS.to_owned())),
            (Some(listed), false) => read_list(listed),
            (None, true) => read_growing(&written),
        }
    }

    #[must_use]
    pub fn to_json(&self) -> String {
        let written = match self {
            Self::Growing { first, factor, most } => Written {
                first_delay_seconds: Some(first.as_secs().into()),
                factor: Some(number(*factor)),
                max_delay_seconds: Some(most.as_secs().into()),
                delays_seconds: None,
            },
            Self::Listed(listed) => {
                Written { delays_seconds: Some(listed.iter().map(Duration::as_secs).collect()), ..Written::default() }
            }
        };
        serde_json::to_string(&written).expect("numbers can be written")
    }
}

const FORMS: &str = "Give retry_policy as {\"first_delay_seconds\": 20, \"factor\": 3, \"max_delay_seconds\": 86400}, \
                     or as {\"delays_seconds\": [20, 60, 300]}; null is the default.";

fn bad(member: &'static str, says: String) -> BadDelays {
    BadDelays { member, says }
}

/// Whole numbers as they are written by people.
fn number(factor: f64) -> Value {
    let whole = format!("{factor}");
    whole.parse::<u64>().map_or_else(|_| factor.into(), Value::from)
}

fn read_growing(written: &Written) -> Result<Delays, BadDelays> {
    let first = match &written.first_delay_seconds {
        Some(given) => delay("first_delay_seconds", given)?,
        None => Duration::from_secs(DEFAULT_FIRST),
    };
    let most = match &written.max_delay_seconds {
        Some(given) => delay("max_delay_seconds", given)?,
        None => LONGEST,
    };
    let factor = written.factor.as_ref().map_or(Some(DEFAULT_FACTOR), Value::as_f64);
    let factor = factor.filter(|factor| (1.0..=MOST_FACTOR).contains(factor));
    let factor = factor.ok_or_else(|| bad("factor", "factor must be a number from 1 to 10.".to_owned()))?;
    if most < first {
        let says = "max_delay_seconds must be at least first_delay_seconds.";
        return Err(bad("max_delay_seconds", says.to_owned()));
    }
    Ok(Delays::Growing { first, factor, most })
}

fn read_list(given: &Value) -> Result<Delays, BadDelays> {
    let listed = given.as_array().filter(|listed| (1..=MOST_LISTED).contains(&listed.len()));
    let says = || format!("delays_seconds must be a list of 1 to {MOST_LISTED} numbers of seconds.");
    let listed = listed.ok_or_else(|| bad("delays_seconds", says()))?;
    let listed = listed.iter().map(|given| delay("delays_seconds", given));
    Ok(Delays::Listed(listed.collect::<Result<_, _>>()?))
}

fn delay(member: &'static str, given: &Value) -> Result<Duration, BadDelays> {
    let seconds = given.as_u64().filter(|seconds| (1..=LONGEST.as_secs()).contains(seconds));
    let says = || format!("{member} must be whole seconds, from 1 to {}.", LONGEST.as_secs());
    seconds.map(Duration::from_secs).ok_or_else(|| bad(member, says()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            r#"{"first_delay_seconds":20,"factor":3,"max_delay_seconds":86400}"#,
            r#"{"first_delay_seconds":1,"factor":1.5,"max_delay_seconds":1}"#,
            r#"{"delays_seconds":[1,86400]}"#,
        ] {
            assert_eq!(Delays::parse(text).unwrap().to_json(), text);
        }
        assert_eq!(Delays::parse(r#"{"factor":3,"what":"ever"}"#).unwrap(), Delays::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, member) in [
            ("", ""),
            ("5", ""),
            ("{}", ""),
            (r#"{"delays_seconds":[1],"factor":2}"#, ""),
            (r#"{"delays_seconds":[]}"#, "delays_seconds"),
            (r#"{"delays_seconds":5}"#, "delays_seconds"),
            (r#"{"delays_seconds":[0]}"#, "delays_seconds"),
            (r#"{"delays_seconds":[1.5]}"#, "delays_seconds"),
            (r#"{"delays_seconds":[86401]}"#, "delays_seconds"),
            (r#"{"first_delay_seconds":-1}"#, "first_delay_seconds"),
            (r#"{"factor":0.5}"#, "factor"),
            (r#"{"factor":"3"}"#, "factor"),
            (r#"{"factor":11}"#, "factor"),
            (r#"{"max_delay_seconds":19}"#, "max_delay_seconds"),
        ] {
            let bad = Delays::parse(text).expect_err(text);
            assert_eq!(bad.member, member, "{text}");
            assert!(bad.says.len() > 20, "{bad}");
        }
        assert!(Delays::parse(&format!(r#"{{"delays_seconds":{:?}}}"#, [1; 50])).is_err());
    }

    #[test]
    fn nothing_overflows() {
        let delays = Delays::parse(r#"{"first_delay_seconds":86400,"factor":10}"#).unwrap();
        assert_eq!([1, 50, u32::MAX].map(|number| delays.after(number)), [LONGEST; 3]);
        assert_eq!(Delays::default().after(0), Duration::from_secs(20));
    }
}
