//! How often the API may be asked.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhook_rpc::tenants::v1::{
    AuthenticateOperatorRequest, AuthenticateOperatorResponse, AuthenticateRequest, Principal, authenticate_request,
};
use axum::{Router, extract::ConnectInfo};
use http::Request;
use tonic::Status;

use crate::fixture::{Answer, Dashboard, KEY, TENANT, answering, authenticating, refusing};

const COOKIE: (&str, &str) = ("cookie", "__Host-anyhook_session=token");

/// Two requests a minute, behind proxies at 10.0.0.0/8.
async fn dashboard() -> Dashboard {
    Dashboard::limited(authenticating(), 2).await
}

async fn from(dashboard: &Dashboard, peer: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: std::net::SocketAddr = peer.parse().unwrap();
    dashboard.send(request.extension(ConnectInfo(peer)).body("".into()).unwrap()).await
}

#[tokio::test]
async fn a_key_has_its_own_number_wherever_it_comes_from() {
    let dashboard = dashboard().await;
    for (peer, left) in [("192.0.2.1:1", "1"), ("192.0.2.2:1", "0")] {
        let answer = from(&dashboard, peer, "/api/v1/replays", &[KEY]).await;
        assert_eq!(answer.header("x-ratelimit-remaining"), left, "{}", answer.text);
        assert_eq!(answer.header("ratelimit-policy"), "\"api\";q=2;w=60");
        assert!(answer.header("ratelimit").starts_with(&format!("\"api\";r={left};t=")));
        assert_eq!(answer.header("x-ratelimit-limit"), "2");
    }
    let answer = from(&dashboard, "192.0.2.3:1", "/api/v1/usage", &[KEY]).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "too_many_requests"));
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
}

#[tokio::test]
async fn whoever_shows_nothing_is_counted_by_address() {
    let dashboard = dashboard().await;
    let ask = async |peer: &str, headers: &[(&str, &str)]| {
        from(&dashboard, peer, "/api/v1/sources", headers).await.status.as_u16()
    };
    for (peer, headers, expected) in [
        ("192.0.2.1:1", &[][..], 200),
        ("192.0.2.1:2", &[("x-forwarded-for", "203.0.113.1")], 200),
        ("192.0.2.1:3", &[("x-forwarded-for", "203.0.113.2")], 429),
        ("192.0.2.1:3", &[KEY], 429),
        ("192.0.2.2:1", &[], 200),
        ("10.0.0.1:1", &[("x-forwarded-for", "192.0.2.1")], 429),
        ("10.0.0.1:1", &[("x-forwarded-for", "192.0.2.1, 192.0.2.9")], 200),
        ("[2001:db8::1]:1", &[], 200),
        ("[2001:db8::2]:1", &[], 200),
        ("[2001:db8::3]:1", &[], 429),
    ] {
        assert_eq!(ask(peer, headers).await, expected, "{peer} {headers:?}");
    }
}

#[tokio::test]
async fn whoever_tries_credentials_is_counted_by_address() {
    let dashboard = Dashboard::limited(crate::fixture::knowing_nobody(), 2).await;
    let codes = async |n: usize| {
        let key = format!("Bearer ahk_live_{n}");
        from(&dashboard, "192.0.2.1:1", "/api/v1/usage", &[("authorization", &key)]).await.code()
    };
    assert_eq!([codes(1).await, codes(2).await], ["unauthenticated"; 2]);
    assert_eq!(codes(3).await, "too_many_requests");
    let open = from(&dashboard, "192.0.2.1:1", "/api/v1/sources", &[COOKIE]).await;
    assert_eq!(open.code(), "too_many_requests");
}

