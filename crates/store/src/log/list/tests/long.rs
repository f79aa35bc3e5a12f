//! In a log of 200,000 events in days of their own, indexes lead to what lists look at, and to little else.

use anyhook_domain::Day;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::*;
use crate::log::narrow::FieldTerms;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const N_DAYS: u32 = 10;
const N_EVENTS_A_DAY: u32 = 20_000;
/// As the benchmark of lists fills a day.
const DAY: &str = include_str!("../../../../../bench/src/lists/day.sql");
/// Twenty apps with a destination each.
const CONFIGURATION: [&str; 3] = [
    "-- fill tenants\nINSERT INTO tenants (id, slug, name, plan, created_at) \
     VALUES ('00000000-0000-0000-0000-000000000001', 't', 't', 'free', 0)",
    "-- fill apps\nINSERT INTO apps (id, tenant_id, slug, name, source, source_config, key_version, is_active, is_paused, created_at) \
     SELECT lpad(n::text, 32, '0')::uuid, '00000000-0000-0000-0000-000000000001', 'a' || n, 'a', 'generic', '{}', 1, TRUE, \
     FALSE, 0 FROM generate_series(1, 20) n",
    "-- fill destinations\nINSERT INTO destinations (id, tenant_id, app_id, url, is_paused, timeout_seconds, max_attempts, signature_mode, \
     sealed_secret, key_version, secret_hint, created_at) SELECT id, tenant_id, id, 'https://example.com', FALSE, 300, 11, \
     'anyhook', '', 1, '', 0 FROM apps",
];
/// One event in twenty has it.
const TERMS: &str = "-- fill terms\nINSERT INTO event_terms (event_id, term, tenant_id) SELECT id, decode(repeat('01', 16), 'hex'), \
                     tenant_id FROM events WHERE substr(id::text, 16, 1) = '0'";
/// More than any statement of a page of 200 has to look at: a walk begins in each day.
const MOST_ROWS: u64 = 4_000;

