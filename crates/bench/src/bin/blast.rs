//! HTTP load generator: posts JSON events over keep-alive connections, closed
//! loop (as fast as the connections go) or open loop (a fixed rate, latency
//! counted from the intended send time, so a stalled server is not forgiven).

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own: it spawns its connections, and paces on a thread of its own"
)]

use anyhook_bench::{
    body::Bodies,
    latency::Latency,
    now_us, runtime,
    sign::Signer,
    size,
    template::{Event, Template},
};
use anyhow::{Context, Result, anyhow, bail};
use async_channel::{Receiver, Sender};
use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Uri,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

#[derive(Parser)]
#[command(about = "HTTP load generator for event ingestion")]
struct Args {
    /// Target URL; give it several times to rotate between paths and hosts
    #[arg(long, required = true)]
    url: Vec<Uri>,
    /// Number of events
    #[arg(long, short = 'n', default_value_t = 10_000)]
    count: u64,
    /// Requests at a time, each on a keep-alive connection of its own (to each host)
    #[arg(long, short = 'c', default_value_t = 64)]
    connections: usize,
    /// Events per second (open loop); without it, closed loop
    #[arg(long, short = 'r')]
    rate: Option<f64>,
    /// Size of the event body (before the envelope): 1k, 10k, 100k
    #[arg(long, short = 's', default_value = "1k", value_parser = size::parse)]
    size: usize,
    /// Extra header `Name: value`; placeholders as in --template
    #[arg(long, short = 'H')]
    header: Vec<String>,
    /// Envelope around the body, inline or @file; see the README
    #[arg(long, default_value = "{{body}}")]
    template: String,
    /// Sign as the Standard Webhooks specification says, with this secret (`whsec_` and base64)
    #[arg(long, value_name = "SECRET")]
    sign_standard: Option<Signer>,
    /// Give up on a request after this long
    #[arg(long, default_value_t = 30_000)]
    timeout_ms: u64,
    /// Stop sending after this long, whatever the count
    #[arg(long, default_value_t = 600)]
    max_seconds: u64,
    /// Worker threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Copied to the output
    #[arg(long, default_value = "")]
    label: String,
}

/// One event to send: its sequence number and when it is (or was) due.
struct Slot {
    seq: u64,
    due: Instant,
}

/// Where connections take their next event from.
enum Feed {
    Closed(AtomicU64),
    Open(Receiver<Slot>),
}

/// A URL to post to.
struct Target {
    path: String,
    /// Its host's place among the hosts.
    host: usize,
}

/// A server to post to.
struct Host {
    name: String,
    address: String,
}

/// A connection to each host, where there is one already.
type Senders = Vec<Option<SendRequest<Full<Bytes>>>>;

struct Load {
    args: Args,
    targets: Vec<Target>,
    hosts: Vec<Host>,
    bodies: Bodies,
    envelope: Template,
    headers: Vec<(String, Template)>,
    nonce: u64,
    feed: Feed,
    /// The same moment on both clocks, to turn due times into wall-clock times.
    start: Instant,
    start_us: u64,
    outcome: Mutex<Outcome>,
}

#[derive(Default)]
struct Outcome {
    ack: Latency,
    /// How late requests left compared to when they were due (open loop).
    lag: Latency,
    statuses: BTreeMap<u16, u64>,
    errors: BTreeMap<String, u64>,
    connects: u64,
    bytes: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    runtime(args.threads)?.block_on(run(args))
}

