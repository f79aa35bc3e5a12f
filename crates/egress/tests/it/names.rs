//! Names: one look-up, every answer judged, and judged again for every connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhook_egress::{FailureKind, Refusal};

use crate::support::{AMPLE, Dns, OK, Peer, Reply, closed_port, configured, post};

#[tokio::test]
async fn a_name_that_leads_to_an_allowed_address_is_reached() {
    let dns = Dns::start(|_| Reply::of(&["127.0.0.1"])).await;
    let peer = Peer::answering(OK).await;
    let url = format!("http://hooks.example.com:{}/", peer.port());
    let client = dns.client();
    client.check(&url).await.unwrap();
    let answer = client.send(post(&url), AMPLE).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.timings.resolve.is_some() && answer.timings.connect.is_some());
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_not() {
    let dns = Dns::start(|_| Reply::of(&["127.0.0.1"])).await;
    let peer = Peer::answering(OK).await;
    let url = format!("http://hooks.example.com:{}/", peer.port());
    let client = dns.strict_client();
    let refusal = client.check(&url).await.unwrap_err();
    assert_eq!(refusal, Refusal::ForbiddenAddress("hooks.example.com".to_owned()));
    assert!(!refusal.to_string().contains("127.0.0.1"), "an inner address is not told");
    let failure = client.send(post(&url), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
    assert_eq!(failure.message, refusal.to_string());
    assert_eq!(peer.n_accepted(), 0);
}

#[tokio::test]
async fn one_forbidden_answer_spoils_all() {
    let mixes: [&[&str]; 8] = [
        &["1.1.1.1", "10.0.0.1"],
        &["10.0.0.1", "1.1.1.1"],
        &["1.1.1.1", "169.254.169.254"],
        &["1.1.1.1", "::1"],
        &["1.1.1.1", "fd00:ec2::254"],
        &["2606:4700::1111", "::ffff:10.0.0.1"],
        &["2606:4700::1111", "64:ff9b::7f00:1"],
        &["1.1.1.1", "168.63.129.16"],
    ];
    for mix in mixes {
        let reply = Reply::of(mix);
        let dns = Dns::start(move |_| reply.clone()).await;
        let refusal = dns.strict_client().check("https://mixed.example.com/").await.unwrap_err();
        assert_eq!(refusal.code(), "forbidden_address", "{mix:?}");
    }
    let dns = Dns::start(|_| Reply::of(&["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::101:101"])).await;
    dns.strict_client().check("https://public.example.com/").await.unwrap();
}

#[tokio::test]
async fn the_last_of_many_answers_counts() {
    let mut addresses = vec!["1.1.1.1"; 59];
    let public = Reply::of(&addresses);
    addresses.push("192.168.1.1");
    let spoiled = Reply::of(&addresses);
    let dns = Dns::start(move |name| if name.starts_with("spoiled") { spoiled.clone() } else { public.clone() }).await;
    let client = dns.strict_client();
    client.check("https://public.example.com/").await.unwrap();
    assert_eq!(client.check("https://spoiled.example.com/").await.unwrap_err().code(), "forbidden_address");
}

#[tokio::test]
async fn an_alias_is_judged_by_where_it_leads() {
    let dns = Dns::start(|name| match name {
        "inner.example.com." => Reply::Alias("metadata.example.net", vec!["169.254.169.254".parse().unwrap()]),
        _ => Reply::Alias("web.example.net", vec!["1.1.1.1".parse().unwrap()]),
    })
    .await;
    let client = dns.strict_client();
    client.check("https://outer.example.com/").await.unwrap();
    assert_eq!(client.check("https://inner.example.com/").await.unwrap_err().code(), "forbidden_address");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let n_asked = AtomicUsize::new(0);
    // A and AAAA are asked for together: the first pair is the check, the second the connection.
    let dns = Dns::start(move |_| match n_asked.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Reply::of(&["127.0.0.1"]),
        _ => Reply::of(&["127.0.0.2"]),
    })
    .await;
    let peer = Peer::at("127.0.0.2:0", |_| async {}).await;
    let url = format!("http://rebind.example.com:{}/", peer.port());
    let client = dns.client();
    client.check(&url).await.unwrap();
    let failure = client.send(post(&url), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden, "{failure}");
    assert_eq!(peer.n_accepted(), 0);
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_does_not_answer() {
    let dns = Dns::start(|_| Reply::of(&["127.0.0.3", "127.0.0.4", "127.0.0.1"])).await;
    let peer = Peer::answering(OK).await;
    let client = dns.client_with(|config| config.allow = vec!["127.0.0.0/8".parse().unwrap()]);
    let url = format!("http://several.example.com:{}/", peer.port());
    assert_eq!(client.send(post(&url), AMPLE).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let dns = Dns::start(|name| if name.starts_with("empty") { Reply::of(&[]) } else { Reply::NoSuchName }).await;
    let client = dns.client();
    for url in ["https://nowhere.example.com/", "https://empty.example.com/"] {
        let refusal = client.check(url).await.unwrap_err();
        assert_eq!(refusal.code(), "name_not_found");
        assert!(refusal.is_unresolved());
        let failure = client.send(post(url), AMPLE).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Resolve);
        assert!(failure.timings.resolve.is_some() && failure.timings.connect.is_none());
    }
}

#[tokio::test]
async fn a_resolver_that_fails() {
    let dns = Dns::start(|_| Reply::Failure).await;
    let refusal = dns.client().check("https://hooks.example.com/").await.unwrap_err();
    assert_eq!(refusal.code(), "resolver_failed");
    assert!(refusal.is_unresolved());
    assert_eq!(
        dns.client().send(post("https://hooks.example.com/"), AMPLE).await.unwrap_err().kind,
        FailureKind::Resolve
    );
}

#[tokio::test]
async fn a_resolver_that_is_away() {
    let address = closed_port().await;
    let client = configured(|config| {
        config.nameservers = vec![address];
        config.resolve_within = Duration::from_millis(300);
    });
    assert_eq!(client.check("https://hooks.example.com/").await.unwrap_err().code(), "resolver_failed");
}

#[tokio::test]
async fn a_resolver_that_is_silent_is_given_up_in_time() {
    let dns = Dns::start(|_| Reply::Silence).await;
    let client = dns.client_with(|config| config.resolve_within = Duration::from_millis(200));
    let began = Instant::now();
    assert_eq!(client.check("https://hooks.example.com/").await.unwrap_err().code(), "resolver_failed");
    assert!(began.elapsed() < Duration::from_secs(5));
    let failure = dns.client().send(post("https://hooks.example.com/"), Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Resolve, "the deadline covers the look-up: {failure}");
}

#[tokio::test]
async fn names_are_complete_and_asked_for_once() {
    let dns = Dns::start(|_| Reply::NoSuchName).await;
    dns.client().check("https://hooks.example.com/").await.unwrap_err();
    let mut asked = dns.asked();
    asked.dedup();
    assert_eq!(asked, ["hooks.example.com."], "no search domains");
}

#[tokio::test]
async fn a_final_dot_changes_nothing() {
    let dns = Dns::start(|_| Reply::of(&["10.0.0.1"])).await;
    let client = dns.strict_client();
    assert_eq!(client.check("https://hooks.example.com./").await.unwrap_err().code(), "forbidden_address");
    assert_eq!(dns.asked()[0], "hooks.example.com.");
}

#[tokio::test]
async fn a_private_name_works_when_it_leads_into_an_allowed_network() {
    let dns = Dns::start(|name| match name {
        "stray." => Reply::of(&["1.1.1.1"]),
        "torn." => Reply::of(&["127.0.0.1", "1.1.1.1"]),
        _ => Reply::of(&["127.0.0.1"]),
    })
    .await;
    let peer = Peer::answering(OK).await;
    let client = dns.client();
    for name in ["handler", "host.docker.internal", "handler.default.svc.cluster.local", "nas.lan"] {
        let url = format!("http://{name}:{}/", peer.port());
        client.check(&url).await.unwrap();
        assert_eq!(client.send(post(&url), AMPLE).await.unwrap().status, 200, "{name}");
    }
    for name in ["stray", "torn"] {
        let url = format!("http://{name}:{}/", peer.port());
        assert_eq!(client.check(&url).await.unwrap_err().code(), "private_name");
        assert_eq!(client.send(post(&url), AMPLE).await.unwrap_err().kind, FailureKind::Forbidden);
    }
}

#[tokio::test]
async fn private_names_are_not_even_looked_up_without_an_allowed_network() {
    let dns = Dns::start(|_| Reply::of(&["1.1.1.1"])).await;
    let client = dns.strict_client();
    for url in ["http://handler:8080/", "https://a.internal/", "http://localhost/", "https://x.onion/"] {
        assert_eq!(client.check(url).await.unwrap_err().code(), "private_name", "{url}");
        assert_eq!(client.send(post(url), AMPLE).await.unwrap_err().kind, FailureKind::Forbidden, "{url}");
    }
    assert!(dns.asked().is_empty());
    client.check("https://public.example.com/").await.unwrap();
    assert!(!dns.asked().is_empty());
}

#[tokio::test]
async fn localhost_needs_no_dns() {
    let dns = Dns::start(|_| Reply::of(&["1.1.1.1"])).await;
    let peer = Peer::answering(OK).await;
    let url = format!("http://localhost:{}/", peer.port());
    let client = dns.client();
    client.check(&url).await.unwrap();
    assert_eq!(client.send(post(&url), AMPLE).await.unwrap().status, 200);
    assert!(dns.asked().is_empty());
}

#[tokio::test]
async fn plain_http_to_names_follows_the_addresses() {
    let dns = Dns::start(|name| Reply::of(if name.starts_with("near") { &["127.0.0.1"] } else { &["1.1.1.1"] })).await;
    let client = dns.client_with(|config| config.allow_http = false);
    client.check("http://near.example.com/").await.unwrap();
    client.check("https://far.example.com/").await.unwrap();
    assert_eq!(client.check("http://far.example.com/").await.unwrap_err().code(), "not_https");
}
