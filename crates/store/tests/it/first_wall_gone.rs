//! What the store answers when no comparison of ids in its statements filters anything any more.

use std::time::Duration;

use anyhook_domain::{ApiKeyId, DeliveryId, EventId, InvitationId, access::Role, event::Verification as Origin};
use anyhook_store::{
    Store,
    config::{
        Acceptance, AppChange, AppRow, AuditFilter, By, DestinationChange, DestinationRow, InvitationRow, NewApiKey,
        NewSecret, NewSlug, TenantChange, Verification,
    },
    log::{EventFilter, FailedSearch, Forget, Narrowing, NewEvent, Readmission, ReplayTimes, Wanted},
};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::{
    fixture::{NOW, app, destination, event},
    two_tenants::{
        A, B, TwoTenants, api_key, app_row, audit_entry, destination_row, invitation, limited_key, mail, named, replay,
        session, slug, stored_key, tables, token_of,
    },
};

/// For this role, each `=` between ids is true: `tenant_id = $1` in a WHERE might as well be missing. Policies and their
/// functions are as they were.
const BLIND: &str = "CREATE SCHEMA blind;
    CREATE FUNCTION blind.always(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN TRUE;
    CREATE OPERATOR blind.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = blind.always);
    ALTER FUNCTION tenant_of_event(uuid) SET search_path = pg_catalog, public;
    ALTER FUNCTION tenant_of_app(uuid) SET search_path = pg_catalog, public;
    ALTER ROLE CURRENT_USER SET search_path = blind, pg_catalog, public";

/// All rows of a tenant, table by table.
async fn rows_of_b(connection: &mut PgConnection) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for table in tables(connection).await {
        let text = format!(
            "SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM {} t WHERE {} = '{}'",
            table.name, table.tenant, B.0
        );
        rows.push((table.name, sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut *connection).await.unwrap()));
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_wall_stands_alone() {
    let Some(world) = TwoTenants::new().await else { return };
    let mut seeing = world.connect().await;
    sqlx::raw_sql(BLIND).execute(&mut seeing).await.unwrap();
    let mut blind = world.connect().await;
    let n_apps: i64 = sqlx::query_scalar("SELECT count(*) FROM apps WHERE tenant_id = $1")
        .bind(Uuid::nil())
        .fetch_one(&mut blind)
        .await
        .unwrap();
    assert_eq!(n_apps, 2, "the first wall still stands");

    let rejected = rejected_of_b(&world.store).await;
    let before = rows_of_b(&mut seeing).await;
    let store = Store::open(world.scratch.url()).await.unwrap();
    let [of_a, of_b] = [0, 1].map(|at| world.events[at].id);
    reads_configuration(&store).await;
    reads_log(&store, of_a, of_b).await;
    writes(&store, of_b).await;
    releases(&store, rejected).await;
    assert_eq!(rows_of_b(&mut seeing).await, before);
    let n_crossed: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.tenant_id <> e.tenant_id",
    )
    .fetch_one(&mut seeing)
    .await
    .unwrap();
    assert_eq!(n_crossed, 0, "an event of one tenant is delivered for another");
    drop((seeing, blind));
    store.close().await;
    world.remove().await;
}

async fn rejected_of_b(store: &Store) -> EventId {
    let rejected = NewEvent {
        tenant_id: B,
        app_id: app(2),
        verification: Origin::Failed,
        rejection: Some("signed with another secret".into()),
        ..event()
    };
    store.append(std::slice::from_ref(&rejected)).await.unwrap();
    rejected.id
}

/// A accepts what B's app rejected.
async fn releases(store: &Store, event_id: EventId) {
    assert!(store.rejected_events(A, app(2), None).await.unwrap().events.is_empty());
    let readmission = Readmission {
        event_id,
        source: "generic".into(),
        event_type: None,
        provider_id: None,
        dedup_key: Some([9; 16]),
        verification: Origin::None,
        path_rest: String::new(),
        terms: Vec::new(),
        deliveries: Vec::new(),
    };
    let _ = store.release_rejected(A, app(2), &[readmission], ReplayTimes { now: NOW, due_at: NOW }).await;
}

