//! Of which events figures are wanted, and in which steps.

use std::time::Duration;

use anyhook_domain::{AppId, DestinationId, Timestamp};
use anyhook_rpc::tenants::v1::App;
use anyhook_store::log::StatsQuestion;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::events::{all_apps, app_id, given, instant, one_app};
use crate::{api::Api, auth::Caller, problem::Problem};

/// The stretch that is looked at unless another one is named.
const DEFAULT_STRETCH: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_STEPS: u64 = 48;
const MOST_STEPS: u64 = 500;
const SHORTEST_STEP_SECONDS: u64 = 10;
/// A year and a day.
const LONGEST_STEP_SECONDS: u64 = 366 * 24 * 60 * 60;

/// Read as text, so that the complaint about a wrong one is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Where the first step begins: RFC 3339, or seconds since 1970; a day before `to` by default.
    #[param(example = "2026-11-21T00:00:00Z")]
    from: Option<String>,
    /// Where the last step ends; by default, the end of the step that now is in.
    #[param(example = "2026-11-22T00:00:00Z")]
    to: Option<String>,
    /// The length of a step in seconds: at least 10, and so that there are at most 500 steps; by default there are 48.
    #[param(value_type = Option<u64>, minimum = 10, maximum = 31_622_400, example = 1800)]
    step: Option<String>,
    /// Events of this app only.
    #[serde(alias = "appSlug")]
    #[param(example = "replicate")]
    app_slug: Option<String>,
    /// What became of events at this destination only.
    #[serde(alias = "destinationId")]
    #[param(example = "dst_01h455vb4pex5vsknk084sn02q")]
    destination_id: Option<String>,
}

/// What is to be counted, and the apps whose events it may be about.
pub(super) struct Question {
    pub(super) counted: StatsQuestion,
    pub(super) apps: Vec<App>,
}

/// Steps of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Steps {
    from: Timestamp,
    step_seconds: u64,
    n: u64,
}

impl Asked {
    pub(super) async fn question(&self, api: &Api, caller: &Caller) -> Result<Question, Problem> {
        let steps = self.steps(api.now())?;
        let destination = self.destination()?;
        let (narrowed, apps) = match given(self.app_slug.as_deref()) {
            Some(slug) => (true, vec![one_app(api, caller, slug).await?]),
            None => (false, all_apps(api, caller).await?),
        };
        let apps = match &destination {
            Some((text, _)) => vec![app_of(apps, text)?],
            None => apps,
        };
        let ids = apps.iter().map(app_id).collect::<Result<Vec<AppId>, _>>()?;
        let is_narrow = narrowed || destination.is_some();
        let counted = StatsQuestion {
            tenant: caller.tenant,
            apps: if is_narrow { Some(ids) } else { caller.apps() },
            destination: destination.map(|(_, id)| id),
            from: steps.from,
            step: Duration::from_secs(steps.step_seconds),
            n_steps: usize::try_from(steps.n).expect("there are at most 500 steps"),
        };
        Ok(Question { counted, apps })
    }

    fn destination(&self) -> Result<Option<(String, DestinationId)>, Problem> {
        let Some(text) = given(self.destination_id.as_deref()) else { return Ok(None) };
        let id = text.parse().map_err(|_| no_such_destination())?;
        Ok(Some((text.to_owned(), id)))
    }

    fn steps(&self, now: Timestamp) -> Result<Steps, Problem> {
        let (from, to) = (instant("from", self.from.as_deref())?, instant("to", self.to.as_deref())?);
        let step = self.step_seconds()?;
        let stretch = match (from, to) {
            (Some(from), to) if to.unwrap_or(now) <= from => {
                return Err(Problem::bad_field("to", "to must be later than from."));
            }
            (Some(from), to) => to.unwrap_or(now).since(from),
            (None, _) => DEFAULT_STRETCH,
        };
        let stretch_seconds = stretch.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
        let step = step.unwrap_or_else(|| u64::div_ceil(stretch_seconds, DEFAULT_STEPS).max(SHORTEST_STEP_SECONDS));
        let n = stretch_seconds.div_ceil(step);
        if n > MOST_STEPS {
            let text = format!("step must be longer, so that there are at most {MOST_STEPS} steps from from to to.");
            return Err(Problem::bad_field("step", text));
        }
        let end = to.unwrap_or_else(|| end_of_step(now, step));
        let length = Duration::from_secs(step.saturating_mul(n));
        Ok(Steps { from: from.unwrap_or(end - length), step_seconds: step, n })
    }

