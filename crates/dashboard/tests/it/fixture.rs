//! A dashboard on an empty log, whose tenants service knows no call.

use std::time::Duration;

use anyhook_dashboard::{Config, Deps, router};
use anyhook_queue::Queue;
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};
use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tonic::service::Routes;
use tower::ServiceExt;

pub(crate) struct Dashboard {
    router: Router,
    _folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Dashboard {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
        store.migrate().await.unwrap();
        let config = Config {
            public_ingress_url: "https://in.example".into(),
            public_dashboard_url: "https://hooks.example".into(),
            replay_grace: Duration::from_secs(10),
        };
        let tenants = Transport::local(Routes::default());
        let deps = Deps { store, queue: Queue::local(16), tenants, clock: Clock::system(), config };
        Self { router: router(deps), _folder: folder }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    /// Asserts that this is an error as all are, and hands its word out.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        assert!(json["error"].as_str().unwrap().ends_with('.'), "{json}: a sentence");
        assert_eq!(self.header("cache-control"), "no-store");
        json["code"].as_str().unwrap().to_owned()
    }
}
