//! `make bench` and `make bench-services`: every scenario on a fresh AnyHook, as tables and as JSON.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhook_bench::{
    rig::{
        database,
        gateway::{Services, Shape},
        machine::Machine,
        measure::{self, Settings},
        outcome::Outcome,
        programs::Programs,
        scenario::{self, Pace, SCENARIOS, Scenario},
        server::Server,
        table,
    },
    runtime, size,
};
use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

const READING: &str = "accepted/s: answered with 2xx. delivered/s: all events, from the first post to the last receipt. \
    ack: until the answer is there; delivery: from the post until the destination has the body; in an open loop both are \
    counted from when the post was due. CPU and memory: of AnyHook's processes together; with --services each process, each \
    server and the load stand in a second table. crates/bench/README.md says more.";

#[derive(Parser)]
#[command(about = "Measures AnyHook: starts it afresh for each scenario, posts events, and receives them", after_help = READING)]
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
    /// Copied to the results; give it several times for several
    #[arg(long, value_name = "TEXT")]
    note: Vec<String>,
    /// After `--`: more arguments for `anyhook up`; with --services, more settings as NAME=VALUE for every service
    #[arg(last = true)]
    gateway_args: Vec<String>,
    #[command(flatten)]
    services: ServicesArgs,
}

#[derive(clap::Args)]
#[command(next_help_heading = "On PostgreSQL, RabbitMQ and Redis")]
struct ServicesArgs {
    /// Measure the four services as processes, instead of `anyhook up`; `scripts/bench` starts the servers for it
    #[arg(long, requires = "postgres_url", requires = "amqp_url", requires = "redis_url")]
    services: bool,
    /// Processes of ingress, posted to in rotation
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    ingresses: u16,
    /// Processes of delivery
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    deliveries: u16,
    /// postgres://USER:PASSWORD@HOST/DATABASE of a role that may make databases and roles; each scenario gets its own
    #[arg(long, env = "ANYHOOK_BENCH_POSTGRES_URL", value_name = "URL", hide_env_values = true)]
    postgres_url: Option<Url>,
    /// amqp://USER:PASSWORD@HOST/VHOST; each scenario gets queues of its own
    #[arg(long, env = "ANYHOOK_BENCH_AMQP_URL", value_name = "URL", hide_env_values = true)]
    amqp_url: Option<String>,
    /// redis://:PASSWORD@HOST/0
    #[arg(long, env = "ANYHOOK_BENCH_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// A server on this machine whose CPU time and memory are reported, and its first process: postgres=1234
    #[arg(long = "server", value_name = "NAME=PID")]
    servers: Vec<Server>,
}

impl ServicesArgs {
    fn shape(self, more: &[String]) -> Result<Shape> {
        let (true, Some(postgres_url), Some(amqp_url), Some(redis_url)) =
            (self.services, self.postgres_url, self.amqp_url, self.redis_url)
        else {
            return Ok(Shape::OneProcess(more.to_vec()));
        };
        let setting = |text: &String| {
            let (name, value) = text.split_once('=').with_context(|| {
                format!("{text:?} is no setting: with --services, give NAME=VALUE, such as ANYHOOK_MAX_IN_FLIGHT=500")
            })?;
            Ok((name.to_owned(), value.to_owned()))
        };
        Ok(Shape::Services(Services {
            postgres_url,
            amqp_url,
            redis_url,
            n_ingresses: self.ingresses.into(),
            n_deliveries: self.deliveries.into(),
            settings: more.iter().map(setting).collect::<Result<_>>()?,
            servers: self.servers,
        }))
    }
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
        shape: args.services.shape(&args.gateway_args)?,
    };
    let postgres = postgres(&settings.shape).await?;
    println!("{}", table::head(&machine));
    let mut outcomes = Vec::new();
    for scenario in scenarios {
        let outcome = measure::run(scenario, base_per_s(scenario, &outcomes), &programs, &settings).await;
        let outcome = outcome.with_context(|| format!("{} could not be measured", scenario.name))?;
        println!("{}", table::row(&outcome));
        outcomes.push(outcome);
    }
    println!();
    if let Shape::Services(_) = settings.shape {
        println!("{}", table::parts(&outcomes));
    }
    outcomes.iter().flat_map(table::notes).for_each(|note| println!("{note}"));
    let mut report = report(&programs, &machine, &settings, &outcomes);
    report["notes"] = json!(args.note);
    report["postgres"] = json!(postgres);
    // Their names alone: a value may be a password.
    report["gateway_args"] = args.gateway_args.iter().filter_map(|arg| name(arg)).collect();
    let file = args.json.unwrap_or_else(|| programs.target_dir.join("bench.json"));
    write(&file, &report)?;
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
        "processes": match &settings.shape {
            Shape::OneProcess(_) => Value::Null,
            Shape::Services(services) => json!({
                "ingress": services.n_ingresses, "delivery": services.n_deliveries, "tenants": 1, "dashboard": 1,
            }),
        },
        "scenarios": outcomes,
    })
}

/// PostgreSQL's settings, where it is used.
async fn postgres(shape: &Shape) -> Result<Option<BTreeMap<String, String>>> {
    match shape {
        Shape::OneProcess(_) => Ok(None),
        Shape::Services(services) => Ok(Some(database::settings(&services.postgres_url).await?)),
    }
}

/// A flag's or a setting's; what stands alone is a value.
fn name(arg: &str) -> Option<&str> {
    let (name, value) = arg.split_once('=').map_or((arg, None), |(name, value)| (name, Some(value)));
    (arg.starts_with('-') || value.is_some()).then_some(name)
}

fn write(file: &Path, report: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(file, text + "\n").with_context(|| format!("{} cannot be written", file.display()))
}
