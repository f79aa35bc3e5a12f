//! A server that goes away and comes back, and one that can be used at all.

use std::time::{Duration, Instant};

use anyhook_store::{OpenOptions, Schema, Store, StoreError, log::Appended};

use crate::{
    fixture::{event_to, on_both, on_postgres_at, rows},
    proxy::Proxy,
};

on_both! {
    a_rehearsal_leaves_nothing
    the_schema_is_current
}

async fn a_rehearsal_leaves_nothing(store: Store) {
    for _ in 0..3 {
        store.try_append().await.unwrap();
    }
    let event = event_to(&[1]);
    assert_eq!(store.append(std::slice::from_ref(&event)).await.unwrap(), [Appended::Stored]);
}

async fn the_schema_is_current(store: Store) {
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
}

#[tokio::test]
async fn a_rehearsal_is_seen_by_nobody_and_finds_what_is_missing() {
    on_postgres_at(async |store, url| {
        store.try_append().await.unwrap();
        let left = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM event_keys) + \
            (SELECT count(*) FROM event_contents)";
        assert_eq!(rows(&url, left).await, [0]);
        change(&url, "ALTER TABLE event_contents RENAME TO elsewhere").await;
        assert!(store.try_append().await.is_err());
    })
    .await;
}

async fn change(url: &str, statement: &'static str) {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_schema_is_missing_then_current_then_ahead() {
    on_postgres_at(async |store, url| {
        change(&url, "INSERT INTO _sqlx_migrations SELECT 9000, 'x', now(), TRUE, '', 0").await;
        assert!(matches!(store.schema().await.unwrap(), Schema::Ahead { applied: 9000, .. }));
        change(&url, "DELETE FROM _sqlx_migrations WHERE version > 1").await;
        assert!(matches!(store.schema().await.unwrap(), Schema::Behind { applied: 1, .. }));
        change(&url, "DROP TABLE _sqlx_migrations").await;
        assert_eq!(store.schema().await.unwrap(), Schema::Missing);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_refuses_is_noticed_within_the_given_time() {
    on_postgres_at(async |_, url| {
        let (mut proxy, url) = Proxy::start(&url).await;
        let options = OpenOptions { n_connections: 2, acquire_within: Duration::from_millis(300) };
        let store = Store::open_with(&url, options).await.unwrap();
        let event = event_to(&[1]);
        store.append(std::slice::from_ref(&event)).await.unwrap();
        proxy.close().await;
        for _ in 0..3 {
            let start = Instant::now();
            let error = store.append(&[event_to(&[1])]).await.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
        proxy.open().await;
        store.append(&[event_to(&[1])]).await.unwrap();
        assert!(store.content(event.id).await.unwrap().is_some());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_fell_silent_makes_room_for_a_new_one() {
    on_postgres_at(async |_, url| {
        let (proxy, url) = Proxy::start(&url).await;
        let options = OpenOptions { n_connections: 1, acquire_within: Duration::from_secs(10) };
        let store = Store::open_with(&url, options).await.unwrap();
        // Once it is used again at once, and once it was idle for long enough to be asked. Not while it is on its way back:
        // the pool itself asks it then, and waits for as long as TCP does.
        for pause_ms in [200, 1_500] {
            store.append(&[event_to(&[1])]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            proxy.fall_silent();
            let appended = if pause_ms == 200 {
                let hung = tokio::time::timeout(Duration::from_millis(100), store.append(&[event_to(&[1])])).await;
                assert!(hung.is_err());
                store.append(&[event_to(&[1])]).await
            } else {
                store.append(&[event_to(&[1])]).await
            };
            assert_eq!(appended.unwrap(), [Appended::Stored]);
        }
    })
    .await;
}
