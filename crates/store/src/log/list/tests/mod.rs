//! Each walk goes through the index that was made for it, on both databases.

use anyhook_domain::event::EventStatus;
use sqlx::Row;

mod long;

use super::*;
use crate::{Store, config::ScratchDatabase, pools::Pools};

const INDEXES: [(Wanted, &str, &str); 8] = [
    (Wanted::Any, "events_by_tenant", "events_by_app"),
    (Wanted::Status(EventStatus::Success), "events_by_tenant", "events_by_app"),
    (Wanted::Status(EventStatus::Rejected), "events_rejected", "events_rejected_of_app"),
    (Wanted::Status(EventStatus::Queued), "deliveries_undelivered", "deliveries_undelivered_of_app"),
    (Wanted::Status(EventStatus::Retrying), "deliveries_undelivered", "deliveries_undelivered_of_app"),
    (Wanted::Status(EventStatus::Held), "deliveries_undelivered", "deliveries_undelivered_of_app"),
    (Wanted::Status(EventStatus::Failed), "deliveries_undelivered", "deliveries_undelivered_of_app"),
    (Wanted::Undelivered, "deliveries_undelivered", "deliveries_undelivered_of_app"),
];

fn filter(wanted: Wanted, app: Option<AppId>) -> EventFilter {
    let narrowing = Narrowing::default();
    EventFilter { tenant: TenantId(Uuid::nil()), app, wanted, narrowing, before: None, limit: 50 }
}

/// Each from both ends; with a provider's id, that leads, whatever else is wanted.
fn walks() -> impl Iterator<Item = (EventFilter, bool, &'static str)> {
    let by_state = INDEXES.into_iter().flat_map(move |(wanted, of_tenant, of_app)| {
        [(filter(wanted, None), of_tenant), (filter(wanted, Some(AppId(Uuid::nil()))), of_app)]
    });
    let by_id = [Wanted::Any, Wanted::Status(EventStatus::Failed)].map(|wanted| {
        let narrowing = Narrowing { provider_id: Some("pi_1".into()), ..Narrowing::default() };
        (EventFilter { narrowing, ..filter(wanted, Some(AppId(Uuid::nil()))) }, "events_by_provider_id")
    });
    by_state.chain(by_id).flat_map(|(filter, index)| [(filter.clone(), false, index), (filter, true, index)])
}

fn n_walks(filter: &EventFilter) -> usize {
    if filter.narrowing.provider_id.is_some() { 1 } else { filter.wanted.states().len().max(1) }
}

#[tokio::test]
async fn walks_go_through_their_indexes_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
    store.migrate().await.unwrap();
    let Pools::Sqlite { readers, .. } = &*store.pools else { panic!("it is SQLite") };
    for (filter, is_oldest_first, index) in walks() {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", walk(&filter, is_oldest_first).0)));
        let plan: Vec<String> = plan.fetch_all(readers).await.unwrap().iter().map(|line| line.get("detail")).collect();
        let searches: Vec<_> = plan.iter().filter(|line| line.starts_with("SEARCH ")).collect();
        assert_eq!(searches.len(), n_walks(&filter), "{filter:?}: {plan:?}");
        let is_good = |line: &String| line.contains(&format!("INDEX {index} (")) && line.contains("id<?)");
        assert!(searches.into_iter().all(is_good), "{filter:?}: {plan:?}");
        assert!(!plan.iter().any(|line| line.starts_with("SCAN ") && line != "SCAN s"), "{filter:?}: {plan:?}");
    }
    store.close().await;
}

