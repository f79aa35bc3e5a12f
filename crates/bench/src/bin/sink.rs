//! Delivery receiver: accepts POSTs, optionally waits before answering, and
//! keeps per-route counts (received, unique, duplicate) and delivery latency.
//!
//! A route is the first segment of the path (`/fast/17` counts as `/fast`).
//! `GET /stats` reports each route and, as `*`, all of them together; `POST /reset` clears, `GET /health` answers 200.

#![expect(clippy::disallowed_methods, reason = "a program of its own: it spawns a task per connection")]

use anyhook_bench::{dist::Dist, extract, latency::Latency, now_us, rng::Rng, runtime};
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderName},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    convert::Infallible,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[derive(Parser)]
#[command(about = "HTTP delivery receiver that counts and times what it gets")]
struct Args {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:9900")]
    listen: String,
    /// Behaviour of one route: `/slow:delay=fixed:20000,fail=0.1,status=503`
    #[arg(long)]
    route: Vec<Route>,
    /// Take the unique id from this request header
    #[arg(long, conflicts_with = "id_field")]
    id_header: Option<HeaderName>,
    /// Take the unique id from this JSON field (dotted path)
    #[arg(long, default_value = "id")]
    id_field: String,
    /// JSON field with the send time, in microseconds since the epoch
    #[arg(long, default_value = "t_us")]
    time_field: String,
    /// Include deliveries per second since the first one in the report
    #[arg(long)]
    timeline: bool,
    /// Worker threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[derive(Clone, Debug)]
struct Route {
    path: String,
    delay: Dist,
    fail: f64,
    status: StatusCode,
}

impl Route {
    fn plain(path: &str) -> Self {
        Self { path: path.to_owned(), delay: Dist::None, fail: 0.0, status: StatusCode::INTERNAL_SERVER_ERROR }
    }
}

impl FromStr for Route {
    type Err = anyhow::Error;

    fn from_str(s: &str) -> Result<Self> {
        let (path, options) = s.split_once(':').context("a route is PATH:option=value,...")?;
        let mut route = Self::plain(path);
        for option in options.split(',') {
            match option.split_once('=') {
                Some(("delay", v)) => route.delay = v.parse().map_err(|e: String| anyhow!(e))?,
                Some(("fail", v)) => route.fail = v.parse()?,
                Some(("status", v)) => route.status = v.parse()?,
                _ => return Err(anyhow!("unknown option {option:?}")),
            }
        }
        Ok(route)
    }
}

/// What one route has seen.
#[derive(Default)]
struct Seen {
    received: u64,
    failed: u64,
    ids: HashSet<Box<str>>,
    without_id: u64,
    bytes: u64,
    first_us: u64,
    last_us: u64,
    latency: Latency,
    in_flight: u64,
    in_flight_max: u64,
    per_second: Vec<u32>,
}

struct Sink {
    args: Args,
    seen: Mutex<BTreeMap<String, Seen>>,
    /// Opened since the last reset, those that ask for the report included.
    n_connections: AtomicU64,
    rng: Mutex<Rng>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    runtime(args.threads)?.block_on(run(args))
}

async fn run(args: Args) -> Result<()> {
    let listener = TcpListener::bind(&args.listen).await.with_context(|| format!("binding {}", args.listen))?;
    let rng = Mutex::new(Rng::new(now_us()));
    let sink = Arc::new(Sink { args, seen: Mutex::default(), n_connections: AtomicU64::new(0), rng });
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of file descriptors or the like: let some connections end.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                let _ = stream.set_nodelay(true);
                sink.n_connections.fetch_add(1, Ordering::Relaxed);
                let sink = sink.clone();
                tokio::spawn(http1::Builder::new().timer(TokioTimer::new()).serve_connection(
                    TokioIo::new(stream),
                    service_fn(move |request| {
                        let sink = sink.clone();
                        async move { Ok::<_, Infallible>(sink.answer(request).await) }
                    }),
                ));
            }
        }
    }
    println!("{}", sink.report());
    Ok(())
}

fn route_of(path: &str) -> &str {
    match path.get(1..).and_then(|rest| rest.find('/')) {
        Some(end) => &path[..=end],
        None => path,
    }
}

fn respond(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}

