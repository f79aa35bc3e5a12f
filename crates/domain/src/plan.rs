//! Plans: what a tenant may use.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a tenant may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub name: &'static str,
    /// `None`: as many as come.
    pub events_per_month: Option<u64>,
    /// `None`: kept until deleted.
    pub kept_for: Option<Duration>,
}

const PLANS: [Plan; 4] = [
    Plan { name: "free", events_per_month: Some(3_000), kept_for: Some(DAY.saturating_mul(30)) },
    Plan { name: "pro", events_per_month: Some(50_000), kept_for: Some(DAY.saturating_mul(90)) },
    Plan { name: "scale", events_per_month: Some(250_000), kept_for: Some(DAY.saturating_mul(180)) },
    Plan { name: "unlimited", events_per_month: None, kept_for: None },
];

/// Where a tenant stands with its plan's events of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The next event is delivered.
    Within,
    /// The next event is stored and held back.
    Over,
    /// The next event is turned away.
    Exhausted,
}

impl Standing {
    /// After so many events; above the plan's number as many again are taken before the first is turned away.
    #[must_use]
    pub const fn after(n_used: u64, events_per_month: u64) -> Self {
        if n_used < events_per_month {
            Self::Within
        } else if n_used < events_per_month.saturating_mul(2) {
            Self::Over
        } else {
            Self::Exhausted
        }
    }
}

impl Plan {
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PLANS.into_iter().find(|plan| plan.name == name)
    }

    /// The names that [`Plan::named`] knows, for an error's text.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PLANS.into_iter().map(|plan| plan.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_twice_the_plan_is_held() {
        let standing = |n_used| Standing::after(n_used, 10);
        assert_eq!([standing(0), standing(9)], [Standing::Within; 2]);
        assert_eq!([standing(10), standing(19)], [Standing::Over; 2]);
        assert_eq!([standing(20), standing(u64::MAX)], [Standing::Exhausted; 2]);
        assert_eq!(Standing::after(u64::MAX - 1, u64::MAX), Standing::Within);
        assert_eq!(Standing::after(0, 0), Standing::Exhausted);
    }
}
