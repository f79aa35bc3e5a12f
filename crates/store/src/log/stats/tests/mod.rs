//! Each statement goes through the index that was made for it, on PostgreSQL with rows that make others tempting.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    statements::{backlog, earlier, failing},
    *,
};
use crate::{
    Store,
    batched::{Batched, Placeholders},
    config::ScratchDatabase,
    pools::Pools,
};

/// A hundred tenants with ten apps each, and 200 events each over two days; a tenth of them not delivered.
const FILL: [&str; 5] = [
    "-- fill events\nINSERT INTO events (id, tenant_id, app_id, source, received_at, method, path_rest, is_conflicting, \
     verification, rejection, body_hash, body_bytes, key_version, traceparent) SELECT \
     rpad(lpad(to_hex(1750000000000 + n * 8640), 12, '0') || lpad(to_hex(n), 10, '0'), 32, '0')::uuid, \
     lpad((n % 100)::text, 32, '0')::uuid, lpad((n % 1000)::text, 32, '0')::uuid, 'generic', 1750000000000 + n * 8640, \
     'POST', '', FALSE, 'failed', CASE WHEN n % 37 = 0 THEN 'forged' END, '', 0, 1, '' FROM generate_series(1, 20000) n",
    "-- fill deliveries\nINSERT INTO deliveries (id, event_id, tenant_id, app_id, destination_id, triggered_by, state, \
     attempts, is_current, created_at, finished_at, due_at, held_reason) SELECT e.id, e.id, e.tenant_id, e.app_id, \
     e.app_id, 'initial', s.state, 1, TRUE, e.received_at, CASE WHEN s.state IN ('success', 'failed') THEN 1 END, \
     CASE WHEN s.state = 'pending' THEN 1 END, CASE WHEN s.state = 'held' THEN 'app_paused' END FROM events e, \
     LATERAL (SELECT CASE (e.received_at / 8640) % 30 WHEN 1 THEN 'failed' WHEN 2 THEN 'pending' WHEN 3 THEN 'held' \
     ELSE 'success' END) AS s(state)",
    "-- fill attempts\nINSERT INTO attempts (delivery_id, number, event_id, started_at, duration_ms, outcome, url, \
     answer_truncated) SELECT id, 1, event_id, created_at, 5, 'success', '', FALSE FROM deliveries",
    "VACUUM ANALYZE",
    // At this size sorting costs nothing; at any other it does.
    "SET enable_bitmapscan = off",
];

fn owners() -> [Owner; 2] {
    let tenant = TenantId(Uuid::nil());
    [Owner { tenant, app: None }, Owner { tenant, app: Some(AppId(Uuid::nil())) }]
}

/// Every table is reached through an index that is asked for as much as it can tell.
fn assert_indexed(plan: &[String], conditions: &[&str]) {
    let lines = |word: &str| plan.iter().filter(|line| line.contains(word)).collect::<Vec<_>>();
    assert!(lines("Seq Scan").is_empty() && lines("Bitmap").is_empty(), "{plan:#?}");
    for condition in conditions {
        assert!(lines("Index Cond").iter().any(|line| line.contains(condition)), "{condition}: {plan:#?}");
    }
    let n_scans = lines("Index Scan").len() + lines("Index Only Scan").len();
    assert_eq!(lines("Index Cond").len(), n_scans, "{plan:#?}");
}

async fn explain_counts(connection: &mut PgConnection) {
    let id = |ms| EventId::new(Timestamp::from_unix_ms(ms), [0; 10]).0;
    let (from, to) = (1_750_000_000_000, 1_750_172_800_000);
    for owner in owners() {
        let owned = if owner.app.is_some() { "(app_id = " } else { "(tenant_id = " };
        let text = AssertSqlSafe(format!("EXPLAIN {}", EVENTS.text(owner).0));
        let query = sqlx::query_scalar(text).bind(owner.tenant.0).bind(id(to)).bind(id(from)).bind(MOST_EVENTS);
        let query = query.bind(from).bind(1_800_000i64);
        let query = of_app!(query, owner);
        assert_indexed(&query.fetch_all(&mut *connection).await.unwrap(), &[owned, "id >= "]);
        let text = AssertSqlSafe(format!("EXPLAIN {}", OLDEST.text(owner).0));
        let query = sqlx::query_scalar(text).bind(owner.tenant.0).bind(id(to)).bind(id(from)).bind(10i64);
        let query = of_app!(query, owner);
        assert_indexed(&query.fetch_all(&mut *connection).await.unwrap(), &[owned, "id >= "]);

        for hours in [1, 48] {
            let from = to - hours * 3_600_000;
            let text = AssertSqlSafe(format!("EXPLAIN {}", ATTEMPTS.text(owner).0));
            let query = sqlx::query_scalar(text).bind(owner.tenant.0).bind(id(to)).bind(id(from)).bind(MOST_EVENTS);
            let query = query.bind(from).bind(1_800_000i64);
            let query = query.bind(id(from - 86_400_000)).bind(None::<Uuid>);
            let plan: Vec<String> = of_app!(query, owner).fetch_all(&mut *connection).await.unwrap();
            assert_indexed(&plan, &[owned, "(event_id = "]);
        }
    }
}

