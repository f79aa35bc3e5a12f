//! `make bench`: every scenario on a fresh AnyHook, as a table and as JSON.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhook_bench::{
    rig::{
        machine::Machine,
        measure::{self, Settings},
        outcome::Outcome,
        programs::Programs,
        scenario::{self, Pace, SCENARIOS, Scenario},
        table,
    },
    runtime, size,
};
use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(about = "Measures AnyHook: starts it afresh for each scenario, posts events, and receives them")]
struct Args {
    /// Measure this scenario; give it several times for several
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Show the scenarios
    #[arg(long)]
    list: bool,
    /// Measure this program; without it, anyhook is built for release
    #[arg(long, value_name = "PATH")]
    anyhook: Option<PathBuf>,
    /// Where the results go [default: bench.json in cargo's target folder]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Events of each closed loop [default: the scenario's own]
    #[arg(long, value_name = "N")]
    events: Option<u64>,
    /// Length of each open loop [default: 30]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Events before anything is measured
    #[arg(long, default_value_t = 1000, value_name = "N")]
    warm_up: u64,
    /// Connections that post
    #[arg(long, short = 'c', default_value_t = 64, value_name = "N")]
    connections: usize,
    /// Size of the bodies: 1k, 10k, 100k
    #[arg(long, short = 's', default_value = "1k", value_parser = size::parse, value_name = "SIZE")]
    size: usize,
    /// More arguments for `anyhook up`, after `--`
    #[arg(last = true)]
    gateway_args: Vec<String>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if args.list {
        SCENARIOS.iter().for_each(|scenario| println!("{:<17} {}", scenario.name, scenario.about));
        return Ok(ExitCode::SUCCESS);
    }
    runtime(1)?.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        // What ends early drops the run, and with it all that it started.
        tokio::select! {
            done = run(args) => done,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            _ = terminated.recv() => bail!("terminated"),
        }
    })
}

async fn run(args: Args) -> Result<ExitCode> {
    let scenarios = scenario::pick(&args.only).map_err(|error| anyhow!(error))?;
    let programs = Programs::find(args.anyhook)?;
    let machine = Machine::look(&programs.target_dir)?;
    let settings = Settings {
        n_events: args.events,
        seconds: args.seconds,
        n_warm_up: args.warm_up,
        n_connections: args.connections,
        body_bytes: args.size,
        gateway_args: args.gateway_args,
    };
    println!("{}", table::head(&machine));
    let mut outcomes = Vec::new();
    for scenario in scenarios {
        let outcome = measure::run(scenario, base_per_s(scenario, &outcomes), &programs, &settings).await;
        let outcome = outcome.with_context(|| format!("{} could not be measured", scenario.name))?;
        println!("{}", table::row(&outcome));
        outcomes.push(outcome);
    }
    println!();
    outcomes.iter().flat_map(table::notes).for_each(|note| println!("{note}"));
    let file = args.json.unwrap_or_else(|| programs.target_dir.join("bench.json"));
    write(&file, &report(&programs, &machine, &settings, &outcomes))?;
    println!("All of it: {}", file.display());
    let is_good = outcomes.iter().all(|outcome| outcome.problems.is_empty());
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The most that the scenario which this one builds on delivered.
fn base_per_s(scenario: &Scenario, outcomes: &[Outcome]) -> Option<f64> {
    let Pace::HalfOf(base) = scenario.pace else { return None };
    let base = outcomes.iter().find(|outcome| outcome.scenario == base)?;
    // A few stragglers at the end make the overall rate low; they say nothing of the load that can be sustained.
    Some(base.delivered_per_s?.max(base.delivered_per_s_while_loading?))
}

fn report(programs: &Programs, machine: &Machine, settings: &Settings, outcomes: &[Outcome]) -> Value {
    json!({
        "machine": machine,
        "version": programs.version(),
        "commit": programs.commit(),
        "connections": settings.n_connections,
        "body_bytes": settings.body_bytes,
        "warm_up_events": settings.n_warm_up,
        // Their names alone: a value may be a password.
        "gateway_args": settings.gateway_args.iter().filter_map(|arg| flag(arg)).collect::<Vec<_>>(),
        "scenarios": outcomes,
    })
}

fn flag(arg: &str) -> Option<&str> {
    arg.starts_with('-').then(|| arg.split_once('=').map_or(arg, |(name, _)| name))
}

fn write(file: &Path, report: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(file, text + "\n").with_context(|| format!("{} cannot be written", file.display()))
}
