//! What is measured.

use super::gateway::Source;

pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub source: Source,
    /// Each with an app of its own; none: events are only stored.
    pub n_destinations: usize,
    pub pace: Pace,
}

#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// Closed loop: so many events, as fast as they are acknowledged.
    Events(u64),
    /// Open loop: so many events a second.
    Rate(f64),
    /// Open loop at half of the most that the named scenario delivered in this run.
    HalfOf(&'static str),
}

/// How long an open loop goes on.
pub const OPEN_LOOP_SECONDS: u64 = 30;

/// A signing key that protects nothing.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// In the order in which they run.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "accept",
        about: "closed loop, no destination: how many events are made durable",
        source: Source::Generic,
        n_destinations: 0,
        pace: Pace::Events(60_000),
    },
    Scenario {
        name: "accept-replicate",
        about: "the same with signatures to verify, as Replicate's",
        source: Source::Replicate(SECRET),
        n_destinations: 0,
        pace: Pace::Events(60_000),
    },
    Scenario {
        name: "end-to-end",
        about: "closed loop, one destination: how many events arrive",
        source: Source::Generic,
        n_destinations: 1,
        pace: Pace::Events(40_000),
    },
    Scenario {
        name: "delivered-many",
        about: "the same with 20 destinations in rotation: is each treated alike",
        source: Source::Generic,
        n_destinations: 20,
        pace: Pace::Events(40_000),
    },
    Scenario {
        name: "ack-200",
        about: "open loop, 200 events/s, one destination: how fast is the answer",
        source: Source::Generic,
        n_destinations: 1,
        pace: Pace::Rate(200.0),
    },
    Scenario {
        name: "ack-half",
        about: "open loop at half of the most that end-to-end delivered, one destination",
        source: Source::Generic,
        n_destinations: 1,
        pace: Pace::HalfOf("end-to-end"),
    },
];

/// The scenarios of these names and those that they build on; all, when there are no names.
///
/// # Errors
/// The name that none has.
pub fn pick(names: &[String]) -> Result<Vec<&'static Scenario>, String> {
    let unknown = names.iter().find(|name| SCENARIOS.iter().all(|scenario| scenario.name != name.as_str()));
    if let Some(unknown) = unknown {
        return Err(format!("there is no scenario {unknown:?}; --list shows them"));
    }
    let is_named = |name: &str| names.is_empty() || names.iter().any(|named| named == name);
    let is_base = |name: &str| {
        let builds_on = |scenario: &Scenario| matches!(scenario.pace, Pace::HalfOf(base) if base == name);
        SCENARIOS.iter().any(|scenario| is_named(scenario.name) && builds_on(scenario))
    };
    Ok(SCENARIOS.iter().filter(|scenario| is_named(scenario.name) || is_base(scenario.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_by_name_with_what_it_builds_on() {
        let names = |asked: &[&str]| {
            let asked: Vec<_> = asked.iter().map(|&name| name.to_owned()).collect();
            pick(&asked).map(|picked| picked.iter().map(|scenario| scenario.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap().len(), SCENARIOS.len());
        assert_eq!(names(&["accept"]).unwrap(), ["accept"]);
        assert_eq!(names(&["ack-half"]).unwrap(), ["end-to-end", "ack-half"]);
        assert!(names(&["accept", "nope"]).is_err());
    }

    #[test]
    fn a_base_runs_before_what_builds_on_it() {
        for (at, scenario) in SCENARIOS.iter().enumerate() {
            if let Pace::HalfOf(base) = scenario.pace {
                assert!(SCENARIOS[..at].iter().any(|before| before.name == base), "{}", scenario.name);
            }
        }
    }
}
