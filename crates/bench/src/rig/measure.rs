//! One scenario on one fresh AnyHook.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    gateway::{Gateway, Shape, Source},
    load::{Blasted, Load},
    moment::Moment,
    outcome::{Fairness, Outcome, Raw, not_accepted, not_delivered},
    parts::{Kind, Part},
    process::{Usage, forget_peak},
    programs::Programs,
    scenario::{OPEN_LOOP_SECONDS, Pace, Scenario},
    server::{self, Server},
    sink::Sink,
};
use crate::now_us;

const BLAST: &str = "blast";
const SINK: &str = "sink";
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
    pub shape: Shape,
}

struct Stage<'a> {
    scenario: &'a Scenario,
    programs: &'a Programs,
    gateway: Gateway,
    servers: &'a [Server],
    sink: Sink,
    load: Load,
}

/// What happened between the two moments.
struct Measured {
    blasted: Blasted,
    deliveries: Option<Deliveries>,
    /// The most memory of each server, in MiB.
    server_peaks: Vec<f64>,
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
    let idle: Usage = stage.gateway.usages()?.into_iter().sum();
    stage.warm_up(settings.n_warm_up).await?;
    let (before, measured, after) = stage.measure().await?;
    let mut outcome = stage.outcome(measured, &before, &after);
    outcome.idle_rss_mib = idle.rss_mib;
    if let Some(database) = stage.gateway.database() {
        outcome.raw.statements = database.statements().await?;
    }
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
        settings: &'a Settings,
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
        let gateway = Gateway::start(programs, &settings.shape).await?;
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
        let servers = match &settings.shape {
            Shape::OneProcess(_) => &[],
            Shape::Services(services) => services.servers.as_slice(),
        };
        Ok(Self { scenario, programs, gateway, servers, sink, load })
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

    async fn measure(&self) -> Result<(Moment, Measured, Moment)> {
        self.gateway.pids().for_each(forget_peak);
        if let Some(database) = self.gateway.database() {
            database.forget_statements().await?;
        }
        let before = self.moment().await?;
        let work = async {
            let blasted = self.load.run(self.programs).await?;
            let deliveries = self.deliveries(&blasted).await?;
            Ok((blasted, deliveries))
        };
        let ((blasted, deliveries), server_peaks) = server::watched(self.servers, work).await?;
        tokio::time::sleep(SETTLES_AFTER).await;
        Ok((before, Measured { blasted, deliveries, server_peaks }, self.moment().await?))
    }

    async fn moment(&self) -> Result<Moment> {
        Moment::look(&self.gateway, self.servers, &self.sink).await
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

    fn outcome(&self, measured: Measured, before: &Moment, after: &Moment) -> Outcome {
        let n_events = self.load.n_events;
        let parts = self.parts(&measured, before, after);
        let Measured { blasted, deliveries, .. } = measured;
        let of = |kind: Kind| parts.iter().filter(move |part| part.kind == kind);
        let cpu_s_per_1000 = |name: &str| parts.iter().find(|part| part.name == name).map_or(0.0, |p| p.cpu_s_per_1000);
        let cpu_s = parts.iter().map(|part| part.cpu_s_per_1000).sum::<f64>() * n_events as f64 / 1000.0;
        let others_cpu_s = after.machine_cpu_s - before.machine_cpu_s - cpu_s;
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
            cpu_s_per_1000: of(Kind::Anyhook).map(|part| part.cpu_s_per_1000).sum(),
            blast_cpu_s_per_1000: cpu_s_per_1000(BLAST),
            sink_cpu_s_per_1000: cpu_s_per_1000(SINK),
            others_cores: others_cpu_s.max(0.0) / (after.at - before.at).as_secs_f64(),
            idle_rss_mib: 0.0,
            rss_mib: of(Kind::Anyhook).map(|part| part.rss_mib).sum(),
            peak_rss_mib: of(Kind::Anyhook).map(|part| part.peak_rss_mib).sum(),
            written_kib_per_event: (after.written_mib() - before.written_mib()) * 1024.0 / n_events as f64,
            data_kib_per_event: after.data_bytes.saturating_sub(before.data_bytes) as f64 / 1024.0 / n_events as f64,
            problems,
            raw: Raw {
                blast: blasted.report,
                sink: deliveries.map(|deliveries| deliveries.stats),
                statements: Vec::new(),
                log: self.gateway.log(),
            },
            parts,
        }
    }

    fn parts(&self, measured: &Measured, before: &Moment, after: &Moment) -> Vec<Part> {
        let n_events = self.load.n_events;
        let anyhook = self.gateway.names().zip(before.anyhook.iter().zip(&after.anyhook));
        let mut parts: Vec<_> = anyhook
            .map(|(name, (before, after))| Part::process(name, Kind::Anyhook, n_events, before, after))
            .collect();
        let servers = self.servers.iter().zip(before.servers.iter().zip(&after.servers));
        parts.extend(
            servers
                .zip(&measured.server_peaks)
                .map(|((server, (before, after)), peak)| Part::server(&server.name, n_events, before, after, *peak)),
        );
        parts.push(Part::process(BLAST, Kind::Load, n_events, &Usage::default(), &measured.blasted.usage));
        parts.push(Part::process(SINK, Kind::Load, n_events, &before.sink, &after.sink));
        parts
    }
}

/// Makes the scenario's apps; the URLs to post to.
async fn apps(scenario: &Scenario, gateway: &Gateway, sink: &Sink) -> Result<Vec<String>> {
    let mut urls = Vec::new();
    for number in 0..scenario.n_destinations.max(1) {
        let destination = (scenario.n_destinations > 0).then(|| sink.url(number));
        urls.extend(gateway.app(&format!("App {number}"), scenario.source, destination.as_deref()).await?);
    }
    Ok(urls)
}

/// Events that arrived, by the time from the first post to the last receipt.
fn delivered_per_s(blast: &Value, stats: &Value) -> Option<f64> {
    let took_us = stats["*"]["last_us"].as_u64()?.checked_sub(blast["start_us"].as_u64()?)?;
    (took_us > 0).then_some(stats["*"]["unique"].as_f64()? * 1e6 / took_us as f64)
}
