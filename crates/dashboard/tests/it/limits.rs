//! How often the API may be asked.

use axum::extract::ConnectInfo;
use http::Request;

use crate::fixture::{Answer, Dashboard, KEY, authenticating};

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
