//! Plans: what a tenant may use.

use std::{borrow::Cow, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The plan of tenants that nobody has claimed yet, where there is one.
const QUICKSTART: [&str; 2] = ["quickstart", "free"];

/// What a tenant may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub name: Cow<'static, str>,
    /// `None`: as many as come.
    pub events_per_month: Option<u64>,
    /// `None`: kept until deleted.
    pub kept_for: Option<Duration>,
}

const fn built_in(name: &'static str, events_per_month: u64, n_days: u32) -> Plan {
    let kept_for = Some(DAY.saturating_mul(n_days));
    Plan { name: Cow::Borrowed(name), events_per_month: Some(events_per_month), kept_for }
}

const BUILT_IN: [Plan; 4] = [
    built_in("free", 3_000, 30),
    built_in("pro", 50_000, 90),
    built_in("scale", 250_000, 180),
    Plan { name: Cow::Borrowed("unlimited"), events_per_month: None, kept_for: None },
];

/// All plans of an installation, and which of them new tenants are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plans {
    all: Vec<Plan>,
    default: Plan,
}

/// The plan that new tenants are to be on is none of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no plan {wanted:?} among {known}")]
pub struct NoSuchPlan {
    pub wanted: String,
    /// Their names, for an error's text.
    pub known: String,
}

impl Plans {
    /// The plans of an installation that has no file of its own.
    #[must_use]
    pub fn built_in() -> Vec<Plan> {
        BUILT_IN.to_vec()
    }

    /// # Errors
    /// [`NoSuchPlan`].
    pub fn new(all: Vec<Plan>, default: &str) -> Result<Self, NoSuchPlan> {
        let found = all.iter().find(|plan| plan.name == default).cloned();
        match found {
            Some(default) => Ok(Self { all, default }),
            None => Err(NoSuchPlan { wanted: default.to_owned(), known: names(&all) }),
        }
    }

    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Plan> {
        self.all.iter().find(|plan| plan.name == name)
    }

    /// What new tenants are on.
    #[must_use]
    pub const fn default_plan(&self) -> &Plan {
        &self.default
    }

    /// What a tenant is on until somebody claims it: `quickstart`, else `free`, else what all new ones are on.
    #[must_use]
    pub fn quickstart(&self) -> &Plan {
        QUICKSTART.iter().find_map(|name| self.named(name)).unwrap_or(&self.default)
    }

    /// In the order in which they were given.
    #[must_use]
    pub fn all(&self) -> &[Plan] {
        &self.all
    }

    /// For an error's text.
    #[must_use]
    pub fn names(&self) -> String {
        names(&self.all)
    }
}

fn names(plans: &[Plan]) -> String {
    plans.iter().map(|plan| &*plan.name).collect::<Vec<_>>().join(", ")
}

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

    fn plans(names: &[&'static str], default: &str) -> Result<Plans, NoSuchPlan> {
        let plan = |name: &&'static str| Plan { name: (*name).into(), events_per_month: None, kept_for: None };
        Plans::new(names.iter().map(plan).collect(), default)
    }

    #[test]
    fn new_tenants_are_on_a_plan_that_there_is() {
        let built_in = Plans::new(Plans::built_in(), "pro").unwrap();
        assert_eq!((built_in.default_plan().events_per_month, &*built_in.quickstart().name), (Some(50_000), "free"));
        let missing = plans(&["small", "large"], "free").unwrap_err();
        assert_eq!(missing.to_string(), "there is no plan \"free\" among small, large");
    }

    #[test]
    fn who_is_not_claimed_is_on_a_plan_for_that() {
        let quickstart = |names, default| plans(names, default).unwrap().quickstart().name.clone();
        assert_eq!(quickstart(&["free", "quickstart", "pro"], "pro"), "quickstart");
        assert_eq!(quickstart(&["pro", "free"], "pro"), "free");
        assert_eq!(quickstart(&["small", "large"], "small"), "small");
    }
}
