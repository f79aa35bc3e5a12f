//! A whole AnyHook in the test's own process, on a clock that the test moves.

use std::{net::SocketAddr, time::Duration};

use anyhook::{
    lifecycle::Lifecycle,
    listen::Listener,
    roles::{self, Parts},
    up::QUEUE_CAPACITY,
};
use anyhook_cache::Cache;
use anyhook_domain::{
    Timestamp,
    plan::{Plan, Plans},
    seal::Key,
    secret::Secret,
    sign,
};
use anyhook_egress::{CertificateDer, Egress, EgressConfig};
use anyhook_queue::{Queue, Spool};
use anyhook_store::{Clock, Hand, Store, config::ScratchDatabase};
use anyhook_tenants::{Carrier, MailConfig, OpenId, Operators, Quickstart, Sender};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    amazon::Amazon,
    client::{Api, Reply},
    handler::Handler,
};

pub(crate) const START: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);
/// The provider's secret of the harness's app.
pub(crate) const PROVIDER_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// What the operator's programs show.
pub(crate) const OPERATOR_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// How long a condition may take to come true: much longer than it ever takes.
const WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Harness {
    queue: Queue,
    source: &'static str,
    destination: Value,
    max_body_bytes: usize,
    plans: Plans,
    quickstart: Quickstart,
    operators: Operators,
    openid: Option<OpenId>,
    nameservers: Vec<SocketAddr>,
    extra_roots: Vec<CertificateDer<'static>>,
    carrier: Carrier,
    public_ingress_url: Option<&'static str>,
}

impl Harness {
    pub(crate) fn new() -> Self {
        Self {
            queue: Queue::local(QUEUE_CAPACITY),
            source: "generic",
            destination: json!({}),
            max_body_bytes: 64 * 1024,
            plans: Plans::new(Plans::built_in(), "unlimited").unwrap(),
            quickstart: Quickstart { is_on: true, most_unclaimed: 100 },
            operators: Operators::new(Some(OPERATOR_TOKEN), "").unwrap(),
            openid: None,
            nameservers: Vec::new(),
            extra_roots: Vec::new(),
            carrier: Carrier::Nobody,
            public_ingress_url: None,
        }
    }

    /// What providers call, which is somewhere else.
    pub(crate) fn called(mut self, public_ingress_url: &'static str) -> Self {
        self.public_ingress_url = Some(public_ingress_url);
        self
    }