/// A asks for what is its own, and for what is B's.
async fn reads_configuration(store: &Store) {
    assert_eq!(store.tenant(A).await.unwrap().unwrap().id, A);
    assert_eq!(store.tenant_slugs(A).await.unwrap(), [slug(1).as_str()]);
    assert_eq!(store.tenant_key(A, None).await.unwrap().unwrap().wrapped, [1]);
    let is_foreign_app = |app: &AppRow| app.tenant_id != A;
    let is_foreign = |it: &DestinationRow| it.tenant_id != A;
    assert!(!store.apps(A).await.unwrap().iter().any(is_foreign_app));
    assert!(!store.app_by_id(A, app(2)).await.unwrap().is_some_and(|it| is_foreign_app(&it)));
    let by_slug = store.app_by_slug(A, &"app-2".parse().unwrap()).await.unwrap();
    assert!(by_slug.is_none());
    assert_eq!(store.app_slugs(A).await.unwrap(), [(app(1), "app-1".to_owned())]);
    assert_eq!(store.slugs_of_app(A, app(2)).await.unwrap(), ["app-1"]);
    assert!(!store.destinations(A).await.unwrap().iter().any(is_foreign));
    assert!(!store.destinations_of_app(A, app(2)).await.unwrap().iter().any(is_foreign));
    let audited = store.audited(A, 100).await.unwrap();
    assert!(audited.iter().all(|it| it.subject == "1") && !audited.is_empty());
    let filter = AuditFilter { tenant: A, action: None, subject: None, before: None, limit: 100 };
    assert!(store.audit_page(&filter).await.unwrap().iter().all(|it| it.subject == "1"));
    let keys = store.api_keys(A).await.unwrap();
    assert!(keys.iter().all(|key| [api_key(1), ApiKeyId(Uuid::from_u128(3_101))].contains(&key.id)));
    assert!(keys.iter().all(|key| key.apps.iter().all(|slug| slug == "app-1")));
    assert!(store.members(A).await.unwrap().iter().all(|it| it.user_id == session(1, 0).user));
    assert!(store.invitations(A, NOW).await.unwrap().iter().all(|it| it.tenant_id == A));
}

async fn reads_log(store: &Store, of_a: EventId, of_b: EventId) {
    let inspected = store.inspect_event(A, of_b).await.unwrap().unwrap();
    assert_eq!(inspected.app_id, app(1));
    assert!(inspected.deliveries.iter().all(|it| it.destination_id == destination(1)));
    let leaf = store.event_leaf(A, of_b, None, 10).await.unwrap().unwrap();
    assert_eq!((leaf.app_id, leaf.folded.unwrap().leaves_after.len()), (app(1), 0));
    assert_eq!(store.replayable(A, of_b).await.unwrap().unwrap().app_id, app(1));
    for wanted in [Wanted::Any, Wanted::Undelivered] {
        for app in [None, Some(app(2))] {
            let filter =
                EventFilter { tenant: A, app, wanted, narrowing: Narrowing::default(), before: None, limit: 50 };
            let page = store.list_events(&filter).await.unwrap();
            assert!(page.events.iter().all(|it| it.id == of_a), "{filter:?}");
        }
    }
    assert_eq!(store.sealed_request(A, of_b).await.unwrap().unwrap().app_id, app(1));
    assert!(store.replay(A, replay(2)).await.unwrap().is_none_or(|it| it.id == replay(1)));
    assert!(store.replays(A, 10).await.unwrap().iter().all(|it| it.id == replay(1)));
}

