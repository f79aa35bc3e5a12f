//! A database of its own for each test, and rows to put into it.

use std::{future::Future, time::Duration};

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, LeaseId, TenantId, Timestamp,
    delivery::{Hint, Lease, State},
    event::Verification,
    retry::Next,
};
use anyhook_store::{
    Store,
    config::ScratchDatabase,
    log::{AttemptRecord, Claim, NewDelivery, NewEvent, Seen, Settlement},
};
use sqlx::Connection;
use uuid::Uuid;

pub(crate) const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// Runs a test on each database.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                $crate::fixture::on_sqlite(super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                $crate::fixture::on_postgres(super::$name).await;
            }
        }
    )*};
}
pub(crate) use on_both;

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
    store.migrate().await.unwrap();
    test(store.clone()).await;
    store.close().await;
}

#[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
pub(crate) fn postgres_url() -> Option<String> {
    let url = std::env::var("ANYHOOK_TEST_POSTGRES_URL").ok();
    if url.is_none() {
        eprintln!("skipped: ANYHOOK_TEST_POSTGRES_URL is not set; scripts/test sets it");
    }
    url
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    on_postgres_at(async |store, _| test(store).await).await;
}

/// For tests that look at the database itself, whose URL they get.
pub(crate) async fn on_postgres_at(test: impl AsyncFnOnce(Store, String)) {
    let Some(server) = postgres_url() else { return };
    let database = ScratchDatabase::create(&server).await.unwrap();
    let store = Store::open(database.url()).await.unwrap();
    store.migrate().await.unwrap();
    test(store.clone(), database.url().to_owned()).await;
    store.close().await;
    database.remove().await.unwrap();
}

/// What a statement answers with: one number a row.
pub(crate) async fn rows(url: &str, statement: &'static str) -> Vec<i64> {
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query_scalar(statement).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows
}

pub(crate) fn app(n: u128) -> AppId {
    AppId(Uuid::from_u128(n))
}

pub(crate) fn destination(n: u128) -> DestinationId {
    DestinationId(Uuid::from_u128(1_000 + n))
}

/// An accepted event of app 1 without deliveries.
pub(crate) fn event() -> NewEvent {
    NewEvent {
        id: EventId::new(NOW, rand::random()),
        tenant_id: TenantId(Uuid::from_u128(1)),
        app_id: app(1),
        source: "replicate",
        received_at: NOW,
        method: "POST".into(),
        path_rest: "/rest".into(),
        event_type: Some("prediction.succeeded".into()),
        provider_id: None,
        dedup_key: None,
        verification: Verification::Verified,
        rejection: None,
        body_hash: [1; 32],
        body_bytes: 4,
        key_version: 1,
        salt: [7; 16],
        sealed_head: b"head".to_vec(),
        sealed_body: b"body".to_vec(),
        terms: Vec::new(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
        keep_until: None,
        deliveries: Vec::new(),
    }
}

/// An event on its way to destinations.
pub(crate) fn event_to(destinations: &[u128]) -> NewEvent {
    let delivery = |n: &u128| NewDelivery {
        id: DeliveryId::new(NOW, rand::random()),
        destination_id: destination(*n),
        due_at: NOW + GRACE,
        held: None,
    };
    NewEvent { deliveries: destinations.iter().map(delivery).collect(), ..event() }
}

pub(crate) fn hints(events: &[NewEvent]) -> Vec<Hint> {
    let deliveries = events.iter().flat_map(|event| &event.deliveries);
    let hint = |it: &NewDelivery| Hint { delivery_id: it.id, destination_id: it.destination_id, attempts: 0 };
    deliveries.map(hint).collect()
}

pub(crate) fn claim(delivery_id: DeliveryId, attempts: u32) -> Claim {
    Claim {
        seen: Seen { delivery_id, attempts },
        lease_id: LeaseId(Uuid::new_v4()),
        claimed_at: NOW,
        until: NOW + Duration::from_secs(360),
        due_by: NOW + Duration::from_secs(400 * 24 * 60 * 60),
    }
}

pub(crate) fn settlement(lease: &Lease, next: Next) -> Settlement {
    Settlement {
        delivery_id: lease.delivery_id,
        event_id: lease.event_id,
        lease_id: lease.id,
        next,
        settled_at: NOW,
        attempt: AttemptRecord {
            number: lease.number(),
            started_at: NOW,
            duration_ms: 5,
            outcome: "success",
            status_code: Some(200),
            error: None,
            url: "http://127.0.0.1/hook".into(),
            resolve_ms: None,
            connect_ms: Some(1),
            tls_ms: None,
            first_byte_ms: Some(4),
            sealed_answer: Some(b"answer".to_vec()),
            answer_truncated: false,
        },
    }
}

pub(crate) fn ended(state: State) -> Next {
    Next { state, due_at: None, pause_destination: false }
}

pub(crate) fn retry_at(due_at: Timestamp) -> Next {
    Next { state: State::Pending, due_at: Some(due_at), pause_destination: false }
}

/// Appends one event to one destination and claims its delivery.
pub(crate) async fn claimed(store: &Store) -> Lease {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let leases = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap();
    leases[0]
}