    /// The source of the app that is made at the start.
    pub(crate) fn app(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Settings of that app's destination.
    pub(crate) fn destination(mut self, settings: Value) -> Self {
        self.destination = settings;
        self
    }

    /// A plan of its own, which all tenants are on.
    pub(crate) fn events_per_month(mut self, n: u64) -> Self {
        let small = Plan { name: "small".into(), events_per_month: Some(n), kept_for: None };
        self.plans = Plans::new([vec![small], Plans::built_in()].concat(), "small").unwrap();
        self
    }

    pub(crate) fn quickstart(mut self, quickstart: Quickstart) -> Self {
        self.quickstart = quickstart;
        self
    }

    /// Users who operate the installation, by their e-mail addresses.
    pub(crate) fn operators(mut self, emails: &str) -> Self {
        self.operators = Operators::new(Some(OPERATOR_TOKEN), emails).unwrap();
        self
    }

    /// Who takes the mails; without one they wait.
    pub(crate) fn mail(mut self, carrier: Carrier) -> Self {
        self.carrier = carrier;
        self
    }

    /// By way of whom people may sign in.
    pub(crate) fn openid(mut self, openid: OpenId) -> Self {
        self.openid = Some(openid);
        self
    }

    pub(crate) fn queue(mut self, queue: Queue) -> Self {
        self.queue = queue;
        self
    }

    /// Nobody is there who could look a name up.
    pub(crate) fn without_names(mut self) -> Self {
        self.nameservers = vec![SocketAddr::from(([127, 0, 0, 1], 9))];
        self
    }

    /// Trusts this authority, too.
    pub(crate) fn trusting(mut self, root: CertificateDer<'static>) -> Self {
        self.extra_roots = vec![root];
        self
    }

    /// All names are its.
    pub(crate) fn amazon(mut self, amazon: &Amazon) -> Self {
        self.nameservers = vec![amazon.names];
        self.extra_roots = vec![amazon.root.clone()];
        self
    }

    pub(crate) async fn start(self) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("anyhook.db").display());
        self.start_on(Storage::File(folder), &url).await
    }

    /// On PostgreSQL, where one is at hand.
    pub(crate) async fn start_on_postgres(self) -> Option<Running> {
        #[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
        let Ok(server) = std::env::var("ANYHOOK_TEST_POSTGRES_URL") else {
            eprintln!("skipped: ANYHOOK_TEST_POSTGRES_URL is not set; scripts/test sets it");
            return None;
        };
        let database = ScratchDatabase::create(&server).await.unwrap();
        let url = database.url().to_owned();
        Some(self.start_on(Storage::Server(Box::new(database)), &url).await)
    }

    async fn start_on(self, storage: Storage, url: &str) -> Running {
        let store = Store::open(url).await.unwrap();
        store.migrate().await.unwrap();
        let (clock, hand) = Clock::manual(START);
        let any = "127.0.0.1:0".parse().unwrap();
        let ingress_listener = Listener::bind(any, "").await.unwrap();
        let dashboard_listener = Listener::bind(any, "").await.unwrap();
        let ingress_url = format!("http://{}", ingress_listener.address().unwrap());
        let public_url = self.public_ingress_url.map_or_else(|| ingress_url.clone(), str::to_owned);
        let dashboard_url = format!("http://{}", dashboard_listener.address().unwrap());
        let egress = EgressConfig {
            allow: vec!["127.0.0.0/8".parse().unwrap()],
            nameservers: self.nameservers,
            extra_roots: self.extra_roots,
            ..EgressConfig::default()
        };
        let parts = Parts {
            store: store.clone(),
            queue: self.queue,
            spool: Spool::none(),
            cache: Cache::local(),
            egress: Egress::new(egress).unwrap(),
            clock: clock.clone(),
            tenants: anyhook_tenants::Config {
                plans: self.plans,
                quickstart: self.quickstart,
                operators: self.operators,
                openid: self.openid,
                ingress_url: Some(ingress_url.clone()),
                session_for: Duration::from_secs(3600),
                master_key: Key::new([9; 32]),
                mail: mail(&dashboard_url, self.carrier),
                max_hashes: 2,
            },
            ingress: anyhook_ingress::Config {
                public_url: public_url.clone(),
                max_body_bytes: self.max_body_bytes,
                ..anyhook_ingress::Config::default()
            },
            delivery: anyhook_delivery::Config::default(),
            dashboard: dashboard(&public_url, &dashboard_url),
            ingress_listener,
            dashboard_listener,
        };
        let lifecycle = Lifecycle::default();
        #[expect(clippy::disallowed_methods, reason = "the whole AnyHook under test")]
        let process = tokio::spawn(roles::run_all(parts, lifecycle.clone()));
        let mut api = Api::new(&dashboard_url);
        let signed_up = api.post("/api/v1/signup", sign_up("owner@example.com", "Acme")).await.expect(201);
        api.sign_in(signed_up["apiKey"].as_str().unwrap());
        let handler = Handler::start().await;
        let mut running = Running {
            api,
            handler,
            store,
            clock,
            hand,
            ingress_url,
            dashboard_url,
            inbound_url: String::new(),
            app: Value::Null,
            lifecycle,
            process: Some(process),
            storage: Some(storage),
            is_checked: true,
        };
        running.make_app(self.source, self.destination).await;
        running
    }
}

fn mail(dashboard_url: &str, carrier: Carrier) -> MailConfig {
    let sender = Sender::parse("AnyHook <anyhook@hooks.example>").unwrap();
    MailConfig { dashboard_url: dashboard_url.to_owned(), sender, carrier, shows_links: false }
}

fn dashboard(ingress_url: &str, dashboard_url: &str) -> anyhook_dashboard::Config {
    anyhook_dashboard::Config {
        public_ingress_url: ingress_url.to_owned(),
        public_dashboard_url: dashboard_url.to_owned(),
        replay_grace: Duration::from_secs(10),
        hears_others: true,
        requests_per_minute: 0,
        trusted_proxies: Vec::new(),
    }
}

pub(crate) fn sign_up(email: &str, name: &str) -> Value {
    json!({ "email": email, "password": "correct horse battery", "tenant": { "name": name } })
}

