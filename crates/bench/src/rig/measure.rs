//! One scenario on one fresh AnyHook.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    gateway::{Gateway, Source},
    load::{Blasted, Load},
    outcome::{Fairness, Outcome, Raw, not_accepted, not_delivered},
    process::{Usage, forget_peak, machine_cpu_s},
    programs::Programs,
    scenario::{OPEN_LOOP_SECONDS, Pace, Scenario},
    sink::Sink,
};
use crate::now_us;

/// How long the last event may take to arrive.
const DELIVERED_WITHIN: Duration = Duration::from_secs(120);
/// After the last receipt its result is still to be written, and a second copy would still be on its way.
const SETTLES_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Settings {
    /// Of a closed loop, instead of the scenario's own number.
    pub n_events: Option<u64>,
    /// Of an open loop.
    pub seconds: Option<u64>,
    /// Posted before anything is measured.
    pub n_warm_up: u64,
    pub n_connections: usize,
    pub body_bytes: usize,
    /// More arguments for `anyhook up`.
    pub gateway_args: Vec<String>,
}

struct Stage<'a> {
    scenario: &'a Scenario,
    programs: &'a Programs,
    gateway: Gateway,
    sink: Sink,
    load: Load,
}

/// Usage of AnyHook and of the sink at one moment.
struct Moment {
    gateway: Usage,
    sink: Usage,
    machine_cpu_s: f64,
    at: Instant,
    data_bytes: u64,
}

/// What the sink had received.
struct Deliveries {
    /// When the last event had been posted, per second since the first.
    per_s_while_loading: f64,
    stats: Value,
}

/// Runs a scenario. `base_per_s` is what the one that it builds on delivered.
///
/// # Errors
/// When a program fails. Events that do are the outcome's problems.
pub async fn run(
    scenario: &Scenario,
    base_per_s: Option<f64>,
    programs: &Programs,
    settings: &Settings,
) -> Result<Outcome> {
    let stage = Stage::set(scenario, base_per_s, programs, settings).await?;
    let idle = stage.gateway.usage()?;
    stage.warm_up(settings.n_warm_up).await?;
    forget_peak(stage.gateway.pid());
    let before = stage.moment()?;
    let blasted = stage.load.run(programs).await?;
    let deliveries = stage.deliveries(&blasted).await?;
    tokio::time::sleep(SETTLES_AFTER).await;
    let after = stage.moment()?;
    let mut outcome = stage.outcome(blasted, deliveries, &before, &after);
    outcome.idle_rss_mib = idle.rss_mib;
    if let Err(error) = stage.gateway.stop().await {
        outcome.problems.push(error.to_string());
    }
    Ok(outcome)
}

impl<'a> Stage<'a> {
    async fn set(
        scenario: &'a Scenario,
        base_per_s: Option<f64>,
        programs: &'a Programs,
        settings: &Settings,
    ) -> Result<Self> {
        let rate = match scenario.pace {
            Pace::Events(_) => None,
            Pace::Rate(rate) => Some(rate),
            Pace::HalfOf(base) => {
                Some((base_per_s.with_context(|| format!("{base} delivered nothing"))? / 2.0).round())
            }
        };
        let seconds = settings.seconds.unwrap_or(OPEN_LOOP_SECONDS);
        let n_events = match (scenario.pace, rate) {
            (_, Some(rate)) => (rate * seconds as f64).round() as u64,
            (Pace::Events(n_events), _) => settings.n_events.unwrap_or(n_events),
            _ => 0,
        };
        ensure!(n_events > 0, "there is nothing to post");
        let sink = Sink::start(programs).await?;
        let gateway = Gateway::start(programs, &settings.gateway_args).await?;
        let load = Load {
            urls: apps(scenario, &gateway, &sink).await?,
            n_events,
            rate,
            n_connections: settings.n_connections,
            body_bytes: settings.body_bytes,
            secret: match scenario.source {
                Source::Generic => None,
                Source::Replicate(secret) => Some(secret),
            },
        };
        Ok(Self { scenario, programs, gateway, sink, load })
    }

    /// Fills the caches and opens the connections, so that the first events are like the others.
    async fn warm_up(&self, n_events: u64) -> Result<()> {
        if n_events == 0 {
            return Ok(());
        }
        let load = Load { n_events, rate: None, ..self.load.clone() };
        let problem = not_accepted(n_events, &load.run(self.programs).await?);
        ensure!(problem.is_none(), "while warming up, {}\n{}", problem.unwrap_or_default(), self.log());
        if self.delivers() {
            let stats = self.sink.received(n_events, DELIVERED_WITHIN).await?;
            let problems = not_delivered(n_events, &stats);
            ensure!(problems.is_empty(), "while warming up, {}\n{}", problems.join(", "), self.log());
        }
        tokio::time::sleep(SETTLES_AFTER).await;
        self.sink.reset().await
    }

