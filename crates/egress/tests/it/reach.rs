//! Written-out addresses: the rules hold at sending too, and nothing reaches what is forbidden.

use anyhook_egress::FailureKind;

use crate::support::{AMPLE, OK, Peer, configured, local, post, strict};

#[tokio::test]
async fn loopback_is_not_dialled_unless_it_is_allowed() {
    let peer = Peer::answering(OK).await;
    for host in ["127.0.0.1", "localhost", "app.localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] {
        let url = format!("http://{host}:{}/", peer.port());
        let failure = strict().send(post(&url), AMPLE).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{url}");
        assert_eq!(peer.n_accepted(), 0, "{url}");
    }
    for host in ["127.0.0.1", "localhost", "app.localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", peer.port());
        assert_eq!(local().send(post(&url), AMPLE).await.unwrap().status, 200, "{url}");
    }
    assert_eq!(peer.n_accepted(), 4);
}

#[tokio::test]
async fn an_allowed_address_allows_no_other() {
    let peer = Peer::at("127.0.0.2:0", |_| async {}).await;
    let failure = local().send(post(&peer.url()), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
    assert_eq!(peer.n_accepted(), 0);
}

#[tokio::test]
async fn ipv6_loopback_is_reached_when_it_is_allowed() {
    let peer = Peer::at("[::1]:0", |mut stream| async move {
        crate::support::read_request(&mut stream).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK).await.unwrap();
    })
    .await;
    let client = configured(|config| config.allow = vec!["::1/128".parse().unwrap()]);
    for host in ["[::1]", "[0:0:0:0:0:0:0:1]", "localhost"] {
        let url = client.check(&format!("http://{host}:{}/", peer.port())).await.unwrap();
        assert_eq!(client.send(post(url.as_str()), AMPLE).await.unwrap().status, 200, "{host}");
    }
    let failure = local().send(post(&format!("http://[::1]:{}/", peer.port())), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn a_server_on_one_family_only_is_found_by_localhost() {
    let client = configured(|config| config.allow.push("::1/128".parse().unwrap()));
    let peer = Peer::at("[::1]:0", |mut stream| async move {
        crate::support::read_request(&mut stream).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK).await.unwrap();
    })
    .await;
    let url = format!("http://localhost:{}/", peer.port());
    assert_eq!(client.send(post(&url), AMPLE).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_rules_hold_for_urls_that_were_never_parsed_here() {
    for url in ["ftp://127.0.0.1/", "http://user:secret@127.0.0.1/", "http://127.0.0.1:0/", "http://169.254.169.254/"] {
        let failure = local().send(post(url), AMPLE).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{url}");
        assert!(!failure.message.contains("secret"));
    }
}

#[tokio::test]
async fn plain_http_can_be_closed_to_all_but_allowed_networks() {
    let peer = Peer::answering(OK).await;
    let client = configured(|config| config.allow_http = false);
    assert_eq!(client.send(post(&peer.url()), AMPLE).await.unwrap().status, 200);
    assert_eq!(client.parse("http://1.1.1.1/").unwrap_err().code(), "not_https");
    assert!(client.parse("https://1.1.1.1/").is_ok());
    let failure = client.send(post("http://1.1.1.1/"), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn ports_can_be_limited() {
    let peer = Peer::answering(OK).await;
    let client = configured(|config| config.ports = Some(vec![443, 8443]));
    let failure = client.send(post(&peer.url()), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
    assert_eq!(peer.n_accepted(), 0);
    assert!(client.parse("https://example.com/").is_ok());
    assert!(client.parse("https://example.com:8443/").is_ok());
    assert_eq!(client.parse("https://example.com:22/").unwrap_err().code(), "port");
    assert_eq!(client.parse("http://example.com/").unwrap_err().code(), "port");
}
