//! What goes out is what was asked for, and nothing else.

use std::sync::{Arc, Mutex};

use anyhook_egress::{FailureKind, Outgoing};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{AMPLE, OK, Peer, configured, local, post, read_request, send, split};

/// A peer that remembers the last request.
async fn recorder() -> (Peer, Arc<Mutex<Vec<u8>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let peer = Peer::start(move |mut stream| {
        let record = Arc::clone(&record);
        async move {
            let request = read_request(&mut stream).await;
            *record.lock().unwrap() = request;
            stream.write_all(OK).await.unwrap();
        }
    })
    .await;
    (peer, seen)
}

async fn head_of(request: Outgoing, seen: &Mutex<Vec<u8>>) -> String {
    local().send(request, AMPLE).await.unwrap();
    let seen = seen.lock().unwrap();
    String::from_utf8_lossy(split(&seen).0).into_owned()
}

#[tokio::test]
async fn a_success_comes_back_with_its_parts() {
    let peer = Peer::answering("HTTP/1.1 201 Created\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: 4\r\n\r\ndone").await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(answer.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(answer.body, "done");
    assert!(!answer.truncated);
    let timings = answer.timings;
    assert!(timings.connect.is_some() && timings.first_byte.is_some());
    assert!(timings.resolve.is_none() && timings.tls.is_none() && !timings.reused);
    assert!(timings.total >= timings.first_byte.unwrap());
}

#[tokio::test]
async fn body_bytes_arrive_unchanged() {
    let (peer, seen) = recorder().await;
    let body: Bytes = (0..=255u8).cycle().take(300_000).collect();
    let request = Outgoing { body: body.clone(), ..post(&peer.url()) };
    local().send(request, AMPLE).await.unwrap();
    assert_eq!(split(&seen.lock().unwrap()).1, body);
}

#[tokio::test]
async fn method_path_and_query_arrive_unchanged() {
    let (peer, seen) = recorder().await;
    let url = format!("http://{}/a%2Fb//c/;d?x=1&x=2&y=%20+%7B~'", peer.address);
    let request = Outgoing { method: Method::DELETE, ..post(&url) };
    let head = head_of(request, &seen).await;
    assert_eq!(head.lines().next().unwrap(), "DELETE /a%2Fb//c/;d?x=1&x=2&y=%20+%7B~%27 HTTP/1.1");
}

#[tokio::test]
async fn headers_arrive_unchanged_even_when_they_are_not_text() {
    let (peer, seen) = recorder().await;
    let mut headers = HeaderMap::new();
    headers.append("x-signature", HeaderValue::from_bytes(b"caf\xe9\xff").unwrap());
    headers.append("x-twice", HeaderValue::from_static("a"));
    headers.append("x-twice", HeaderValue::from_static("b"));
    local().send(Outgoing { headers, ..post(&peer.url()) }, AMPLE).await.unwrap();
    let seen = seen.lock().unwrap();
    let contains = |part: &[u8]| seen.windows(part.len()).any(|window| window == part);
    assert!(contains(b"x-signature: caf\xe9\xff\r\n"));
    assert!(contains(b"x-twice: a\r\nx-twice: b\r\n"));
}

#[tokio::test]
async fn nothing_is_added_but_what_http_needs() {
    let (peer, seen) = recorder().await;
    let head = head_of(post(&peer.url()), &seen).await;
    let mut names: Vec<_> = head.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "host", "user-agent"]);
    assert!(head.contains(&format!("host: {}", peer.address)));
}

#[tokio::test]
async fn an_empty_body_is_announced_as_empty() {
    let (peer, seen) = recorder().await;
    let head = head_of(Outgoing { body: Bytes::new(), ..post(&peer.url()) }, &seen).await;
    assert!(head.contains("content-length: 0"), "{head}");
}

#[tokio::test]
async fn the_user_agent_is_a_default_only() {
    let (peer, seen) = recorder().await;
    let mut request = post(&peer.url());
    assert!(head_of(request.clone(), &seen).await.contains("user-agent: AnyHook/"));
    request.headers.insert("user-agent", HeaderValue::from_static("Provider/1"));
    let head = head_of(request.clone(), &seen).await;
    assert!(head.contains("user-agent: Provider/1") && !head.contains("AnyHook/"), "{head}");
    request.headers.remove("user-agent");
    configured(|config| config.user_agent = "Mine/2".to_owned()).send(request, AMPLE).await.unwrap();
    assert!(String::from_utf8_lossy(&seen.lock().unwrap()).contains("user-agent: Mine/2"));
}

#[tokio::test]
async fn a_caller_cannot_frame_the_request() {
    let (peer, seen) = recorder().await;
    let mut request = post(&peer.url());
    let smuggled = [
        ("host", "internal.example"),
        ("content-length", "900"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("expect", "100-continue"),
        ("te", "trailers"),
        ("keep-alive", "timeout=900"),
        ("proxy-authorization", "Basic Zm9v"),
    ];
    for (name, value) in smuggled {
        request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let head = head_of(request, &seen).await;
    for line in [format!("host: {}", peer.address), "content-length: 2".to_owned()] {
        assert_eq!(head.lines().filter(|other| **other == line).count(), 1, "{head}");
    }
    for (_, value) in smuggled {
        assert!(!head.contains(&format!(": {value}")), "{head}");
    }
}

#[tokio::test]
async fn connect_is_never_sent() {
    let peer = Peer::answering(OK).await;
    let request = Outgoing { method: Method::CONNECT, ..post(&peer.url()) };
    let failure = local().send(request, AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
    assert_eq!(peer.n_accepted(), 0);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let peer = Peer::persistent(OK).await;
    let client = local();
    let first = client.send(post(&peer.url()), AMPLE).await.unwrap();
    let second = client.clone().send(post(&peer.url()), AMPLE).await.unwrap();
    assert!(!first.timings.reused && first.timings.connect.is_some());
    assert!(second.timings.reused && second.timings.connect.is_none() && second.timings.first_byte.is_some());
    assert_eq!(peer.n_accepted(), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_used_again() {
    let (closed, mut was_closed) = tokio::sync::mpsc::unbounded_channel();
    let peer = Peer::start(move |mut stream| {
        let closed = closed.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(OK).await.unwrap();
            stream.shutdown().await.unwrap();
            // The client has noticed when it closes its side too.
            assert!(read_request(&mut stream).await.is_empty());
            closed.send(()).unwrap();
        }
    })
    .await;
    let client = local();
    client.send(post(&peer.url()), AMPLE).await.unwrap();
    was_closed.recv().await.unwrap();
    let second = client.send(post(&peer.url()), AMPLE).await.unwrap();
    assert!(!second.timings.reused);
    assert_eq!(peer.n_accepted(), 2);
}

#[tokio::test]
async fn an_answer_is_taken_before_the_whole_body_was_read() {
    let peer = Peer::start(|mut stream| async move {
        stream.read_exact(&mut [0; 100]).await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let request = Outgoing { body: vec![b'x'; 64 << 20].into(), ..post(&peer.url()) };
    assert_eq!(local().send(request, AMPLE).await.unwrap().status, 413);
}