    fn delivers(&self) -> bool {
        self.scenario.n_destinations > 0
    }

    fn log(&self) -> String {
        self.gateway.log().join("\n")
    }

    fn moment(&self) -> Result<Moment> {
        Ok(Moment {
            gateway: self.gateway.usage()?,
            sink: self.sink.usage()?,
            machine_cpu_s: machine_cpu_s(),
            at: Instant::now(),
            data_bytes: self.gateway.data_bytes(),
        })
    }

    /// Waits for the deliveries of what was posted.
    async fn deliveries(&self, blasted: &Blasted) -> Result<Option<Deliveries>> {
        if !self.delivers() {
            return Ok(None);
        }
        let start_us = blasted.report["start_us"].as_u64().context("blast names its start")?;
        let at_end = self.sink.stats().await?;
        let seconds = now_us().saturating_sub(start_us) as f64 / 1e6;
        let per_s_while_loading = at_end["*"]["unique"].as_f64().unwrap_or(0.0) / seconds;
        let n_accepted = blasted.report["ok"].as_u64().unwrap_or(0);
        self.sink.received(n_accepted, DELIVERED_WITHIN).await?;
        tokio::time::sleep(SETTLES_AFTER).await;
        Ok(Some(Deliveries { per_s_while_loading, stats: self.sink.stats().await? }))
    }

    fn outcome(&self, blasted: Blasted, deliveries: Option<Deliveries>, before: &Moment, after: &Moment) -> Outcome {
        let n_events = self.load.n_events;
        let gateway_cpu_s = after.gateway.cpu_s - before.gateway.cpu_s;
        let sink_cpu_s = after.sink.cpu_s - before.sink.cpu_s;
        let others_cpu_s = after.machine_cpu_s - before.machine_cpu_s - gateway_cpu_s - sink_cpu_s - blasted.cpu_s;
        let per_1000 = |seconds: f64| seconds * 1000.0 / n_events as f64;
        let mut problems: Vec<_> = not_accepted(n_events, &blasted).into_iter().collect();
        if let Some(deliveries) = &deliveries {
            problems.extend(not_delivered(n_events, &deliveries.stats));
        }
        let stats = deliveries.as_ref().map(|deliveries| &deliveries.stats);
        Outcome {
            scenario: self.scenario.name,
            n_events,
            target_per_s: self.load.rate,
            accepted_per_s: blasted.report["ok_rate"].as_f64().unwrap_or(0.0),
            delivered_per_s: stats.and_then(|stats| delivered_per_s(&blasted.report, stats)),
            delivered_per_s_while_loading: deliveries.as_ref().map(|deliveries| deliveries.per_s_while_loading),
            ack_ms: serde_json::from_value(blasted.report["ack_ms"].clone()).ok(),
            delivery_ms: stats.and_then(|stats| serde_json::from_value(stats["*"]["latency_ms"].clone()).ok()),
            fairness: stats.and_then(Fairness::of),
            cpu_s_per_1000: per_1000(gateway_cpu_s),
            blast_cpu_s_per_1000: per_1000(blasted.cpu_s),
            sink_cpu_s_per_1000: per_1000(sink_cpu_s),
            others_cores: others_cpu_s.max(0.0) / (after.at - before.at).as_secs_f64(),
            idle_rss_mib: 0.0,
            rss_mib: after.gateway.rss_mib,
            peak_rss_mib: after.gateway.peak_rss_mib,
            written_kib_per_event: (after.gateway.written_mib - before.gateway.written_mib) * 1024.0 / n_events as f64,
            data_kib_per_event: after.data_bytes.saturating_sub(before.data_bytes) as f64 / 1024.0 / n_events as f64,
            problems,
            raw: Raw {
                blast: blasted.report,
                sink: deliveries.map(|deliveries| deliveries.stats),
                log: self.gateway.log(),
            },
        }
    }
}

/// Makes the scenario's apps; the URLs to post to.
async fn apps(scenario: &Scenario, gateway: &Gateway, sink: &Sink) -> Result<Vec<String>> {
    let mut urls = Vec::new();
    for number in 0..scenario.n_destinations.max(1) {
        let destination = (scenario.n_destinations > 0).then(|| sink.url(number));
        urls.push(gateway.app(&format!("App {number}"), scenario.source, destination.as_deref()).await?);
    }
    Ok(urls)
}

/// Events that arrived, by the time from the first post to the last receipt.
fn delivered_per_s(blast: &Value, stats: &Value) -> Option<f64> {
    let took_us = stats["*"]["last_us"].as_u64()?.checked_sub(blast["start_us"].as_u64()?)?;
    (took_us > 0).then_some(stats["*"]["unique"].as_f64()? * 1e6 / took_us as f64)
}
