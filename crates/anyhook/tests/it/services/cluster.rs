//! An AnyHook of several processes, whose servers can be cut off.

use std::{
    collections::BTreeMap,
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhook_domain::{Timestamp, secret::Secret, sign};
use anyhook_store::{Clock, config::ScratchDatabase};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::proxy::Proxy;
use crate::{
    client::{Api, Reply},
    handler::Handler,
    harness::{PROVIDER_SECRET, sign_up},
};

/// How long a condition may take to come true: much longer than it ever takes.
const WITHIN: Duration = Duration::from_secs(60);
const TOKEN: &str = "test-token-0123456789abcdef0123456789";
const MASTER_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A process of one service.
pub(crate) struct Service {
    child: Child,
    /// Where it answers: HTTP, or for `tenants` its health.
    pub(crate) url: String,
    log: PathBuf,
}

pub(crate) struct Cluster {
    database: Option<ScratchDatabase>,
    pub(crate) postgres: Proxy,
    pub(crate) rabbitmq: Proxy,
    pub(crate) redis: Proxy,
    settings: BTreeMap<String, String>,
    services: BTreeMap<String, Service>,
    folder: TempDir,
    pub(crate) handler: Handler,
    pub(crate) api: Api,
    pub(crate) inbound_path: String,
    pub(crate) signing_secret: String,
}

/// The servers that `scripts/test` starts.
struct Servers {
    postgres: String,
    rabbitmq: Url,
    redis: Url,
}

impl Servers {
    fn find() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the servers are named by whoever runs the tests")]
        let named = |name| std::env::var(name).ok();
        let found = (|| {
            Some(Self {
                postgres: named("ANYHOOK_TEST_POSTGRES_URL")?,
                rabbitmq: named("ANYHOOK_TEST_AMQP_URL")?.parse().unwrap(),
                redis: named("ANYHOOK_TEST_REDIS_URL")?.parse().unwrap(),
            })
        })();
        if found.is_none() {
            eprintln!("skipped: no servers are named; scripts/test starts and names them");
        }
        found
    }
}