async fn run(args: Args) -> Result<()> {
    let (targets, hosts) = read_targets(&args.url)?;
    let nonce = now_us();
    let (pacer_end, feed) = match args.rate {
        Some(rate) if rate <= 0.0 => bail!("the rate must be positive"),
        Some(rate) => {
            let (tx, rx) = async_channel::unbounded();
            (Some((tx, rate)), Feed::Open(rx))
        }
        None => (None, Feed::Closed(AtomicU64::new(0))),
    };
    let load = Arc::new(Load {
        targets,
        hosts,
        bodies: Bodies::new(args.size, nonce),
        envelope: read_template(&args.template)?,
        headers: args.header.iter().map(|h| read_header(h)).collect::<Result<_>>()?,
        nonce,
        feed,
        start: Instant::now(),
        start_us: now_us(),
        outcome: Mutex::default(),
        args,
    });

    // On its own thread, because the runtime's timer is only good to 1 ms.
    let pacer = pacer_end.map(|(tx, rate)| {
        let load = load.clone();
        std::thread::spawn(move || pace(&load, &tx, rate))
    });
    let tasks: Vec<_> = (0..load.args.connections).map(|_| tokio::spawn(connection(load.clone()))).collect();
    for task in tasks {
        task.await?;
    }
    let elapsed = load.start.elapsed().as_secs_f64();
    if let Some(pacer) = pacer {
        pacer.join().map_err(|_| anyhow!("the pacer panicked"))?;
    }
    println!("{}", report(&load, elapsed));
    Ok(())
}

fn read_targets(urls: &[Uri]) -> Result<(Vec<Target>, Vec<Host>)> {
    let mut hosts: Vec<Host> = Vec::new();
    let mut targets = Vec::new();
    for url in urls {
        let authority = url.authority().with_context(|| format!("{url} has no host"))?;
        let host = hosts.iter().position(|host| host.name == authority.as_str()).unwrap_or_else(|| {
            let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
            hosts.push(Host { name: authority.to_string(), address });
            hosts.len() - 1
        });
        let path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        targets.push(Target { path, host });
    }
    Ok((targets, hosts))
}

fn read_template(source: &str) -> Result<Template> {
    let text = match source.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("reading {path}"))?,
        None => source.to_owned(),
    };
    Template::parse(text.trim_end()).map_err(|e| anyhow!(e))
}

fn read_header(line: &str) -> Result<(String, Template)> {
    let (name, value) = line.split_once(':').with_context(|| format!("header without a colon: {line:?}"))?;
    Ok((name.trim().to_owned(), Template::parse(value.trim()).map_err(|e| anyhow!(e))?))
}

/// Release each event when it is due, never more often than the sleep is precise.
fn pace(load: &Load, feed: &Sender<Slot>, rate: f64) {
    const SHORTEST_SLEEP: Duration = Duration::from_micros(100);
    for seq in 0..load.args.count {
        let due = load.start + Duration::from_secs_f64(seq as f64 / rate);
        let wait = due.saturating_duration_since(Instant::now());
        if wait > Duration::ZERO {
            std::thread::sleep(wait.max(SHORTEST_SLEEP));
        }
        if load.start.elapsed().as_secs() >= load.args.max_seconds {
            break;
        }
        if feed.send_blocking(Slot { seq, due }).is_err() {
            break;
        }
    }
    feed.close();
}

impl Load {
    async fn next(&self) -> Option<Slot> {
        match &self.feed {
            Feed::Open(slots) => slots.recv().await.ok(),
            Feed::Closed(counter) => {
                let seq = counter.fetch_add(1, Ordering::Relaxed);
                let spent = self.start.elapsed().as_secs() >= self.args.max_seconds;
                (seq < self.args.count && !spent).then(|| Slot { seq, due: Instant::now() })
            }
        }
    }

    fn target(&self, slot: &Slot) -> &Target {
        &self.targets[(slot.seq % self.targets.len() as u64) as usize]
    }

    fn request(&self, slot: &Slot) -> Result<Request<Full<Bytes>>> {
        let t_us = self.start_us + slot.due.saturating_duration_since(self.start).as_micros() as u64;
        let body = self.bodies.render(slot.seq, t_us);
        let id = self.bodies.id(slot.seq);
        let event = Event { body: &body, id: &id, seq: slot.seq, t_us, nonce: self.nonce };
        let target = self.target(slot);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&target.path)
            .header(header::HOST, &self.hosts[target.host].name)
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value.render(&event));
        }
        let body = self.envelope.render(&event);
        if let Some(signer) = &self.args.sign_standard {
            let (id, seconds) = (format!("msg_{id}"), t_us / 1_000_000);
            request = request
                .header("webhook-signature", signer.sign(&id, seconds, body.as_bytes()))
                .header("webhook-timestamp", seconds)
                .header("webhook-id", id);
        }
        Ok(request.body(Full::from(body))?)
    }

    fn update(&self, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.outcome.lock().expect("no holder of this lock panics"));
    }
}

