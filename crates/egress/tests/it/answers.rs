//! What comes back is bounded, and never interpreted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;

use crate::support::{AMPLE, OK, Peer, configured, local, post, read_request, send};

const KIB: usize = 1024;

fn with_body(n_bytes: usize) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {n_bytes}\r\n\r\n{}", "x".repeat(n_bytes))
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let other = Peer::answering(OK).await;
    for status in ["301", "302", "303", "307", "308"] {
        let peer = Peer::answering(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            other.url()
        ))
        .await;
        let answer = send(&peer.url()).await.unwrap();
        assert_eq!(answer.status.as_str(), status);
        assert_eq!(answer.headers["location"], other.url());
    }
    assert_eq!(other.n_accepted(), 0);
}

#[tokio::test]
async fn error_statuses_are_answers() {
    for status in ["400", "401", "404", "410", "429", "500", "503", "599"] {
        let head = format!("HTTP/1.1 {status} Whatever\r\nretry-after: -1\r\ncontent-length: 0\r\n\r\n");
        let answer = send(&Peer::answering(head).await.url()).await.unwrap();
        assert_eq!(answer.status.as_str(), status);
    }
}

#[tokio::test]
async fn a_204_ends_with_its_head() {
    let peer = Peer::persistent(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!(answer.status, 204);
    assert!(answer.body.is_empty() && !answer.truncated);
}

#[tokio::test]
async fn a_body_after_a_204_poisons_nothing() {
    let peer =
        Peer::persistent(b"HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nHTTP/1.1 500 Smuggled\r\n\r\n").await;
    let client = local();
    for _ in 0..2 {
        assert_eq!(client.send(post(&peer.url()), AMPLE).await.unwrap().status, 204);
    }
    assert_eq!(peer.n_accepted(), 2);
}

#[tokio::test]
async fn header_bytes_that_are_not_ascii_are_kept() {
    let peer = Peer::answering(&b"HTTP/1.1 200 OK\r\nx-name: \xe9\xff\xc3\xa9\r\ncontent-length: 0\r\n\r\n"[..]).await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!(answer.headers["x-name"].as_bytes(), b"\xe9\xff\xc3\xa9");
}

#[tokio::test]
async fn informational_answers_are_passed_over() {
    let peer = Peer::answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert_eq!(send(&peer.url()).await.unwrap().status, 202);
}

#[tokio::test]
async fn a_body_without_length_ends_with_the_connection() {
    let answer = send(&Peer::answering("HTTP/1.1 200 OK\r\n\r\nuntil the end").await.url()).await.unwrap();
    assert_eq!(answer.body, "until the end");
    assert!(!answer.truncated);
}

#[tokio::test]
async fn a_chunked_body_is_put_together() {
    let peer = Peer::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nx-trailer: 1\r\n\r\n",
    )
    .await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!(answer.body, "abcde");
    assert!(!answer.truncated);
}

#[tokio::test]
async fn nothing_is_decompressed() {
    let peer =
        Peer::answering(&b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00"[..])
            .await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!(&answer.body[..], b"\x1f\x8b\x08\x00");
    assert_eq!(answer.headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn as_much_as_is_kept_is_not_truncated() {
    let answer = send(&Peer::answering(with_body(16 * KIB)).await.url()).await.unwrap();
    assert_eq!((answer.body.len(), answer.truncated), (16 * KIB, false));
}

#[tokio::test]
async fn more_than_is_kept_is_truncated_and_read_to_its_end() {
    let peer = Peer::answering(with_body(16 * KIB + 1)).await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!((answer.body.len(), answer.truncated), (16 * KIB, true));
}

#[tokio::test]
async fn the_limits_are_exact() {
    let client = configured(|config| (config.read_bytes, config.keep_bytes) = (1000, 1000));
    for (n_bytes, kept, truncated) in [(999, 999, false), (1000, 1000, false), (1001, 1000, true), (9000, 1000, true)] {
        let peer = Peer::answering(with_body(n_bytes)).await;
        let answer = client.send(post(&peer.url()), AMPLE).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated), (kept, truncated), "{n_bytes} bytes");
    }
}

#[tokio::test]
async fn a_gigabyte_is_cut_off_and_not_drained() {
    const OFFERED: usize = 1 << 30;
    let n_written = Arc::new(AtomicUsize::new(0));
    let (done, mut is_done) = tokio::sync::mpsc::unbounded_channel();
    let count = Arc::clone(&n_written);
    let peer = Peer::start(move |mut stream| {
        let (count, done) = (Arc::clone(&count), done.clone());
        async move {
            read_request(&mut stream).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {OFFERED}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let block = vec![b'x'; 64 * KIB];
            while count.load(Ordering::SeqCst) < OFFERED && stream.write_all(&block).await.is_ok() {
                count.fetch_add(block.len(), Ordering::SeqCst);
            }
            done.send(()).unwrap();
        }
    })
    .await;
    let answer = send(&peer.url()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len(), answer.truncated), (200, 16 * KIB, true));
    is_done.recv().await.unwrap();
    // What the kernel's buffers took in before the connection was closed.
    assert!(n_written.load(Ordering::SeqCst) < 64 * KIB * KIB, "{n_written:?}");
}