impl Sink {
    fn seen(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        self.seen.lock().expect("no holder of this lock panics")
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/stats") => {
                let mut response = respond(StatusCode::OK, self.report().to_string());
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
                response
            }
            (&Method::GET, "/health") => respond(StatusCode::OK, "ok"),
            (&Method::POST, "/reset") => {
                self.seen().clear();
                self.n_connections.store(0, Ordering::Relaxed);
                respond(StatusCode::OK, "")
            }
            (&Method::POST, _) => self.deliver(request).await,
            _ => respond(StatusCode::METHOD_NOT_ALLOWED, ""),
        }
    }

    async fn deliver(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return respond(StatusCode::BAD_REQUEST, "");
        };
        let body = body.to_bytes();
        let path = route_of(head.uri.path());
        let plain;
        let route = match self.args.route.iter().find(|r| r.path == path) {
            Some(route) => route,
            None => {
                plain = Route::plain(path);
                &plain
            }
        };
        let id = match &self.args.id_header {
            Some(name) => head.headers.get(name).and_then(|v| v.to_str().ok()).map(Into::into),
            None => extract::id(&body, &self.args.id_field),
        };
        let (delay, fail) = {
            let mut rng = self.rng.lock().expect("no holder of this lock panics");
            (route.delay.sample(&mut rng), rng.unit() < route.fail)
        };

        let sent_us = extract::u64_field(&body, &self.args.time_field);
        self.record(path, id.as_deref(), sent_us, body.len() as u64, fail);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if let Some(seen) = self.seen().get_mut(path) {
            seen.in_flight = seen.in_flight.saturating_sub(1);
        }
        respond(if fail { route.status } else { StatusCode::OK }, "")
    }

    fn record(&self, path: &str, id: Option<&str>, sent_us: Option<u64>, bytes: u64, fail: bool) {
        let now = now_us();
        let mut routes = self.seen();
        if !routes.contains_key(path) {
            routes.insert(path.to_owned(), Seen { first_us: now, ..Seen::default() });
        }
        let seen = routes.get_mut(path).expect("inserted above");
        seen.received += 1;
        seen.failed += u64::from(fail);
        seen.bytes += bytes;
        seen.last_us = now;
        seen.in_flight += 1;
        seen.in_flight_max = seen.in_flight_max.max(seen.in_flight);
        match id {
            Some(id) if !seen.ids.contains(id) => {
                seen.ids.insert(id.into());
            }
            Some(_) => {}
            None => seen.without_id += 1,
        }
        if let Some(sent) = sent_us {
            seen.latency.record_us(now.saturating_sub(sent));
        }
        if self.args.timeline {
            let second = (now.saturating_sub(seen.first_us) / 1_000_000) as usize;
            if seen.per_second.len() <= second {
                seen.per_second.resize(second + 1, 0);
            }
            seen.per_second[second] += 1;
        }
    }

    fn report(&self) -> Value {
        let routes = self.seen();
        let each = routes.iter().map(|(path, seen)| (path.clone(), seen.report()));
        let mut all = together(&routes);
        all["connections"] = self.n_connections.load(Ordering::Relaxed).into();
        each.chain([("*".to_owned(), all)]).collect::<serde_json::Map<_, _>>().into()
    }
}

impl Seen {
    fn unique(&self) -> u64 {
        self.ids.len() as u64
    }

    fn duplicates(&self) -> u64 {
        self.received - self.unique() - self.without_id
    }

    fn report(&self) -> Value {
        let span_s = self.last_us.saturating_sub(self.first_us) as f64 / 1e6;
        json!({
            "received": self.received,
            "unique": self.unique(),
            "duplicates": self.duplicates(),
            "without_id": self.without_id,
            "answered_with_failure": self.failed,
            "bytes": self.bytes,
            "first_us": self.first_us,
            "last_us": self.last_us,
            "span_s": span_s,
            "rate": if span_s > 0.0 { (self.received - 1) as f64 / span_s } else { 0.0 },
            "in_flight": self.in_flight,
            "in_flight_max": self.in_flight_max,
            "latency_ms": self.latency.summary_ms(),
            "per_second": self.per_second,
        })
    }
}

/// What all routes have seen; an id counts once per route.
fn together(routes: &BTreeMap<String, Seen>) -> Value {
    let mut latency = Latency::default();
    routes.values().for_each(|seen| latency.add(&seen.latency));
    let sum = |number: fn(&Seen) -> u64| routes.values().map(number).sum::<u64>();
    json!({
        "received": sum(|seen| seen.received),
        "unique": sum(Seen::unique),
        "duplicates": sum(Seen::duplicates),
        "answered_with_failure": sum(|seen| seen.failed),
        "first_us": routes.values().map(|seen| seen.first_us).min().unwrap_or(0),
        "last_us": routes.values().map(|seen| seen.last_us).max().unwrap_or(0),
        "in_flight": sum(|seen| seen.in_flight),
        "latency_ms": latency.summary_ms(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_the_first_segment() {
        assert_eq!(route_of("/fast/17"), "/fast");
        assert_eq!(route_of("/fast"), "/fast");
        assert_eq!(route_of("/"), "/");
        assert_eq!(route_of("/a/b/c"), "/a");
    }

    #[test]
    fn parses_route_options() {
        let route: Route = "/slow:delay=uniform:1:2,fail=0.5,status=503".parse().unwrap();
        assert_eq!(route.path, "/slow");
        assert_eq!(route.delay, Dist::Uniform(1.0, 2.0));
        assert_eq!(route.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!("/slow:delay=often".parse::<Route>().is_err());
        assert!("/slow".parse::<Route>().is_err());
    }

    #[test]
    fn routes_add_up() {
        let sink = Sink {
            args: Args::parse_from(["sink"]),
            seen: Mutex::default(),
            n_connections: AtomicU64::new(7),
            rng: Mutex::new(Rng::new(1)),
        };
        sink.record("/a", Some("one"), Some(now_us()), 10, false);
        sink.record("/a", Some("one"), Some(now_us()), 10, false);
        sink.record("/b", Some("two"), Some(now_us()), 10, true);
        let report = sink.report();
        assert_eq!(report["/a"]["duplicates"], 1);
        assert_eq!(report["*"]["received"], 3);
        assert_eq!(report["*"]["unique"], 2);
        assert_eq!(report["*"]["duplicates"], 1);
        assert_eq!(report["*"]["connections"], 7);
        assert_eq!(report["*"]["latency_ms"]["count"], 3);
    }
}
