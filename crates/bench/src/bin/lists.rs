//! `make bench-lists`: how long lists and look-ups take in a long log on PostgreSQL, through the API.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhook_bench::{
    lists::{
        ask::{Answered, Asker, Question},
        log::{Log, Scans},
    },
    rig::{
        gateway::{Gateway, Services, Shape, Source},
        http::call,
        programs::Programs,
    },
    runtime,
};
use anyhow::{Context, Result};
use clap::Parser;
use hyper::Method;
use serde_json::{Value, json};
use url::Url;

const N_APPS: usize = 20;
/// Rows that a request may touch: a search for a page looks at 5,000 events with their deliveries and attempts.
const MOST_ROWS: i64 = 40_000;
/// PostgreSQL's processes tell what they did after ten idle seconds at the latest.
const COUNTED_WITHIN: Duration = Duration::from_secs(12);

#[derive(Parser)]
#[command(about = "Measures lists and look-ups in a long log; scripts/bench lists starts the servers for it")]
struct Args {
    /// Events in the log
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    events: u64,
    /// Days that they lie in
    #[arg(long, default_value_t = 30, value_name = "N")]
    days: u64,
    /// How often each list is asked for
    #[arg(long, default_value_t = 60, value_name = "N")]
    times: usize,
    /// Measure this program; without it, anyhook is built for release
    #[arg(long, value_name = "PATH")]
    anyhook: Option<PathBuf>,
    /// postgres://USER:PASSWORD@HOST/DATABASE of a role that may make databases and roles
    #[arg(long, env = "ANYHOOK_BENCH_POSTGRES_URL", value_name = "URL", hide_env_values = true)]
    postgres_url: Url,
    #[arg(long, env = "ANYHOOK_BENCH_AMQP_URL", value_name = "URL", hide_env_values = true)]
    amqp_url: String,
    #[arg(long, env = "ANYHOOK_BENCH_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: String,
    /// Copied to the output; give it several times for several
    #[arg(long, value_name = "TEXT")]
    note: Vec<String>,
    /// Of `scripts/bench`; nothing is measured of the servers
    #[arg(long = "server", value_name = "NAME=PID", hide = true)]
    servers: Vec<String>,
}

fn main() -> Result<ExitCode> {
    runtime(1)?.block_on(run(Args::parse()))
}