async fn explain_standing(connection: &mut PgConnection) {
    for owner in owners() {
        let owned = if owner.app.is_some() { "(app_id = " } else { "(tenant_id = " };
        let text = AssertSqlSafe(format!("EXPLAIN {}", backlog(owner, "pending").0));
        let query = sqlx::query_scalar(text).bind(owner.tenant.0).bind(None::<Uuid>).bind(100i64);
        let query = of_app!(query, owner);
        assert_indexed(&query.fetch_all(&mut *connection).await.unwrap(), &[owned, "(state = 'pending'"]);
        let text = AssertSqlSafe(format!("EXPLAIN {}", earlier(owner, "failed").0));
        let query = sqlx::query_scalar(text).bind(owner.tenant.0).bind(None::<Uuid>).bind(100i64);
        let query = query.bind(Uuid::max()).bind(1_750_000_000_000i64).bind(1_800_000i64);
        let query = of_app!(query, owner);
        assert_indexed(&query.fetch_all(&mut *connection).await.unwrap(), &[owned, "event_id < "]);
        let text = AssertSqlSafe(format!("EXPLAIN {}", failing(owner, "failed").0));
        let query = sqlx::query_scalar(text).bind(owner.tenant.0).bind(None::<Uuid>).bind(100i64);
        let query = query.bind(Uuid::nil()).bind(Uuid::max());
        let query = of_app!(query, owner);
        assert_indexed(&query.fetch_all(&mut *connection).await.unwrap(), &[owned, "event_id >= "]);
    }
}

async fn explain_undelivered(connection: &mut PgConnection) {
    let steps: Vec<_> = (0..32).collect();
    let id = |step: i64| EventId::new(Timestamp::from_unix_ms(1_750_000_000_000 + step * 3_600_000), [0; 10]).0;
    let explained = |statement: &'static Batched| {
        let (text, _) = statement.pieces(Placeholders::Numbered, &steps).next().expect("there are steps");
        AssertSqlSafe(format!("EXPLAIN {}", text.0))
    };
    let mut query = sqlx::query_scalar(explained(&UNDELIVERED));
    for step in &steps {
        query = query.bind(Uuid::nil()).bind(id(*step)).bind(id(step + 1));
    }
    let plan: Vec<String> = query.fetch_all(&mut *connection).await.unwrap();
    assert_indexed(&plan, &["(tenant_id = ", "event_id >= "]);
    let mut query = sqlx::query_scalar(explained(&UNDELIVERED_OF_APP));
    for step in &steps {
        query = query.bind(Uuid::nil()).bind(Uuid::nil()).bind(id(*step)).bind(id(step + 1));
    }
    let plan: Vec<String> = query.fetch_all(&mut *connection).await.unwrap();
    assert_indexed(&plan, &["(app_id = ", "event_id >= "]);
}

/// Of the fifth tenant's 200 events in one step, every third one has failed.
async fn assert_a_step_is_cut_alike(store: &Store) {
    let question = StatsQuestion {
        tenant: TenantId(Uuid::from_u128(5)),
        apps: None,
        destination: None,
        from: Timestamp::from_unix_ms(1_750_000_000_000),
        step: Duration::from_secs(3 * 24 * 60 * 60),
        n_steps: 1,
    };
    for (most, received, n_failed) in [(1_000, 200, 65..=68), (99, 99, 33..=33), (10, 10, 3..=4)] {
        let stats = store.stats_of(&question, most).await.unwrap();
        let point = &stats.points[0];
        assert_eq!((point.received, stats.is_partial), (received, received < 200), "of {most}");
        assert!(n_failed.contains(&point.failed), "of {most}: {} failed", point.failed);
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
async fn counting_goes_through_indexes() {
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
    explain_counts(&mut connection).await;
    explain_standing(&mut connection).await;
    explain_undelivered(&mut connection).await;
    drop(connection);
    assert_a_step_is_cut_alike(&store).await;
    store.close().await;
    database.remove().await.unwrap();
}