/// The same server by way of a proxy.
async fn through_proxy(url: &mut Url, default_port: u16) -> Proxy {
    let to = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(default_port));
    let proxy = Proxy::start(to, true).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.port)).unwrap();
    proxy
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Cluster {
    /// The servers' addresses and a database with a schema; no service runs yet. `None` where there are no servers.
    pub(crate) async fn prepare() -> Option<Self> {
        let Servers { postgres, mut rabbitmq, mut redis } = Servers::find()?;
        let database = ScratchDatabase::create(&postgres).await.unwrap();
        let mut database_url: Url = database.url().parse().unwrap();
        let postgres = through_proxy(&mut database_url, 5432).await;
        let broker = through_proxy(&mut rabbitmq, 5672).await;
        let cache = through_proxy(&mut redis, 6379).await;
        let prefix = format!("anyhook-test-{:08x}", rand::random::<u32>());
        let settings = [
            ("ANYHOOK_DATABASE_URL", database_url.as_str()),
            ("ANYHOOK_AMQP_URL", rabbitmq.as_str()),
            ("ANYHOOK_AMQP_PREFIX", &prefix),
            ("ANYHOOK_REDIS_URL", redis.as_str()),
            ("ANYHOOK_SERVICE_TOKEN", TOKEN),
            ("ANYHOOK_ALLOW_DESTINATIONS", "127.0.0.0/8"),
            ("ANYHOOK_LEASE_MARGIN", "1s"),
            ("ANYHOOK_LOG_FORMAT", "text"),
            ("ANYHOOK_LOG", "info,anyhook_delivery=warn"),
        ];
        let cluster = Self {
            database: Some(database),
            postgres,
            rabbitmq: broker,
            redis: cache,
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            services: BTreeMap::new(),
            folder: tempfile::tempdir().unwrap(),
            handler: Handler::start().await,
            api: Api::new("http://127.0.0.1:1"),
            inbound_path: String::new(),
            signing_secret: String::new(),
        };
        Some(cluster)
    }

    /// Two of each service, and an app that is fed by Replicate.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(json!({})).await
    }

    /// The same with these settings of its destination.
    pub(crate) async fn start_with(destination: Value) -> Option<Self> {
        let mut cluster = Self::prepare().await?;
        cluster.migrate();
        for name in ["tenants-1", "tenants-2"] {
            cluster.start_tenants(name).await;
        }
        cluster.start_dashboard("tenants-1").await;
        for (name, tenants) in [("ingress-1", "tenants-1"), ("ingress-2", "tenants-2")] {
            cluster.start_ingress(name, tenants).await;
        }
        for (name, tenants) in [("delivery-1", "tenants-1"), ("delivery-2", "tenants-2")] {
            cluster.start_delivery(name, tenants).await;
        }
        cluster.make_app(destination).await;
        Some(cluster)
    }

    /// A setting of the processes that are started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn command(&self, service: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anyhook"));
        command.arg(service).env_clear().envs(&self.settings);
        command
    }

    pub(crate) fn migrate(&self) {
        let done = self.command("migrate").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    pub(crate) async fn start_tenants(&mut self, name: &str) {
        let (grpc, health) = (free_port(), free_port());
        let command = self.command("tenants");
        let settings = [
            ("ANYHOOK_TENANTS_ADDR", format!("127.0.0.1:{grpc}")),
            ("ANYHOOK_HEALTH_ADDR", format!("127.0.0.1:{health}")),
            ("ANYHOOK_MASTER_KEY", MASTER_KEY.to_owned()),
        ];
        self.spawn(name, command, &settings, format!("http://127.0.0.1:{health}"));
        self.settings.insert(name.to_owned(), format!("127.0.0.1:{grpc}"));
        self.ready(name).await;
    }

    /// Where a process of the tenants service answers gRPC.
    pub(crate) fn grpc(&self, tenants: &str) -> String {
        let scheme = if self.settings.contains_key("ANYHOOK_TENANTS_TLS_CA_FILE") { "https" } else { "http" };
        format!("{scheme}://{}", self.settings[tenants])
    }

    pub(crate) async fn start_dashboard(&mut self, tenants: &str) {
        let url = format!("http://127.0.0.1:{}", free_port());
        let command = self.command("dashboard");
        let settings = [
            ("ANYHOOK_DASHBOARD_ADDR", url["http://".len()..].to_owned()),
            ("ANYHOOK_PUBLIC_DASHBOARD_URL", url.clone()),
            // Tests ask more often than people do.
            ("ANYHOOK_API_RATE_LIMIT", "0".to_owned()),
            ("ANYHOOK_PUBLIC_INGRESS_URL", "https://in.example".to_owned()),
            ("ANYHOOK_TENANTS_URL", self.grpc(tenants)),
        ];
        self.spawn("dashboard", command, &settings, url.clone());
        self.api = Api::new(&url);
        self.ready("dashboard").await;
    }

    pub(crate) async fn start_ingress(&mut self, name: &str, tenants: &str) {
        let url = self.begin_ingress(name, tenants);
        self.ready_at(name, &url).await;
    }

    /// Without waiting for it.
    pub(crate) fn begin_ingress(&mut self, name: &str, tenants: &str) -> String {
        let url = format!("http://127.0.0.1:{}", free_port());
        let command = self.command("ingress");
        let settings = [
            ("ANYHOOK_INGRESS_ADDR", url["http://".len()..].to_owned()),
            ("ANYHOOK_PUBLIC_INGRESS_URL", "https://in.example".to_owned()),
            ("ANYHOOK_TENANTS_URL", self.grpc(tenants)),
        ];
        self.spawn(name, command, &settings, url.clone());
        url
    }

    pub(crate) async fn start_delivery(&mut self, name: &str, tenants: &str) {
        let url = format!("http://127.0.0.1:{}", free_port());
        let command = self.command("delivery");
        let settings =
            [("ANYHOOK_HEALTH_ADDR", url["http://".len()..].to_owned()), ("ANYHOOK_TENANTS_URL", self.grpc(tenants))];
        self.spawn(name, command, &settings, url);
        self.ready(name).await;
    }

    fn spawn(&mut self, name: &str, mut command: Command, settings: &[(&str, String)], url: String) {
        let log = self.folder.path().join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log).unwrap();
        command.envs(settings.iter().map(|(name, value)| (*name, value))).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().unwrap();
        self.services.insert(name.to_owned(), Service { child, url, log });
    }

    pub(crate) fn url(&self, name: &str) -> &str {
        &self.services[name].url
    }

    pub(crate) fn log(&self, name: &str) -> String {
        std::fs::read_to_string(&self.services[name].log).unwrap()
    }

    async fn ready(&self, name: &str) {
        self.ready_at(name, self.url(name)).await;
    }

    async fn ready_at(&self, name: &str, url: &str) {
        until(&format!("{name} ready"), async || self.readiness(url).await == Some(200)).await;
    }

    /// The status of `/readyz`, where anybody answers.
    pub(crate) async fn readiness(&self, url: &str) -> Option<u16> {
        let api = Api::new(url);
        if api.try_get("/readyz").await { Some(api.get("/readyz").await.status) } else { None }
    }

    /// Signs up, and makes an app with a destination of these settings.
    pub(crate) async fn make_app(&mut self, settings: Value) {
        let signed_up = self.api.post("/api/v1/signup", sign_up("owner@example.com", "Acme")).await.expect(201);
        self.api.sign_in(signed_up["apiKey"].as_str().unwrap());
        let mut destination = settings;
        destination["url"] = self.handler.url("/hook").into();
        let app = json!({
            "name": "Replicate", "source": "replicate", "secret": PROVIDER_SECRET, "destinations": [destination]
        });
        let app = self.api.post("/api/v1/apps", app).await.expect(201);
        self.signing_secret = app["destinations"][0]["signing_secret"].as_str().unwrap().to_owned();
        let inbound: Url = app["inboundUrl"].as_str().unwrap().parse().unwrap();
        inbound.path().clone_into(&mut self.inbound_path);
    }

    /// Posts a prediction to an ingress, signed as Replicate does.
    pub(crate) async fn post(&self, ingress: &str, message_id: &str) -> Reply {
        self.post_as(ingress, message_id, PROVIDER_SECRET).await
    }

    /// The same by whoever has this secret.
    pub(crate) async fn post_as(&self, ingress: &str, message_id: &str, secret: &str) -> Reply {
        let body = format!(r#"{{"id":"{message_id}","status":"succeeded"}}"#);
        let now = Clock::system().now();
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("webhook-id", message_id.to_owned()),
            ("webhook-timestamp", now.unix_seconds().to_string()),
            ("webhook-signature", signature(secret, message_id, now, &body)),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = format!("{}{}", self.url(ingress), self.inbound_path);
        self.api.request(Method::POST, &url, &headers, body.as_bytes()).await
    }

    /// Posts one that must be taken; its event's id.
    pub(crate) async fn send(&self, ingress: &str, message_id: &str) -> String {
        self.post(ingress, message_id).await.expect(200)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn event(&self, id: &str) -> Value {
        self.api.get(&format!("/api/v1/events/{id}")).await.expect(200)
    }

    pub(crate) async fn all_delivered(&self, ids: &[String]) {
        for id in ids {
            until(&format!("{id} delivered"), async || {
                let reply = self.api.get(&format!("/api/v1/events/{id}")).await;
                reply.status == 200 && reply.expect(200)["status"] == "success"
            })
            .await;
        }
    }

    /// The ids of the events that the handler saw, each as often as it did.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.handler.seen().iter().map(|it| it.header("anyhook-event-id").to_owned()).collect()
    }

    pub(crate) fn signal(&self, name: &str, signal: &str) {
        let id = self.services[name].child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Waits until a process has ended; its exit code.
    pub(crate) async fn ended(&mut self, name: &str) -> Option<i32> {
        let mut service = self.services.remove(name).unwrap();
        let mut code = None;
        until(&format!("the end of {name}"), async || {
            let status = service.child.try_wait().unwrap();
            code = status.and_then(|status| status.code());
            status.is_some()
        })
        .await;
        code
    }

    pub(crate) async fn stop(mut self) {
        for (_, mut service) in std::mem::take(&mut self.services) {
            let _ = service.child.kill();
            let _ = service.child.wait();
        }
        self.database.take().unwrap().remove().await.unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for (name, service) in &mut self.services {
            let _ = service.child.kill();
            let _ = service.child.wait();
            if std::thread::panicking() {
                let log = std::fs::read_to_string(&service.log).unwrap_or_default();
                let end: Vec<_> = log.lines().rev().take(30).collect();
                eprintln!("--- {name}");
                end.iter().rev().for_each(|line| eprintln!("{line}"));
            }
        }
    }
}

fn signature(secret: &str, message_id: &str, now: Timestamp, body: &str) -> String {
    sign::standard(&[Secret::new(secret.to_owned())], message_id, now, body.as_bytes())
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + WITHIN;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