/// A touches who may do what at B.
async fn access(store: &Store) {
    let record = |id| audit_entry(1, id, "1");
    let _ = store.revoke_api_key(A, api_key(2), &record(6_001)).await;
    let _ = store.used_api_key(A, api_key(2), NOW, NOW).await;
    let (apps, stored) = ([app(2)], stored_key("into-b".into()));
    let limited = NewApiKey { id: ApiKeyId(Uuid::from_u128(3_201)), ..limited_key(1, &apps, &stored) };
    let _ = store.create_api_key(&limited, 10, &record(6_002), None).await;
    let user_of_b = session(2, 0).user;
    for to in [Some(Role::Viewer), None] {
        let _ = store.change_member((A, user_of_b), to, By::User(session(1, 0).user), &record(6_003)).await;
    }
    let of_b = InvitationId(Uuid::from_u128(6_102));
    let _ = store.withdraw_invitation(A, of_b, By::Key, &record(6_004)).await;
    let _ =
        store.invite(&invitation(1, 6_201, "guest@example.com"), By::Key, 10, &mail(6_301), &record(6_005), None).await;
    let seen = store.invitation_by_token(&token_of(6_102), NOW).await.unwrap().unwrap();
    let claimed = InvitationRow { tenant_id: A, id: of_b, ..seen };
    let new = session(1, 150);
    let taken = Acceptance {
        invitation: &claimed,
        token_hash: token_of(6_102),
        user: new.user,
        password_hash: None,
        session_token_hash: None,
        has_passed: false,
        new_user: None,
        session: new,
        at: NOW,
    };
    let _ = store.accept_invitation(&taken, &record(6_006)).await;
}

/// A changes what is B's; what becomes of each is seen in B's rows.
async fn writes(store: &Store, of_b: EventId) {
    let (app_b, destination_b) = (app(2), destination(2));
    let url = DestinationChange { url: Some("https://a.example".into()), ..DestinationChange::default() };
    let _ = store.update_destination(A, app_b, destination_b, &url, &[]).await;
    let later = NOW + Duration::from_secs(60);
    let secret = NewSecret { sealed: &[9], key_version: 1, hint: "9", former_until: later, may_displace: true };
    let _ = store.rotate_secret((A, app_b, destination_b), &secret, NOW, &[]).await;
    access(store).await;
    let slug = "taken-over".parse().unwrap();
    let _ = store
        .update_tenant(A, &TenantChange { slug: Some(NewSlug { slug: &slug, most: 10 }), ..named("A") }, NOW, &[])
        .await;
    let seen =
        Verification { source: "generic".into(), source_config: "{}".into(), sealed_secret: None, key_version: 1 };
    let change = AppChange { name: Some("A"), is_paused: Some(true), ..AppChange::default() };
    let _ = store.update_app((A, app_b), &seen, &seen, &change, NOW).await;
    let times = ReplayTimes { now: NOW, due_at: NOW };
    let new_id = || DeliveryId::new(NOW, rand::random());
    let replayed = store.replay_event(A, of_b, &[(destination_b, new_id())], times).await;
    assert!(replayed.is_err(), "it would send B's event");
    let search = FailedSearch { tenant: A, app: app_b, destinations: &[destination_b], after: None, most: 10 };
    let _ = store.replay_failed(&search, times, new_id, &[]).await;
    let _ = store.cancel_replay(A, replay(2), NOW, &[]).await;
    let (tenant, audit_id) = (A, Uuid::from_u128(6_001));
    let _ = store.forget_event(&Forget { tenant, event: of_b, audit_id, user: None, api_key: None, now: NOW }).await;
    let into_b = DestinationRow { app_id: app_b, id: destination(3), ..destination_row(1) };
    assert!(store.create_destination(&into_b, 10, &[], None).await.is_err(), "B's app would send to A");
    let _ = store.create_app(&AppRow { id: app(3), slug: "new".into(), ..app_row(1) }, &[], 10, &[], None).await;
    let _ = store.open_session(&session(1, 100), "x", false).await;
    let _ = store.audit(&audit_entry(1, 6_000, "1")).await;
    let _ = store.delete_destination(A, app_b, destination_b, &[]).await;
    let _ = store.delete_app(A, app_b, &[]).await;
}
