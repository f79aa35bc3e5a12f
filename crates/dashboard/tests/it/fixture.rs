//! A dashboard on an empty log, whose tenants service knows no call but those that a test answers.

use std::{future::ready, time::Duration};

use anyhook_cache::Cache;
use anyhook_dashboard::{Config, Deps, router};
use anyhook_domain::TenantId;
use anyhook_queue::Queue;
use anyhook_rpc::{
    Transport,
    tenants::v1::{AuthenticateRequest, Principal},
};
use anyhook_store::{Clock, Store};
use axum::{Router, body::Body, routing::any};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::{Status, server::Grpc, service::Routes};
use tonic_prost::ProstCodec;
use tower::{ServiceExt, service_fn};
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(1));
pub(crate) const KEY: (&str, &str) = ("authorization", "Bearer ahk_live_x");

pub(crate) struct Dashboard {
    pub(crate) store: Store,
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
        Self::beside(Router::new()).await
    }

    /// Beside a tenants service that is made with [`answering`].
    pub(crate) async fn beside(tenants: Router) -> Self {
        Self::limited(tenants, 0).await
    }

    /// The same, with so many requests a minute, behind proxies in 10.0.0.0/8.
    pub(crate) async fn limited(tenants: Router, requests_per_minute: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
        store.migrate().await.unwrap();
        let config = Config {
            public_ingress_url: "https://in.example".into(),
            public_dashboard_url: "https://hooks.example".into(),
            replay_grace: Duration::from_secs(10),
            hears_others: true,
            requests_per_minute,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        };
        let tenants = Transport::local(Routes::from(tenants));
        let deps = Deps {
            store: store.clone(),
            queue: Queue::local(16),
            cache: Cache::local(),
            tenants,
            clock: Clock::system(),
            ending: CancellationToken::new(),
            config,
        };
        Self { store, router: router(deps), _folder: folder }
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
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

/// Adds a call, such as `Apps/GetApp`, and its answer.
pub(crate) fn answering<Q, A>(tenants: Router, call: &str, answer: fn(Q) -> Result<A, Status>) -> Router
where
    Q: prost::Message + Default + 'static,
    A: prost::Message + Default + 'static,
{
    let respond = move |request: tonic::Request<Q>| ready(answer(request.into_inner()).map(tonic::Response::new));
    let handle = async move |request: axum::extract::Request| {
        Grpc::new(ProstCodec::<A, Q>::default()).unary(service_fn(respond), request).await
    };
    tenants.route(&format!("/anyhook.tenants.v1.{call}"), any(handle))
}

/// Knows no credential.
pub(crate) fn knowing_nobody() -> Router {
    answering(Router::new(), "Accounts/Authenticate", |_: AuthenticateRequest| {
        Err::<Principal, _>(refusing("unauthenticated"))
    })
}

/// As the tenants service refuses.
pub(crate) fn refusing(word: &str) -> Status {
    let mut status = Status::unauthenticated("This is not known.");
    status.metadata_mut().insert("anyhook-code", word.parse().unwrap());
    status
}

/// Knows every API key, as that of one tenant's owner.
pub(crate) fn authenticating() -> Router {
    answering(Router::new(), "Accounts/Authenticate", |_: AuthenticateRequest| {
        let (tenant_id, api_key_id) = (TENANT.to_string(), Some("key_00000000000000000000000001".into()));
        Ok(Principal { tenant_id, api_key_id, role: "owner".into(), ..Principal::default() })
    })
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
