//! Receivers that break, hang or talk nonsense: each ends in its kind, in time, with a sentence for its owner.

use std::time::{Duration, Instant};

use anyhook_egress::{Failure, FailureKind};
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{AMPLE, Peer, SHORT, closed_port, local, post, read_request, send};

/// Closes with a RST in place of a FIN.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

async fn broken(answer: &'static [u8]) -> Failure {
    let peer = Peer::answering(answer).await;
    let failure = send(&peer.url()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure}");
    assert_eq!(peer.n_accepted(), 1, "nothing is sent twice");
    failure
}

/// Sends with a short deadline that must pass, and soon after it be noticed.
async fn overdue(peer: &Peer) -> Failure {
    let began = Instant::now();
    let failure = local().send(post(&peer.url()), SHORT).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout, "{failure}");
    assert!(failure.timings.total >= SHORT && began.elapsed() < SHORT + Duration::from_secs(5));
    assert!(failure.message.contains("0.5 s"), "{failure}");
    failure
}

#[tokio::test]
async fn a_closed_port() {
    let address = closed_port().await;
    let failure = send(&format!("http://{address}/")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect);
    assert!(failure.message.contains(&format!("port {} of 127.0.0.1", address.port())), "{failure}");
    assert!(failure.timings.connect.is_some() && failure.timings.first_byte.is_none());
}

#[tokio::test]
async fn a_reset_at_once() {
    let peer = Peer::start(|stream| async move { reset(stream) }).await;
    let failure = send(&peer.url()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure}");
}

#[tokio::test]
async fn a_reset_after_the_request() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        reset(stream);
    })
    .await;
    let failure = send(&peer.url()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure}");
    assert!(failure.message.contains("reset"), "{failure}");
    assert_eq!(peer.n_accepted(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn a_reset_in_the_body() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await.unwrap();
        reset(stream);
    })
    .await;
    let failure = send(&peer.url()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure}");
}

#[tokio::test]
async fn a_close_without_an_answer() {
    assert!(broken(b"").await.message.contains("closed the connection"));
}

#[tokio::test]
async fn a_close_inside_the_head() {
    broken(b"HTTP/1.1 200 OK\r\ncontent-le").await;
}

#[tokio::test]
async fn a_close_inside_the_body() {
    let failure = broken(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await;
    assert!(failure.timings.first_byte.is_some());
}

#[tokio::test]
async fn chunks_that_are_none() {
    broken(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\nabc\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_chunk_longer_than_any_number() {
    broken(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n").await;
}

#[tokio::test]
async fn chunks_that_end_too_soon() {
    broken(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc").await;
}

#[tokio::test]
async fn lengths_that_contradict_each_other() {
    broken(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab").await;
}

#[tokio::test]
async fn http_0_9() {
    assert!(broken(b"<html>hello</html>").await.message.contains("not HTTP/1.1"));
}

#[tokio::test]
async fn http_2_without_being_asked() {
    broken(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x07\x00\x00\x00\x00").await;
}

#[tokio::test]
async fn another_protocol() {
    assert!(broken(b"SSH-2.0-OpenSSH_9.6\r\n").await.message.contains("not HTTP/1.1"));
}

#[tokio::test]
async fn more_headers_than_anyone_needs() {
    let mut answer = String::from("HTTP/1.1 200 OK\r\n");
    (0..300).for_each(|n| answer.push_str(&format!("x-{n}: 1\r\n")));
    let failure = send(&Peer::answering(answer + "\r\n").await.url()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken);
    assert!(failure.message.contains("headers"), "{failure}");
}

#[tokio::test]
async fn a_head_as_long_as_a_book() {
    for (n_bytes, is_accepted) in [(60 * 1024, true), (200 * 1024, false)] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-long: {}\r\n\r\n", "x".repeat(n_bytes));
        let outcome = send(&Peer::answering(head).await.url()).await;
        assert_eq!(outcome.is_ok(), is_accepted, "{n_bytes} bytes");
    }
}

#[tokio::test]
async fn a_head_without_end() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nx-long: ").await.unwrap();
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    let failure = send(&peer.url()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure}");
    assert!(failure.message.contains("headers"), "{failure}");
}

#[tokio::test]
async fn silence_before_the_head() {
    let failure = overdue(&Peer::silent().await).await;
    assert!(failure.message.contains("did not answer"), "{failure}");
    assert!(failure.timings.connect.is_some() && failure.timings.first_byte.is_none());
}

#[tokio::test]
async fn silence_on_a_reused_connection() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(crate::support::OK).await.unwrap();
        while !read_request(&mut stream).await.is_empty() {}
    })
    .await;
    let client = local();
    client.send(post(&peer.url()), AMPLE).await.unwrap();
    let failure = client.send(post(&peer.url()), SHORT).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.timings.reused && failure.timings.connect.is_none());
    assert_eq!(peer.n_accepted(), 1);
}

#[tokio::test]
async fn silence_after_the_head() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart").await.unwrap();
        read_request(&mut stream).await;
    })
    .await;
    let failure = overdue(&peer).await;
    assert!(failure.message.contains("did not finish"), "{failure}");
    assert!(failure.timings.first_byte.is_some());
}

#[tokio::test]
async fn a_body_that_trickles_for_ever() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    overdue(&peer).await;
}

#[tokio::test]
async fn informational_answers_for_ever() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        while stream.write_all(b"HTTP/1.1 102 Processing\r\n\r\n").await.is_ok() {}
    })
    .await;
    overdue(&peer).await;
}

#[tokio::test]
async fn a_hundred_continue_and_nothing_else() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
        read_request(&mut stream).await;
    })
    .await;
    overdue(&peer).await;
}

#[tokio::test]
async fn a_body_that_nobody_reads() {
    let peer = Peer::start(|stream| async move {
        tokio::time::sleep(AMPLE).await;
        drop(stream);
    })
    .await;
    let mut request = post(&peer.url());
    request.body = vec![b'x'; 64 << 20].into();
    let failure = local().send(request, SHORT).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
}

#[tokio::test]
async fn a_deadline_closes_the_connection() {
    let (closed, mut was_closed) = tokio::sync::mpsc::unbounded_channel();
    let peer = Peer::start(move |mut stream| {
        let closed = closed.clone();
        async move {
            while !read_request(&mut stream).await.is_empty() {}
            closed.send(()).unwrap();
        }
    })
    .await;
    overdue(&peer).await;
    tokio::time::timeout(AMPLE, was_closed.recv()).await.expect("the connection is closed").unwrap();
}

#[tokio::test]
async fn many_that_hang_do_not_hold_up_one_that_answers() {
    let (hanging, answering) = (Peer::silent().await, Peer::persistent(crate::support::OK).await);
    let client = local();
    let hangs: Vec<_> = (0..50)
        .map(|_| {
            let (client, request) = (client.clone(), post(&hanging.url()));
            tokio::spawn(async move { client.send(request, AMPLE).await })
        })
        .collect();
    while hanging.n_accepted() < 50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.send(post(&answering.url()), AMPLE).await.unwrap().status, 200);
    assert!(hangs.iter().all(|hang| !hang.is_finished()), "all of them still hang");
}
