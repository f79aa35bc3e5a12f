//! What one process tells all the others.

use std::time::Duration;

use anyhook_store::{Announced, Announcements, MOST_ANNOUNCED_BYTES, Store};

use crate::{
    fixture::{on_both, on_postgres_at},
    proxy::Proxy,
};

on_both! {
    texts_are_heard_in_their_order
    a_text_that_is_too_long_is_refused
}

async fn text(announcements: &mut Announcements) -> String {
    loop {
        if let Announced::Text(text) = announcements.next().await {
            return text;
        }
    }
}

/// Announces until it is heard: before it is connected, a listener hears nothing.
async fn listening(store: &Store) -> Announcements {
    let mut announcements = store.announcements();
    loop {
        store.announce("first").await.unwrap();
        let next = tokio::time::timeout(Duration::from_millis(200), announcements.next()).await;
        if matches!(next, Ok(Announced::Text(_))) {
            return announcements;
        }
    }
}

async fn texts_are_heard_in_their_order(store: Store) {
    let mut listeners = [listening(&store).await, listening(&store).await];
    for n in 0..100 {
        store.announce(&n.to_string()).await.unwrap();
    }
    for listener in &mut listeners {
        let mut heard = text(listener).await;
        while heard == "first" {
            heard = text(listener).await;
        }
        for n in 0..100 {
            assert_eq!(heard, n.to_string());
            if n < 99 {
                heard = text(listener).await;
            }
        }
    }
}

async fn a_text_that_is_too_long_is_refused(store: Store) {
    let mut announcements = listening(&store).await;
    let longest = "x".repeat(MOST_ANNOUNCED_BYTES);
    let error = store.announce(&format!("{longest}x")).await.unwrap_err().to_string();
    assert!(error.contains("8000 bytes"), "{error}");
    store.announce(&longest).await.unwrap();
    assert_eq!(text(&mut announcements).await, longest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_opened_again_and_said_to_have_missed_some() {
    on_postgres_at(async |store, url| {
        let (mut proxy, by_proxy) = Proxy::start(&url).await;
        let other = Store::open(&by_proxy).await.unwrap();
        let mut announcements = other.announcements();
        assert_eq!(announcements.next().await, Announced::Missed);
        store.announce("before").await.unwrap();
        assert_eq!(announcements.next().await, Announced::Text("before".into()));
        for n in 0..2 {
            proxy.close().await;
            store.announce("lost").await.unwrap();
            let early = tokio::time::timeout(Duration::from_millis(300), announcements.next()).await;
            assert!(early.is_err(), "{early:?}");
            proxy.open().await;
            assert_eq!(announcements.next().await, Announced::Missed, "{n}");
            store.announce("after").await.unwrap();
            assert_eq!(announcements.next().await, Announced::Text("after".into()));
        }
    })
    .await;
}

#[tokio::test]
async fn who_lags_behind_has_missed_some() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
    let mut announcements = store.announcements();
    for n in 0..1000 {
        store.announce(&n.to_string()).await.unwrap();
    }
    assert_eq!(announcements.next().await, Announced::Missed);
    assert!(matches!(announcements.next().await, Announced::Text(_)));
}
