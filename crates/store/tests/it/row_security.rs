//! Row security, the second wall between tenants: a statement that forgot its tenant finds that tenant's rows only.

use std::{collections::BTreeSet, path::Path};

use anyhook_store::config::UpdateTenant;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    fixture::{NOW, destination},
    two_tenants::{A, B, Table, TwoTenants, named, tables},
};

async fn execute(connection: &mut PgConnection, statement: String) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query(AssertSqlSafe(statement)).execute(connection).await?.rows_affected())
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let statement = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(connection).await.unwrap()
}

/// Tries a statement of tenant A, and takes it back.
async fn as_a(connection: &mut PgConnection, statement: String) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin().await.unwrap();
    execute(&mut transaction, format!("SET LOCAL anyhook.tenant = '{}'", A.0)).await.unwrap();
    execute(&mut transaction, statement).await
}

fn is_refused(done: Result<u64, sqlx::Error>, code: &str) -> bool {
    done.is_err_and(|error| error.as_database_error().and_then(|refusal| refusal.code()).is_some_and(|it| it == code))
}

#[tokio::test]
async fn without_a_where_each_table_shows_one_tenants_rows() {
    let Some(world) = TwoTenants::new().await else { return };
    let mut connection = world.connect().await;
    let tables = tables(&mut connection).await;
    assert!(tables.len() >= 16);
    for Table { name, a_column, tenant } in tables {
        execute(&mut connection, format!("CREATE TEMP TABLE of_b AS SELECT * FROM {name} WHERE {tenant} = '{}'", B.0))
            .await
            .unwrap();
        let (n_of_b, n_of_all) = (count(&mut connection, "of_b").await, count(&mut connection, &name).await);
        assert!(0 < n_of_b && n_of_b < n_of_all, "{name}: the test needs rows of both tenants");
        let n_of_a = u64::try_from(n_of_all - n_of_b).unwrap();

        let seen = as_a(&mut connection, format!("SELECT FROM {name}")).await.unwrap();
        assert_eq!(seen, n_of_a, "{name}: SELECT");
        let changed = as_a(&mut connection, format!("UPDATE {name} SET {a_column} = {a_column}")).await;
        let deleted = as_a(&mut connection, format!("DELETE FROM {name}")).await;
        if name == "audit_log" {
            assert!(is_refused(changed, "23001") && is_refused(deleted, "23001"), "its rows are only ever added");
        } else {
            assert_eq!(changed.unwrap(), n_of_a, "{name}: UPDATE");
            assert_eq!(deleted.unwrap(), n_of_a, "{name}: DELETE");
        }
        let added = as_a(&mut connection, format!("INSERT INTO {name} SELECT * FROM of_b")).await;
        assert!(is_refused(added, "42501"), "{name}: INSERT of another tenant's row");
        if tenant == "tenant_id" && name != "audit_log" {
            let given = as_a(&mut connection, format!("UPDATE {name} SET tenant_id = '{}'", B.0)).await;
            assert!(is_refused(given, "42501"), "{name}: giving a row to another tenant");
        }
        assert_eq!(count(&mut connection, &name).await, n_of_all, "{name}: the setting outlived its transaction");
        execute(&mut connection, "DROP TABLE of_b".into()).await.unwrap();
    }
    connection.close().await.unwrap();
    world.remove().await;
}

/// More tasks than connections, so that each connection serves A, B and all tenants by turns; some are given up half-way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tenant_ends_with_its_transaction() {
    let Some(world) = TwoTenants::new().await else { return };
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..32 {
        let store = world.store.clone();
        tasks.spawn(async move {
            for round in 0..10 {
                let (own, foreign) = if (n + round) % 2 == 0 { (A, destination(2)) } else { (B, destination(1)) };
                tokio::select! {
                    biased;
                    _ = store.apps(own) => {}
                    () = tokio::task::yield_now() => {}
                }
                let apps = store.apps(own).await.unwrap();
                assert!(apps.len() == 1 && apps[0].tenant_id == own);
                assert!(store.update_tenant(own, &named("renamed"), NOW, &[]).await.unwrap() == UpdateTenant::Done);
                assert!(
                    store.destination_route(foreign).await.unwrap().is_some(),
                    "the setting outlived its transaction"
                );
            }
        });
    }
    tasks.join_all().await;
    world.remove().await;
}

/// The methods that see the rows of all tenants: the loops that serve them all, and look-ups that find out whose a thing
/// is. Everything else names its tenant to the database.
const FOR_ALL_TENANTS: [&str; 97] = [
    "accept_signed_in",
    "add_leaves_once",
    "add_mail",
    "add_token",
    "anchor_roots",
    "anchors",
    "api_key",
    "app_with_events",
    "append_once",
    "begin_chain",
    "begin_sealing",
    "begin_second_factor",
    "body_bytes",
    "breakers",
    "change_password",
    "claim_once",
    "claim_quickstart",
    "claim_within_once",
    "close_day_once",
    "close_session",
    "confirm_second_factor",
    "content",
    "count_duplicates_once",
    "create_tenant",
    "defer_once",
    "delete_replay_url",
    "destination_route",
    "due",
    "due_mails",
    "due_replays",
    "end_other_sessions",
    "end_second_factor",
    "end_session",
    "end_try",
    "finish_mail",
    "first_tenant_of",
    "forget_breakers",
    "forget_claimed_quickstarts",
    "forget_expired",
    "forget_keys",
    "forget_leaves",
    "forget_replay_urls",
    "forget_replays",
    "give_back_try",
    "grant_token",
    "hand_back",
    "has_master_key",
    "held_destinations",
    "hold",
    "identities_of",
    "invitation_by_token",
    "is_sealed_up",
    "link_identity",
    "master_fingerprint",
    "member_by_session",
    "monthly_use",
    "n_mails",
    "n_recovery_codes",
    "oldest_due",
    "open_breaker",
    "open_day",
    "over_quickstarts",
    "page",
    "park_once",
    "parked_destinations",
    "pause_destination",
    "plans_in_use",
    "prune_once",
    "put_off_mail",
    "quickstart_by_token",
    "release",
    "remove_identity",
    "replay_url",
    "reset_password",
    "resolve_route",
    "second_factor",
    "sessions_of",
    "settle_once",
    "small_contents",
    "summaries_like",
    "take_mail",
    "take_recovery_code",
    "take_step",
    "take_try",
    "tenant_counts",
    "tenant_of_app",
    "tenants_of",
    "try_append",
    "turn_session",
    "unpark_once",
    "usage_of_each",
    "user",
    "user_by_email",
    "user_by_identity",
    "user_by_token",
    "verify_email",
    "workload",
];

#[test]
fn what_sees_all_tenants_is_listed() {
    let mut found = BTreeSet::new();
    for folder in ["src", "src/config", "src/log", "src/log/anchors"] {
        for file in Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).read_dir().unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("src/pools.rs") {
                found.extend(seeing_all(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    let listed = BTreeSet::from(FOR_ALL_TENANTS.map(str::to_owned));
    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(unlisted.is_empty(), "use read_of! or write_of!, or list what must see all tenants: {unlisted:?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "take these off the list: {gone:?}");
}

/// The functions that use `read!` or `write_tx!`.
fn seeing_all(source: &str) -> Vec<String> {
    let mut within = "";
    let mut found = Vec::new();
    for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
        if let Some((_, rest)) = line.split_once("fn ") {
            within = rest.split(['(', '<']).next().unwrap();
        }
        if line.contains("read!(") || line.contains("write_tx!(") {
            found.push(within.to_owned());
        }
    }
    found
}