async fn run(args: Args) -> Result<ExitCode> {
    args.note.iter().for_each(|note| println!("{note}"));
    let programs = Programs::find(args.anyhook.clone())?;
    // Without delivery: it would seal the days and try what waits, while lists are measured.
    let services = Services {
        postgres_url: args.postgres_url.clone(),
        amqp_url: args.amqp_url.clone(),
        redis_url: args.redis_url.clone(),
        n_ingresses: 1,
        n_deliveries: 0,
        settings: Vec::new(),
        servers: Vec::new(),
    };
    let gateway = Gateway::start(&programs, &Shape::Services(services)).await?;
    let log = Log::at(gateway.database().context("services have a database")?.url());
    let inbound = apps(&gateway).await?;
    log.generate(args.events, args.days, |day| println!("generated {day}")).await?;
    let id = post(&inbound).await?;
    println!("{} events have the term that is looked for", log.add_terms().await? + 1);
    let asker = Asker { dashboard: gateway.dashboard(), key: gateway.key(), n_times: args.times };
    let questions = questions(&asker, &id).await?;
    let before = counted(&log).await?;
    let mut answers = Vec::new();
    println!("{:<34} {:>8} {:>8} {:>8} {:>8}  events", "", "best ms", "p50 ms", "p95 ms", "may be");
    for question in &questions {
        let answered = asker.ask(question).await?;
        println!("{}", row(&answered));
        answers.push(answered);
    }
    let n_requests = questions.len() * (args.times + 5);
    let is_lean = is_lean(before, counted(&log).await?, n_requests);
    println!("the database has {} GiB", gateway.data_bytes().await? >> 30);
    gateway.stop().await?;
    Ok(if is_lean && answers.iter().all(Answered::is_good) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first one's inbound URL; its events are found by a field.
async fn apps(gateway: &Gateway) -> Result<String> {
    let mut first = None;
    for n in 1..=N_APPS {
        let urls = gateway.app(&format!("App {n}"), Source::Generic, Some("http://127.0.0.1:9/hooks")).await;
        first = first.or(urls?.into_iter().next());
    }
    let change = json!({ "indexed_fields": ["/data/object/customer"] });
    let url = format!("{}/api/v1/apps/app-1", gateway.dashboard());
    call(Method::PATCH, &url, Some(gateway.key()), Some(&change)).await?;
    first.context("there are apps")
}

/// Posts real events, whose contents can be opened; the id of one of them.
async fn post(inbound: &str) -> Result<String> {
    let mut id = String::new();
    for n in 0..50 {
        let customer = if n == 0 { "cus_many" } else { "cus_one" };
        let body = json!({ "n": n, "data": { "object": { "customer": customer } }, "filler": "x".repeat(1024) });
        let answer = call(Method::POST, inbound, None, Some(&body)).await?;
        answer["id"].as_str().context("an event has an id")?.clone_into(&mut id);
    }
    Ok(id)
}

async fn questions(asker: &Asker<'_>, id: &str) -> Result<Vec<Question>> {
    // Two thirds down the log.
    let listed = asker.get("/api/v1/events?limit=1&until=2100-01-01T00:00:00Z").await?;
    let newest = listed["events"][0]["receivedAt"].as_str().context("the log has events")?.to_owned();
    let deep = deep(asker, &newest).await?;
    let provider_id = provider_id(asker, &deep).await?;
    let page = Question::page;
    Ok(vec![
        page("first page", ""),
        page("deep page", &format!("cursor={deep}")),
        page("large app", "app_slug=app-1"),
        page("small app", "app_slug=app-20"),
        page("small app, deep page", &format!("app_slug=app-20&cursor={deep}")),
        page("status=failed, one in 1,000", "status=failed"),
        page("status=failed, small app", "status=failed&app_slug=app-20"),
        page("status=held", "status=held"),
        page("status=rejected", "status=rejected"),
        page("status=success", "status=success"),
        page("event_type=charge.*", "event_type=charge.*"),
        page("event_type, one in 1,000", "event_type=charge.dispute.created").however_long(),
        page("provider's id", &format!("provider_id={provider_id}")),
        page("outbound_status=200", "outbound_status=200"),
        page("outbound_status=502, one in 1,000", "outbound_status=502"),
        page("outbound_status=202, one in 16", "outbound_status=202").however_long(),
        page("field", "app_slug=app-1&field=/data/object/customer:cus_many"),
        page("field, deep page", &format!("app_slug=app-1&field=/data/object/customer:cus_many&cursor={deep}")),
        page("field that nothing has", "app_slug=app-1&field=/data/object/customer:nobody"),
        page("time range", &format!("until={newest}&since=2020-01-01T00:00:00Z")),
        page("q, in every event", "q=evt_").however_long(),
        page("q, in none", "q=nowhere").however_long(),
        Question { path: "/api/v1/apps/app-1/events/undelivered?limit=200".into(), ..page("undelivered", "") },
        Question::inspect(id),
        Question { name: "inspect, deep", ..Question::inspect(&deep) },
    ])
}

/// An event that lies far behind the newest.
async fn deep(asker: &Asker<'_>, newest: &str) -> Result<String> {
    let (year_and_month, _) = newest.split_at(7);
    let listed = asker.get(&format!("/api/v1/events?limit=1&until={year_and_month}-02T03:04:05Z")).await?;
    let id = listed["events"][0]["id"].as_str();
    let id = match id {
        Some(id) => id.to_owned(),
        None => asker.get("/api/v1/events?limit=200").await?["nextCursor"].as_str().context("more")?.to_owned(),
    };
    Ok(id)
}

async fn provider_id(asker: &Asker<'_>, event: &str) -> Result<String> {
    let event: Value = asker.get(&format!("/api/v1/events/{event}")).await?;
    Ok(event["providerId"].as_str().context("generated events have a provider's id")?.to_owned())
}

fn row(it: &Answered) -> String {
    let within = it.within_ms.map_or_else(|| "-".to_owned(), |within| format!("{within}"));
    let verdict = if it.is_good() { "" } else { "  TOO SLOW" };
    let more = if it.more { "+" } else { "" };
    let Answered { name, best_ms, p50_ms, p95_ms, n_events, .. } = it;
    format!("{name:<34} {best_ms:>8.1} {p50_ms:>8.1} {p95_ms:>8.1} {within:>8}  {n_events}{more}{verdict}")
}

/// Once every process has told.
async fn counted(log: &Log) -> Result<Scans> {
    tokio::time::sleep(COUNTED_WITHIN).await;
    log.scans().await
}

/// Whether indexes led to all rows, and to not too many.
fn is_lean(before: Scans, after: Scans, n_requests: usize) -> bool {
    let n_whole_tables = after.n_whole_tables - before.n_whole_tables;
    let n_rows = (after.n_rows - before.n_rows) / i64::try_from(n_requests).unwrap_or(i64::MAX).max(1);
    println!("tables read whole: {n_whole_tables}; rows that indexes led to, for each request: {n_rows}");
    n_whole_tables == 0 && n_rows <= MOST_ROWS
}
