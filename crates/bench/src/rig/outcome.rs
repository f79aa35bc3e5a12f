//! What a scenario showed.

use serde::Serialize;
use serde_json::Value;

use super::{database::Statement, load::Blasted, parts::Part};
use crate::latency::Summary;

#[derive(Debug, Serialize)]
pub struct Outcome {
    pub scenario: &'static str,
    pub n_events: u64,
    /// Of an open loop.
    pub target_per_s: Option<f64>,
    pub accepted_per_s: f64,
    /// All events, from the first post to the last receipt.
    pub delivered_per_s: Option<f64>,
    /// Until the last event was posted.
    pub delivered_per_s_while_loading: Option<f64>,
    pub ack_ms: Option<Summary>,
    /// From the post, or the time when it was due, until the body has arrived.
    pub delivery_ms: Option<Summary>,
    pub fairness: Option<Fairness>,
    pub cpu_s_per_1000: f64,
    pub blast_cpu_s_per_1000: f64,
    pub sink_cpu_s_per_1000: f64,
    /// Cores that other programs of this machine took meanwhile; the rig itself takes a few hundredths.
    pub others_cores: f64,
    pub idle_rss_mib: f64,
    pub rss_mib: f64,
    pub peak_rss_mib: f64,
    pub written_kib_per_event: f64,
    pub data_kib_per_event: f64,
    /// AnyHook's processes, the servers, the load.
    pub parts: Vec<Part>,
    /// Why the numbers do not count.
    pub problems: Vec<String>,
    pub raw: Raw,
}

/// What the programs said.
#[derive(Debug, Serialize)]
pub struct Raw {
    pub blast: Value,
    pub sink: Option<Value>,
    /// Of PostgreSQL, where it counts them.
    pub statements: Vec<Statement>,
    /// The end of AnyHook's log.
    pub log: Vec<String>,
}

/// How far destinations that get the same are apart; milliseconds.
#[derive(Debug, Serialize)]
pub struct Fairness {
    pub n_destinations: usize,
    pub lowest_p50: f64,
    pub highest_p50: f64,
    pub lowest_p99: f64,
    pub highest_p99: f64,
    pub n_in_flight_max: u64,
}

impl Fairness {
    /// Compares the routes of the sink's report; `None` when there are not several.
    pub fn of(stats: &Value) -> Option<Self> {
        let routes: Vec<_> = stats.as_object()?.iter().filter(|(path, _)| *path != "*").map(|(_, seen)| seen).collect();
        let all = |quantile: &str| routes.iter().filter_map(|seen| seen["latency_ms"][quantile].as_f64()).collect();
        let (p50, p99): (Vec<_>, Vec<_>) = (all("p50"), all("p99"));
        let lowest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        (routes.len() > 1).then(|| Self {
            n_destinations: routes.len(),
            lowest_p50: lowest(&p50),
            highest_p50: highest(&p50),
            lowest_p99: lowest(&p99),
            highest_p99: highest(&p99),
            n_in_flight_max: routes.iter().filter_map(|seen| seen["in_flight_max"].as_u64()).max().unwrap_or(0),
        })
    }
}

/// What went wrong while the events were posted.
pub fn not_accepted(n_events: u64, blasted: &Blasted) -> Option<String> {
    let n_ok = blasted.report["ok"].as_u64().unwrap_or(0);
    let answers = format!("statuses {}, errors {}", blasted.report["statuses"], blasted.report["errors"]);
    (n_ok != n_events).then(|| format!("{n_ok} of {n_events} events were accepted: {answers}"))
}

/// What went wrong on the way to the destinations.
pub fn not_delivered(n_events: u64, stats: &Value) -> Vec<String> {
    let number = |name: &str| stats["*"][name].as_u64().unwrap_or(0);
    let missing = n_events.saturating_sub(number("unique"));
    let found = [(missing, "missing"), (number("duplicates"), "delivered twice")];
    found.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} of {n_events} events: {what}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::process::Usage;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_double_is_said() {
        let stats = |unique: u64, duplicates: u64| json!({ "*": { "unique": unique, "duplicates": duplicates } });
        assert!(not_delivered(9, &stats(9, 0)).is_empty());
        assert_eq!(not_delivered(9, &stats(8, 0)), ["1 of 9 events: missing"]);
        assert_eq!(not_delivered(9, &stats(9, 2)), ["2 of 9 events: delivered twice"]);
        assert_eq!(not_delivered(9, &json!({})).len(), 1);
    }

    #[test]
    fn what_is_refused_is_said() {
        let blasted = |ok: u64| Blasted {
            report: json!({ "ok": ok, "statuses": { "429": 1 }, "errors": {} }),
            usage: Usage::default(),
        };
        assert!(not_accepted(9, &blasted(9)).is_none());
        assert!(not_accepted(9, &blasted(8)).is_some_and(|problem| problem.contains("429")));
    }

    #[test]
    fn fairness_is_the_distance_between_routes() {
        let route = |p50: f64| json!({ "latency_ms": { "p50": p50, "p99": p50 * 2.0 }, "in_flight_max": 3 });
        let fairness = Fairness::of(&json!({ "/d0": route(1.0), "/d1": route(4.0), "*": route(100.0) })).unwrap();
        assert_eq!((fairness.lowest_p50, fairness.highest_p50, fairness.highest_p99), (1.0, 4.0, 8.0));
        assert!(Fairness::of(&json!({ "/d0": route(1.0), "*": route(1.0) })).is_none());
    }
}