async fn fill(connection: &mut PgConnection) {
    for statement in CONFIGURATION {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    let first: Day = "2025-06-01".parse().unwrap();
    for day in (0..N_DAYS).map(|n| first.after(n)) {
        let (first, next) = day.ids();
        let start_ms = u64::try_from(first.as_u128() >> 80).unwrap();
        let mut script = DAY.replace("{name}", &day.to_string().replace('-', ""));
        for (name, value) in [("{start_ms}", start_ms.to_string()), ("{n}", N_EVENTS_A_DAY.to_string())] {
            script = script.replace(name, &value);
        }
        let script = script.replace("{first}", &first.to_string()).replace("{next}", &next.to_string());
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await.unwrap();
    }
    for statement in [TERMS, "ANALYZE"] {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
}

/// The tenant, as whoever acts for it names it to row security: the database's role is a plain one.
const ACT: &str = "-- act for a tenant\nSET anyhook.tenant = '00000000-0000-0000-0000-000000000001'";

/// Each with how many events its page has at least.
fn filters() -> Vec<(&'static str, EventFilter, usize)> {
    let of = |wanted, app: Option<u128>, narrowing| {
        let app = app.map(|app| AppId(Uuid::from_u128(app)));
        EventFilter { tenant: TENANT, app, wanted, narrowing, before: None, limit: 200 }
    };
    let plain = Narrowing::default;
    let fields = |n: u8| vec![FieldTerms { field: "/a".into(), terms: vec![[n; 16]] }];
    let status = Wanted::Status;
    vec![
        ("all", of(Wanted::Any, None, plain()), 200),
        ("of a large app", of(Wanted::Any, Some(1), plain()), 200),
        ("of a small app", of(Wanted::Any, Some(0x20), plain()), 200),
        // One event in a thousand, by chance.
        ("failed", of(status(EventStatus::Failed), None, plain()), 100),
        ("failed of a small app", of(status(EventStatus::Failed), Some(0x20), plain()), 0),
        ("rejected", of(status(EventStatus::Rejected), None, plain()), 100),
        ("undelivered", of(Wanted::Undelivered, Some(1), plain()), 30),
        ("answered with 502", of(Wanted::Any, None, Narrowing { outbound_status: Some(502), ..plain() }), 100),
        ("by provider's id", of(Wanted::Any, None, Narrowing { provider_id: Some("evt_x".into()), ..plain() }), 0),
        ("by a term", of(Wanted::Any, Some(1), Narrowing { fields: fields(1), ..plain() }), 200),
        ("by a term that none has", of(Wanted::Any, Some(1), Narrowing { fields: fields(2), ..plain() }), 0),
    ]
}

/// The number behind a word of a plan's line; `-> … (actual rows=3 loops=2)`.
fn number(line: &str, word: &str) -> u64 {
    let digits = line.split(word).nth(1).unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

/// Rows that scans found, and that they looked at in vain.
fn n_rows(plan: &[String]) -> u64 {
    let found =
        plan.iter().filter(|line| line.contains(" Scan")).map(|line| number(line, "rows=") * number(line, "loops="));
    let removed = plan.iter().map(|line| number(line, "Rows Removed by Filter: "));
    found.chain(removed).sum()
}

fn assert_lean(name: &str, plan: &[PgRow]) {
    let plan: Vec<String> = plan.iter().map(|line| line.get(0)).collect();
    assert!(!plan.iter().any(|line| line.contains("Seq Scan")), "{name}: {plan:#?}");
    assert!(n_rows(&plan) <= MOST_ROWS, "{name}: {} rows: {plan:#?}", n_rows(&plan));
}

const EXPLAIN: &str = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)";

async fn assert_walks(connection: &mut PgConnection, before: Uuid) {
    for (name, filter, _) in filters() {
        let text = format!("{EXPLAIN} {}", walk(&filter, false).0);
        let query = sqlx::query(AssertSqlSafe(text)).bind(TENANT.0).bind(before).bind(201i64).bind(Uuid::nil());
        let query = match (&filter.narrowing.provider_id, filter.narrowing.leading_field(), filter.app) {
            (Some(provider_id), ..) => query.bind(provider_id),
            (None, Some(field), _) => field.terms.iter().fold(query, |query, term| query.bind(&term[..])),
            (None, None, Some(app)) => query.bind(app.0),
            (None, None, None) => query,
        };
        assert_lean(name, &query.fetch_all(&mut *connection).await.unwrap());
    }
}

/// What is read of the events of a page.
async fn assert_look_ups(connection: &mut PgConnection, ids: &[Uuid]) {
    for (name, statement) in
        [("events", &EVENTS), ("deliveries", &DELIVERIES), ("texts", &TEXTS), ("terms", &super::TERMS)]
    {
        for (sql, piece) in statement.pieces(crate::batched::Placeholders::Numbered, ids) {
            let query = sqlx::query(AssertSqlSafe(format!("{EXPLAIN} {}", sql.0)));
            let query = piece.iter().fold(query, |query, id| query.bind(*id));
            assert_lean(name, &query.fetch_all(&mut *connection).await.unwrap());
        }
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
async fn lists_of_a_long_log_look_at_little() {
    let Ok(server) = std::env::var("ANYHOOK_TEST_POSTGRES_URL") else {
        return eprintln!("skipped: ANYHOOK_TEST_POSTGRES_URL is not set; scripts/test sets it");
    };
    let database = ScratchDatabase::create(&server).await.unwrap();
    let store = Store::open(database.url()).await.unwrap();
    store.migrate().await.unwrap();
    let Pools::Postgres(pool) = &*store.pools else { panic!("it is PostgreSQL") };
    let mut connection = pool.acquire().await.unwrap();
    fill(&mut connection).await;
    sqlx::query(ACT).execute(&mut *connection).await.unwrap();
    assert_walks(&mut connection, Uuid::max()).await;
    let ids: Vec<Uuid> = sqlx::query_scalar("-- some ids\nSELECT id FROM events ORDER BY id OFFSET 100000 LIMIT 200")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    assert_walks(&mut connection, ids[0]).await;
    assert_look_ups(&mut connection, &ids).await;
    connection.close().await.unwrap();
    for (name, filter, least) in filters() {
        let page = store.list_events(&filter).await.unwrap();
        assert!((least..=200).contains(&page.events.len()), "{name}: {} events", page.events.len());
        assert!(least == 0 || page.events[0].id.0 > ids[199], "{name}");
        assert!(page.events.is_sorted_by(|one, next| one.id > next.id), "{name}");
    }
    store.close().await;
    database.remove().await.unwrap();
}