enum Storage {
    File(#[expect(dead_code, reason = "removed when dropped")] TempDir),
    Server(Box<ScratchDatabase>),
}

pub(crate) struct Running {
    pub(crate) api: Api,
    pub(crate) handler: Handler,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    hand: Hand,
    pub(crate) ingress_url: String,
    pub(crate) dashboard_url: String,
    pub(crate) inbound_url: String,
    /// As its creation was answered.
    pub(crate) app: Value,
    lifecycle: Lifecycle,
    process: Option<JoinHandle<Result<(), roles::RunError>>>,
    storage: Option<Storage>,
    is_checked: bool,
}

impl Running {
    async fn make_app(&mut self, source: &str, destination: Value) {
        let mut destination = destination;
        destination["url"] = self.handler.url("/hook").into();
        let mut app = json!({ "name": "My app", "source": source, "destinations": [destination] });
        if source != "generic" {
            app["secret"] = PROVIDER_SECRET.into();
        }
        self.app = self.api.post("/api/v1/apps", app).await.expect(201);
        self.inbound_url = self.app["inboundUrl"].as_str().unwrap().to_owned();
    }

    pub(crate) fn signing_secret(&self) -> Secret {
        Secret::new(self.app["destinations"][0]["signing_secret"].as_str().unwrap().to_owned())
    }

    pub(crate) fn app_path(&self) -> String {
        format!("/api/v1/apps/{}", self.app["slug"].as_str().unwrap())
    }

    /// Posts to the app's inbound URL; the event's id.
    pub(crate) async fn send(&self, body: &str) -> String {
        let reply = self.api.request(Method::POST, &self.inbound_url, &[], body.as_bytes()).await;
        reply.expect(200)["id"].as_str().unwrap().to_owned()
    }

    /// Posts what Replicate would, signed at the clock's time.
    pub(crate) async fn send_prediction(&self, message_id: &str, body: &str) -> Reply {
        let headers = self.signed(message_id, body);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.api.request(Method::POST, &self.inbound_url, &headers, body.as_bytes()).await
    }

    pub(crate) fn signed(&self, message_id: &str, body: &str) -> [(&'static str, String); 4] {
        let now = self.clock.now();
        let secret = Secret::new(PROVIDER_SECRET.to_owned());
        [
            ("content-type", "application/json".to_owned()),
            ("webhook-id", message_id.to_owned()),
            ("webhook-timestamp", now.unix_seconds().to_string()),
            ("webhook-signature", sign::standard(&[secret], message_id, now, body.as_bytes())),
        ]
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.hand.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn event(&self, id: &str) -> Value {
        self.api.get(&format!("/api/v1/events/{id}")).await.expect(200)
    }

    /// Waits until an event satisfies a condition.
    pub(crate) async fn event_until(&self, id: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + WITHIN;
        loop {
            let event = self.event(id).await;
            if holds(&event) {
                return event;
            }
            assert!(tokio::time::Instant::now() < deadline, "never {what}: {event:#}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn event_with_status(&self, id: &str, status: &str) -> Value {
        self.event_until(id, status, |event| event["status"] == status).await
    }

    /// Waits until an event has had so many attempts.
    pub(crate) async fn event_after_attempts(&self, id: &str, n: u64) -> Value {
        self.event_until(id, &format!("{n} attempts"), |event| event["deliveryAttempts"] == n).await
    }

    /// For tests whose point is that something stays pending.
    pub(crate) fn leaves_work_behind(&mut self) {
        self.is_checked = false;
    }

    /// Announces the end, and waits until everything has come to it.
    pub(crate) async fn end(&mut self) {
        self.lifecycle.soft.cancel();
        self.process.take().unwrap().await.unwrap().unwrap();
    }

    /// Drains it, and fails if a delivery is left pending.
    pub(crate) async fn stop(mut self) {
        let deadline = tokio::time::Instant::now() + WITHIN;
        while self.is_checked && self.store.oldest_due().await.unwrap().is_some() {
            assert!(tokio::time::Instant::now() < deadline, "a delivery is left pending");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.end().await;
        self.close().await;
    }

    pub(crate) async fn close(mut self) {
        self.store.close().await;
        if let Some(Storage::Server(database)) = self.storage.take() {
            database.remove().await.unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.process.is_some() && !std::thread::panicking() {
            panic!("a test must end with stop().await, which looks for deliveries that are left pending");
        }
    }
}