/// A hundred apps of ten tenants with as many events each; a few of them rejected, a few not delivered.
const FILL: [&str; 4] = [
    "-- fill events\nINSERT INTO events (id, tenant_id, app_id, source, received_at, method, path_rest, is_conflicting, \
     verification, rejection, body_hash, body_bytes, key_version, traceparent) SELECT md5('event' || n)::uuid, \
     lpad((n % 10)::text, 32, '0')::uuid, lpad((n % 100)::text, 32, '0')::uuid, 'generic', 0, 'POST', '', FALSE, \
     'failed', CASE WHEN n % 37 = 0 THEN 'forged' END, '', 0, 1, '' FROM generate_series(1, 5000) n",
    "-- fill deliveries\nINSERT INTO deliveries (id, event_id, tenant_id, app_id, destination_id, triggered_by, state, \
     attempts, is_current, created_at, finished_at, due_at, held_reason) SELECT md5('delivery' || n)::uuid, \
     md5('event' || n)::uuid, lpad((n % 10)::text, 32, '0')::uuid, lpad((n % 100)::text, 32, '0')::uuid, \
     lpad((n % 100)::text, 32, '0')::uuid, 'initial', s.state, 1, TRUE, 0, \
     CASE WHEN s.state IN ('success', 'failed') THEN 1 END, CASE WHEN s.state = 'pending' THEN 1 END, \
     CASE WHEN s.state = 'held' THEN 'app_paused' END FROM generate_series(1, 5000) n, \
     LATERAL (SELECT CASE n % 37 WHEN 1 THEN 'failed' WHEN 2 THEN 'pending' WHEN 3 THEN 'held' ELSE 'success' END) \
     AS s(state)",
    "ANALYZE",
    // At this size sorting costs nothing; at any other it does.
    "SET enable_bitmapscan = off",
];

/// What was replayed to a URL takes nobody's place in a walk.
async fn assert_asides_are_passed_over(store: &Store, connection: &mut sqlx::PgConnection) {
    let n_proposed = async || {
        let range = Range { after: Uuid::nil(), before: Uuid::max(), is_oldest_first: false };
        let status = Wanted::Status(EventStatus::Failed);
        store.propose(&filter(status, None), range, 500).await.unwrap().len()
    };
    assert!(n_proposed().await > 5);
    let change = "-- make them asides\nUPDATE deliveries SET is_aside = TRUE WHERE state = 'failed'";
    sqlx::query(change).execute(connection).await.unwrap();
    assert_eq!(n_proposed().await, 0);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
async fn walks_go_through_their_indexes_on_postgres() {
    let Ok(server) = std::env::var("ANYHOOK_TEST_POSTGRES_URL") else {
        return eprintln!("skipped: ANYHOOK_TEST_POSTGRES_URL is not set; scripts/test sets it");
    };
    let database = ScratchDatabase::create(&server).await.unwrap();
    let store = Store::open(database.url()).await.unwrap();
    store.migrate().await.unwrap();
    let Pools::Postgres(pool) = &*store.pools else { panic!("it is PostgreSQL") };
    let mut connection = pool.acquire().await.unwrap();
    for statement in FILL {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    for (filter, is_oldest_first, _) in walks() {
        let text = format!("EXPLAIN {}", walk(&filter, is_oldest_first).0);
        let query = sqlx::query_scalar(AssertSqlSafe(text)).bind(filter.tenant.0).bind(Uuid::max()).bind(51i64);
        let query = match (&filter.narrowing.provider_id, filter.app) {
            (Some(provider_id), _) => query.bind(Uuid::nil()).bind(provider_id),
            (None, Some(app)) => query.bind(Uuid::nil()).bind(app.0),
            (None, None) => query.bind(Uuid::nil()),
        };
        let plan: Vec<String> = query.fetch_all(&mut *connection).await.unwrap();
        let lines = |word: &str| plan.iter().filter(|line| line.contains(word)).collect::<Vec<_>>();
        // The indexes of partitions have names of their own; what they are asked, and what is left to ask, tells.
        let using = if is_oldest_first { "Scan using" } else { "Scan Backward using" };
        let found = [lines("Scan"), lines(using), lines("Index Cond")].map(|lines| lines.len());
        assert_eq!(found, [n_walks(&filter); 3], "{filter:?}: {plan:#?}");
        let is_by_id = filter.narrowing.provider_id.is_some();
        let owner = if filter.app.is_some() && !is_by_id { "((app_id = " } else { "((tenant_id = " };
        assert!(lines("Index Cond").iter().all(|line| line.contains(owner) && line.contains("id < ")), "{plan:#?}");
        let is_harmless = |line: &&String| !line.contains("state") && !line.contains("rejection");
        assert!(lines("Filter").iter().all(is_harmless), "{filter:?}: {plan:#?}");
    }
    assert_asides_are_passed_over(&store, &mut connection).await;
    drop(connection);
    store.close().await;
    database.remove().await.unwrap();
}
