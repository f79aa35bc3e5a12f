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