    fn step_seconds(&self) -> Result<Option<u64>, Problem> {
        let Some(text) = given(self.step.as_deref()) else { return Ok(None) };
        let range = SHORTEST_STEP_SECONDS..=LONGEST_STEP_SECONDS;
        let says = format!("step must be a number of seconds from {} to {}.", range.start(), range.end());
        text.parse().ok().filter(|it| range.contains(it)).map(Some).ok_or_else(|| Problem::bad_field("step", says))
    }
}

/// Steps begin at multiples of their length, so that a figure stays in its step from one look to the next.
fn end_of_step(now: Timestamp, step_seconds: u64) -> Timestamp {
    let whole = u64::try_from(now.unix_seconds()).unwrap_or(0) / step_seconds;
    Timestamp::from_unix_seconds(i64::try_from((whole + 1).saturating_mul(step_seconds)).unwrap_or(i64::MAX))
}

/// The app that sends its events there.
fn app_of(apps: Vec<App>, destination: &str) -> Result<App, Problem> {
    let mut has_it = apps.into_iter().filter(|app| app.destinations.iter().any(|it| it.id == destination));
    has_it.next().ok_or_else(no_such_destination)
}

fn no_such_destination() -> Problem {
    Problem::not_found(
        "There is no such destination here. Check its id; GET /api/v1/apps names each app's destinations.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_750_000_000);

    fn steps(from: Option<&str>, to: Option<&str>, step: Option<&str>) -> Result<(i64, u64, u64), String> {
        let text = |it: Option<&str>| it.map(str::to_owned);
        let asked = Asked { from: text(from), to: text(to), step: text(step), ..Asked::default() };
        let field = |problem: Problem| problem.seen().3.unwrap_or_default().to_owned();
        asked.steps(NOW).map(|it| (it.from.unix_seconds(), it.step_seconds, it.n)).map_err(field)
    }

    #[test]
    fn a_day_in_half_hours_unless_something_else_is_said() {
        assert_eq!(steps(None, None, None), Ok((1_749_915_000, 1800, 48)));
        assert_eq!(steps(None, None, Some("3600")), Ok((1_749_916_800, 3600, 24)));
        assert_eq!(steps(None, Some("1750000100"), None), Ok((1_749_913_700, 1800, 48)));
        assert_eq!(steps(Some("1749999000"), None, None), Ok((1_749_999_000, 21, 48)));
        assert_eq!(steps(Some("1749999000"), Some("1749999001"), None), Ok((1_749_999_000, 10, 1)));
        assert_eq!(steps(Some("0"), None, None), Ok((0, 36_458_334, 48)));
        assert_eq!(steps(Some("1749995000"), None, Some("10")), Ok((1_749_995_000, 10, 500)));
    }

    #[test]
    fn what_cannot_be_counted_is_named() {
        for (from, to, step, field) in [
            (Some("yesterday"), None, None, "from"),
            (None, Some("-1"), None, "to"),
            (Some("1750000000"), None, None, "to"),
            (Some("20"), Some("20"), None, "to"),
            (None, None, Some("9"), "step"),
            (None, None, Some("1.5"), "step"),
            (None, None, Some("99999999999"), "step"),
            (Some("1749994999"), None, Some("10"), "step"),
        ] {
            assert_eq!(steps(from, to, step), Err(field.to_owned()), "{from:?} {to:?} {step:?}");
        }
    }
}