async fn connect(load: &Load, host: usize) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(&load.hosts[host].address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    load.update(|o| o.connects += 1);
    Ok(sender)
}

async fn send(sender: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<u16> {
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    response.into_body().collect().await?;
    Ok(status)
}

/// One request at a time: takes events until there are no more.
async fn connection(load: Arc<Load>) {
    let timeout = Duration::from_millis(load.args.timeout_ms);
    let mut senders: Senders = load.hosts.iter().map(|_| None).collect();
    while let Some(slot) = load.next().await {
        let host = load.target(&slot).host;
        let kept = senders[host].take();
        let result = tokio::time::timeout(timeout, async {
            let mut ready = match kept {
                Some(sender) => sender,
                None => connect(&load, host).await?,
            };
            let request = load.request(&slot)?;
            let size = http_body_size(&request);
            let lag = slot.due.elapsed();
            let status = send(&mut ready, request).await?;
            Ok::<_, anyhow::Error>((ready, status, lag, size))
        })
        .await;
        let took = slot.due.elapsed().as_micros() as u64;
        match result {
            Ok(Ok((ready, status, lag, size))) => {
                senders[host] = Some(ready);
                load.update(|o| {
                    o.ack.record_us(took);
                    o.lag.record_us(lag.as_micros() as u64);
                    o.bytes += size;
                    *o.statuses.entry(status).or_default() += 1;
                });
            }
            failed => {
                let reason = match failed {
                    Ok(Err(e)) => e.to_string(),
                    _ => "timeout".to_owned(),
                };
                load.update(|o| {
                    o.ack.record_us(took);
                    *o.errors.entry(reason).or_default() += 1;
                });
                // Do not spin against a server that refuses connections.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

fn http_body_size(request: &Request<Full<Bytes>>) -> u64 {
    use hyper::body::Body;
    request.body().size_hint().exact().unwrap_or(0)
}

fn report(load: &Load, elapsed: f64) -> serde_json::Value {
    let outcome = load.outcome.lock().expect("no holder of this lock panics");
    let ok: u64 = outcome.statuses.iter().filter(|(s, _)| (200..300).contains(*s)).map(|(_, n)| n).sum();
    let answered: u64 = outcome.statuses.values().sum();
    let failed: u64 = outcome.errors.values().sum();
    json!({
        "label": load.args.label,
        "mode": if load.args.rate.is_some() { "open" } else { "closed" },
        "connections": load.args.connections,
        "connects": outcome.connects,
        "target_rate": load.args.rate,
        "size": load.args.size,
        "planned": load.args.count,
        "sent": answered + failed,
        "ok": ok,
        "statuses": outcome.statuses,
        "errors": outcome.errors,
        "elapsed_s": elapsed,
        "rate": answered as f64 / elapsed,
        "ok_rate": ok as f64 / elapsed,
        "mb_per_s": outcome.bytes as f64 / elapsed / 1e6,
        "start_us": load.start_us,
        "ack_ms": outcome.ack.summary_ms(),
        "lag_ms": load.args.rate.map(|_| outcome.lag.summary_ms()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_dialled_at_its_own_address() {
        let urls = ["http://127.0.0.1:81/a", "http://localhost/a", "http://127.0.0.1:81/b?c=d"];
        let (targets, hosts) = read_targets(&urls.map(|url| url.parse().unwrap())).unwrap();
        let addresses: Vec<_> = hosts.iter().map(|host| host.address.as_str()).collect();
        assert_eq!(addresses, ["127.0.0.1:81", "localhost:80"]);
        let targets: Vec<_> = targets.iter().map(|target| (target.path.as_str(), target.host)).collect();
        assert_eq!(targets, [("/a", 0), ("/a", 1), ("/b?c=d", 0)]);
        assert!(read_targets(&["/a".parse().unwrap()]).is_err());
    }
}