async fn head(dashboard: &Dashboard, peer: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = Request::builder().method("HEAD").uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: std::net::SocketAddr = peer.parse().unwrap();
    dashboard.send(request.extension(ConnectInfo(peer)).body("".into()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn what_is_asked_for_with_head_is_counted_as_with_get() {
    let dashboard = dashboard().await;
    let ask = async || head(&dashboard, "192.0.2.1:1", "/api/v1/sources", &[COOKIE]).await;
    assert_eq!([ask().await, ask().await, ask().await], [200, 200, 429]);
    let keyed = async || head(&dashboard, "192.0.2.2:1", "/api/v1/replays", &[KEY]).await;
    assert_eq!([keyed().await != 429, keyed().await != 429, keyed().await == 429], [true; 3]);
}

/// How often somebody asked whether a credential is good.
static N_ASKED: AtomicUsize = AtomicUsize::new(0);

/// Knows one key.
fn counting() -> Router {
    answering(Router::new(), "Accounts/Authenticate", |request: AuthenticateRequest| {
        N_ASKED.fetch_add(1, Ordering::Relaxed);
        let is_good = request.credential == Some(authenticate_request::Credential::ApiKey("ahk_live_x".to_owned()));
        let api_key_id = Some("key_00000000000000000000000001".to_owned());
        let principal =
            Principal { tenant_id: TENANT.to_string(), api_key_id, role: "owner".into(), ..Principal::default() };
        if is_good { Ok(principal) } else { Err(refusing("unauthenticated")) }
    })
}

#[tokio::test]
async fn made_up_credentials_are_looked_up_so_often_and_no_more() {
    let dashboard = Dashboard::limited(counting(), 3).await;
    let peer = "192.0.2.1:1";
    assert_eq!(from(&dashboard, peer, "/api/v1/replays", &[KEY]).await.header("x-ratelimit-limit"), "3");
    for n in 0..20 {
        let cookie = format!("__Host-anyhook_session=made-up-{n}");
        let answer = from(&dashboard, peer, "/api/v1/replays", &[("cookie", &cookie)]).await;
        let expected = if n < 3 { "unauthenticated" } else { "too_many_requests" };
        assert_eq!(answer.code(), expected, "{n}");
        assert_eq!(answer.header("retry-after").is_empty(), n < 3);
    }
    assert_eq!(N_ASKED.load(Ordering::Relaxed), 1 + 3 + 1, "only the first one that was refused was asked about");
    // Behind the same address, who was good goes on.
    assert_ne!(from(&dashboard, peer, "/api/v1/replays", &[KEY]).await.status, 429);
    assert_eq!(from(&dashboard, "192.0.2.2:1", "/api/v1/replays", &[COOKIE]).await.code(), "unauthenticated");
}

#[tokio::test]
async fn operators_are_counted_and_whoever_is_none_by_address() {
    let tenants = answering(Router::new(), "Operator/AuthenticateOperator", |request: AuthenticateOperatorRequest| {
        let is_known = format!("{:?}", request.credential).contains("operator-token");
        if is_known { Ok(AuthenticateOperatorResponse::default()) } else { Err(refusing("not_found")) }
    });
    let dashboard = Dashboard::limited(tenants, 2).await;
    let ask = async |peer: &str, token: &str| {
        let header = format!("Bearer {token}");
        from(&dashboard, peer, "/api/v1/operator/plans", &[("authorization", &header)]).await.status.as_u16()
    };
    for expected in [404, 404, 429] {
        assert_eq!(ask("192.0.2.1:1", "ahk_live_x").await, expected);
    }
    let operators = [ask("192.0.2.2:1", "operator-token").await, ask("192.0.2.3:1", "operator-token").await];
    assert!(operators.iter().all(|status| *status != 429), "{operators:?}");
    assert_eq!(ask("192.0.2.4:1", "operator-token").await, 429);
}

/// Every key is one of the same tenant.
#[tokio::test]
async fn many_keys_of_a_tenant_do_not_make_it_many() {
    let tenants = answering(Router::new(), "Accounts/Authenticate", |request: AuthenticateRequest| {
        let Some(authenticate_request::Credential::ApiKey(key)) = request.credential else {
            return Err(Status::internal("no key"));
        };
        let tenant_id = TENANT.to_string();
        Ok(Principal { tenant_id, api_key_id: Some(key), role: "owner".into(), ..Principal::default() })
    });
    let dashboard = Dashboard::limited(tenants, 2).await;
    for n in 0..30 {
        let key = format!("Bearer ahk_live_{n}");
        let answer = from(&dashboard, "192.0.2.1:1", "/api/v1/replays", &[("authorization", &key)]).await;
        assert_eq!(answer.status == 429, n >= 20, "{n}");
        assert_eq!(answer.header("x-ratelimit-remaining"), if n < 19 { "1" } else { "0" }, "{n}");
    }
}

#[tokio::test]
async fn probes_and_pages_are_not_counted() {
    let dashboard = dashboard().await;
    for path in ["/healthz", "/reference", "/openapi.json"] {
        for _ in 0..4 {
            let answer = from(&dashboard, "192.0.2.1:1", path, &[]).await;
            assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""), "{path}");
        }
    }
    assert_eq!(from(&dashboard, "192.0.2.1:1", "/api/v1/sources", &[]).await.header("x-ratelimit-remaining"), "1");
}

#[tokio::test]
async fn without_a_limit_nobody_is_counted() {
    let dashboard = Dashboard::new().await;
    assert_eq!(dashboard.get("/api/v1/sources").await.header("ratelimit-policy"), "");
}
