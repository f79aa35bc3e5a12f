//! The plans file: what each plan of this installation takes, in TOML.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhook_domain::plan::{Plan, Plans};
use serde::Deserialize;

use super::problems::Problems;

const SETTING: &str = "plans-file";
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A hundred years.
const MOST_DAYS: u32 = 36_500;
const MOST_NAME_CHARS: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    plan: BTreeMap<String, Written>,
}

/// A plan as it is written down; a number that is left out is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    events_per_month: Option<u64>,
    kept_days: Option<u32>,
}

/// The plans of the file, or the built-in ones without it.
pub(super) fn read(file: Option<&Path>, default: &str, problems: &mut Problems) -> Plans {
    match file.map_or_else(|| Ok(Plans::built_in()), from_file) {
        Ok(plans) => with_default(plans, file, default, problems),
        Err(says) => {
            problems.say(SETTING, &says);
            to_go_on_with()
        }
    }
}

fn with_default(plans: Vec<Plan>, file: Option<&Path>, default: &str, problems: &mut Problems) -> Plans {
    Plans::new(plans, default).unwrap_or_else(|no| {
        let place = file.map_or_else(String::new, |file| format!(", the plans of {}", file.display()));
        problems.say("default-plan", &format!("is {}, but must be one of {}{place}", no.wanted, no.known));
        to_go_on_with()
    })
}

/// Never used, as there is a problem.
fn to_go_on_with() -> Plans {
    Plans::new(Plans::built_in(), "free").expect("it is a built-in one")
}

fn from_file(file: &Path) -> Result<Vec<Plan>, String> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| format!("names {}, which cannot be read: {error}", file.display()))?;
    parse(&text).map_err(|says| format!("names {}: {says}", file.display()))
}

/// The one that takes least comes first.
fn parse(text: &str) -> Result<Vec<Plan>, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| 1 + text[..span.start].matches('\n').count());
        format!("line {line}: {}", error.message())
    })?;
    let mut plans = file.plan.into_iter().map(|(name, plan)| checked(name, &plan)).collect::<Result<Vec<_>, _>>()?;
    if plans.is_empty() {
        return Err("there is no plan in it; write one as [plan.free] with events_per_month and kept_days".to_owned());
    }
    plans.sort_by_key(|plan| plan.events_per_month.unwrap_or(u64::MAX));
    Ok(plans)
}

fn checked(name: String, written: &Written) -> Result<Plan, String> {
    let is_usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !(1..=MOST_NAME_CHARS).contains(&name.len()) || !name.chars().all(is_usual) {
        return Err(format!(
            "{name:?} is no name for a plan: take 1 to {MOST_NAME_CHARS} lower-case letters, digits, - or _"
        ));
    }
    if written.events_per_month == Some(0) {
        return Err(format!("events_per_month of {name} must be at least 1; leave it out for as many as come"));
    }
    if written.kept_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(format!("kept_days of {name} must be from 1 to {MOST_DAYS}; leave it out to keep events"));
    }
    let kept_for = written.kept_days.map(|days| A_DAY * days);
    Ok(Plan { name: name.into(), events_per_month: written.events_per_month, kept_for })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_the_smallest_plan_first() {
        let text = "[plan.unlimited]\n\n[plan.starter]\nevents_per_month = 500\nkept_days = 7\n";
        let plans = parse(text).unwrap();
        assert_eq!(plans.iter().map(|plan| &*plan.name).collect::<Vec<_>>(), ["starter", "unlimited"]);
        assert_eq!((plans[0].events_per_month, plans[0].kept_for), (Some(500), Some(7 * A_DAY)));
        assert_eq!((plans[1].events_per_month, plans[1].kept_for), (None, None));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, says) in [
            ("[plan.a]\nevents_per_month = 1\nevents_per_mont = 2", "line 3: unknown field `events_per_mont`"),
            ("[plans.a]", "line 1: unknown field `plans`"),
            ("[plan.a]\nevents_per_month = \"many\"", "line 2: invalid type"),
            ("[plan.a]\nkept_days = -1", "line 2: invalid value"),
            ("= 1", "line 1: "),
            ("", "there is no plan in it"),
            ("[plan.\"For free\"]", "\"For free\" is no name for a plan"),
            ("[plan.a]\nevents_per_month = 0", "events_per_month of a must be at least 1"),
            ("[plan.a]\nkept_days = 0", "kept_days of a must be from 1 to 36500"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.starts_with(says), "{text:?}: {said}");
        }
    }

    #[test]
    fn the_default_plan_must_be_there() {
        let mut problems = Problems::default();
        assert_eq!(read(None, "pro", &mut problems).default_plan().name, "pro");
        problems.none().unwrap();
        let mut problems = Problems::default();
        read(None, "gold", &mut problems);
        let said = problems.none().unwrap_err().to_string();
        assert_eq!(
            said,
            "ANYHOOK_DEFAULT_PLAN (--default-plan) is gold, but must be one of free, pro, scale, unlimited"
        );
        let mut problems = Problems::default();
        read(Some(Path::new("no-such-file.toml")), "free", &mut problems);
        assert!(problems.none().unwrap_err().to_string().contains("no-such-file.toml, which cannot be read"));
    }
}
