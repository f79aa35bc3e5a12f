//! Two tenants, each with a row in every table that tenants have rows in.

use anyhook_domain::{
    ApiKeyId, AppId, Day, InvitationId, Month, ReplayId, SessionId, TenantId, UserId,
    access::{Role, Scope},
    anchor,
    api_key::StoredKey,
    blind::Term,
    breaker::Breaker,
    delivery::State,
    event::{Verification, dedup_key},
    slug::Slug,
};
use anyhook_store::{
    Store,
    config::{
        AppRow, AuditEntry, By, CreateApiKey, CreateApp, DestinationOptions, DestinationRow, Invite, NewAccount,
        NewApiKey, NewInvitation, NewMail, NewSession, NewTenant, NewToken, NewUser, Purpose, QuotaNotice,
        ReplayUrlRow, ScratchDatabase, SeenReplayUrl, SignUp, TakeReplayUrl, TenantChange,
    },
    log::{Count, EventFilter, Narrowing, NewEvent, NewReplay, Once, ReplayTarget, StartReplay, Step, Wanted},
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::fixture::{NOW, app, claim, destination, ended, event_to, postgres_url, settlement};

pub(crate) const A: TenantId = TenantId(Uuid::from_u128(1));
pub(crate) const B: TenantId = TenantId(Uuid::from_u128(2));

/// A migrated database with the rows of A and B, and an event of each.
pub(crate) struct TwoTenants {
    pub(crate) scratch: ScratchDatabase,
    pub(crate) store: Store,
    pub(crate) events: [NewEvent; 2],
}

/// A table that tenants have rows in.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) a_column: String,
    /// Which tenant a row is of: an expression over its columns.
    pub(crate) tenant: &'static str,
}

/// A table's name, one of its columns, and whether it has `tenant_id`, `event_id`, `app_id`, a policy.
type Described = (String, String, bool, bool, bool, bool);

/// Nobody's, or everybody's.
const NO_TENANTS: [(&str, &str); 10] = [
    ("_sqlx_migrations", "the schema's history"),
    ("account_tokens", "a person's"),
    ("anchors", "hashes over the days of all tenants, which anybody may read"),
    ("identities", "accounts of persons at an issuer"),
    ("mails", "most are a person's; what they say is sealed"),
    ("master_keys", "fingerprints of the operator's keys"),
    ("recovery_codes", "a person's"),
    ("second_factors", "a person's"),
    ("spent_sign_ins", "nobody's: hashes of random numbers"),
    ("users", "a person may belong to several tenants, and is found by an e-mail address"),
];

impl TwoTenants {
    /// `None` without a server.
    pub(crate) async fn new() -> Option<Self> {
        let server = postgres_url()?;
        let scratch = ScratchDatabase::create(&server).await.unwrap();
        let store = Store::open(scratch.url()).await.unwrap();
        store.migrate().await.unwrap();
        let events = [fill(&store, 1).await, fill(&store, 2).await];
        seal(&store).await;
        add_quickstarts(scratch.url()).await;
        Some(Self { scratch, store, events })
    }

    /// A connection that serves all tenants until it is told otherwise.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.scratch.url()).await.unwrap()
    }

    pub(crate) async fn remove(self) {
        self.store.close().await;
        self.scratch.remove().await.unwrap();
    }
}

/// As if both had been made without an account.
async fn add_quickstarts(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let add = "INSERT INTO quickstarts (tenant_id, token_hash, state, created_at, expires_at)
        SELECT id, decode(md5(id::text), 'hex'), 'claimed', created_at, created_at FROM tenants";
    sqlx::query(add).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// From the catalogue. Partitions are left out: what goes through their parent is under its policy.
pub(crate) async fn tables(connection: &mut PgConnection) -> Vec<Table> {
    let described: Vec<Described> = sqlx::query_as(
        "SELECT relname::text, (SELECT min(attname::text) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
             EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id'),
             EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'event_id'),
             EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'app_id'),
             relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid)
         FROM pg_class c
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    described.into_iter().filter_map(table).collect()
}

fn table((name, a_column, by_tenant, by_event, by_app, is_secured): Described) -> Option<Table> {
    if NO_TENANTS.iter().any(|(free, _)| *free == name) {
        return None;
    }
    assert!(
        is_secured,
        "table {name} has no forced row security: give it a policy in a migration, or a place in NO_TENANTS"
    );
    let tenant = match (name.as_str(), by_tenant, by_event, by_app) {
        ("tenants", ..) => "id",
        (_, true, ..) => "tenant_id",
        (_, _, true, _) => "(SELECT e.tenant_id FROM events e WHERE e.id = event_id)",
        (_, _, _, true) => "(SELECT a.tenant_id FROM apps a WHERE a.id = app_id)",
        _ => panic!("nothing in table {name} says whose a row is"),
    };
    Some(Table { name, a_column, tenant })
}

pub(crate) fn slug(n: u128) -> Slug {
    format!("tenant-{n}").parse().unwrap()
}

pub(crate) fn api_key(n: u128) -> ApiKeyId {
    ApiKeyId(Uuid::from_u128(3_000 + n))
}

pub(crate) fn session(n: u128, salt: u8) -> NewSession {
    NewSession {
        id: SessionId(Uuid::from_u128(4_000 + n + 100 * u128::from(salt))),
        token_hash: [salt + u8::try_from(n).unwrap(); 32],
        user: UserId(Uuid::from_u128(2_000 + n)),
        tenant: TenantId(Uuid::from_u128(n)),
        created_at: NOW,
        expires_at: NOW + std::time::Duration::from_secs(60),
        user_agent: None,
    }
}

/// A key that reaches some apps only.
pub(crate) fn limited_key<'a>(n: u128, apps: &'a [AppId], stored: &'a StoredKey) -> NewApiKey<'a> {
    NewApiKey {
        id: ApiKeyId(Uuid::from_u128(3_100 + n)),
        tenant: TenantId(Uuid::from_u128(n)),
        name: "limited",
        stored,
        scope: Scope::Read,
        expires_at: None,
        apps: Some(apps),
    }
}

pub(crate) fn stored_key(public_id: String) -> StoredKey {
    StoredKey { public_id, hash: [1; 32], last4: "last".into() }
}

pub(crate) fn invitation(n: u128, id: u128, email: &str) -> NewInvitation<'_> {
    NewInvitation {
        id: InvitationId(Uuid::from_u128(id)),
        tenant: TenantId(Uuid::from_u128(n)),
        email,
        role: Role::Member,
        token_hash: token_of(id),
        created_at: NOW,
        expires_at: NOW + std::time::Duration::from_secs(60),
    }
}

pub(crate) fn mail(id: u128) -> NewMail {
    let expires_at = NOW + std::time::Duration::from_secs(60);
    NewMail { id: Uuid::from_u128(id), sealed: vec![1], key_version: 1, created_at: NOW, expires_at }
}

fn verification(n: u128, email: &str) -> NewToken<'_> {
    NewToken {
        token_hash: [u8::try_from(100 + n).unwrap(); 32],
        user: session(n, 0).user,
        purpose: Purpose::VerifyEmail,
        email,
        created_at: NOW,
        expires_at: NOW + std::time::Duration::from_secs(60),
    }
}

pub(crate) fn token_of(id: u128) -> [u8; 32] {
    [u8::try_from(id % 251).unwrap(); 32]
}

pub(crate) fn app_row(n: u128) -> AppRow {
    AppRow {
        id: app(n),
        tenant_id: TenantId(Uuid::from_u128(n)),
        slug: format!("app-{n}"),
        name: "App".into(),
        source: "generic".into(),
        source_config: "{}".into(),
        sealed_secret: None,
        key_version: 1,
        is_active: true,
        is_paused: false,
        created_at: 0,
        indexed_fields: "[]".into(),
    }
}

pub(crate) fn destination_row(n: u128) -> DestinationRow {
    DestinationRow {
        id: destination(n),
        tenant_id: TenantId(Uuid::from_u128(n)),
        app_id: app(n),
        url: "https://example.com".into(),
        is_paused: false,
        paused_reason: None,
        timeout_seconds: 30,
        max_attempts: 6,
        signature_mode: "anyhook".into(),
        sealed_secret: vec![1],
        key_version: 1,
        secret_hint: "abcd".into(),
        former_sealed_secret: None,
        former_key_version: None,
        former_until: None,
        created_at: 0,
        options: DestinationOptions { max_concurrency: Some(1), ..DestinationOptions::default() },
    }
}

pub(crate) fn audit_entry(n: u128, id: u128, subject: &str) -> AuditEntry<'_> {
    let tenant = TenantId(Uuid::from_u128(n));
    AuditEntry { id: Uuid::from_u128(id), tenant, user: None, api_key: None, action: "event.opened", subject, at: NOW }
}

/// The day of both events.
async fn seal(store: &Store) {
    let now = anchor::sealed_from(Day::of(NOW));
    let mut sealing = store.begin_sealing(now).await.unwrap().unwrap();
    while store.seal(&mut sealing, now).await.unwrap() == Step::More {}
}

async fn fill_access(store: &Store, n: u128) {
    let (apps, stored, subject) = ([app(n)], stored_key(format!("limited-{n}")), n.to_string());
    let record = |id| audit_entry(n, id + n, &subject);
    let made = store.create_api_key(&limited_key(n, &apps, &stored), 10, &record(5_100), None).await.unwrap();
    assert_eq!(made, CreateApiKey::Made);
    let invited = store
        .invite(&invitation(n, 6_100 + n, "guest@example.com"), By::Key, 10, &mail(5_900 + n), &record(5_200), None)
        .await;
    assert_eq!(invited.unwrap(), Invite::Made);
}

/// The nth tenant's rows; its one delivery has failed.
async fn fill(store: &Store, n: u128) -> NewEvent {
    sign_up(store, n).await;
    assert_eq!(store.create_app(&app_row(n), &[destination_row(n)], 10, &[], None).await.unwrap(), CreateApp::Made);
    store.audit(&audit_entry(n, 5_000 + n, &n.to_string())).await.unwrap();
    fill_access(store, n).await;
    let event = NewEvent {
        tenant_id: TenantId(Uuid::from_u128(n)),
        app_id: app(n),
        dedup_key: Some(dedup_key("generic", Verification::Verified, "1")),
        terms: vec![term(n)],
        ..event_to(&[n])
    };
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let claims = [claim(event.deliveries[0].id, 0)];
    let lease = store.claim_within(destination(n), &claims, NOW).await.unwrap().leases[0];
    assert!(store.open_breaker(destination(n), &Breaker::opened(NOW, 0.0)).await.unwrap());
    store.settle(&[settlement(&lease, ended(State::Failed))]).await.unwrap();
    start_replay(store, n).await;
    let url = replay_url_row(n);
    assert_eq!(store.take_replay_url(&url, SeenReplayUrl::No, 10, &[]).await.unwrap(), TakeReplayUrl::Made);
    event
}

/// What a tenant's one event is found by.
pub(crate) fn term(n: u128) -> Term {
    [u8::try_from(n).unwrap(); 16]
}

pub(crate) fn replay_url_row(n: u128) -> ReplayUrlRow {
    ReplayUrlRow {
        id: destination(500 + n),
        tenant_id: TenantId(Uuid::from_u128(n)),
        app_id: app(n),
        url: "https://example.com/aside".into(),
        sealed_secret: vec![1],
        key_version: 1,
        created_at: 0,
        expires_at: NOW.unix_ms(),
    }
}

pub(crate) fn replay(n: u128) -> ReplayId {
    ReplayId(Uuid::from_u128(7_000 + n))
}

async fn start_replay(store: &Store, n: u128) {
    let (tenant, narrowing) = (TenantId(Uuid::from_u128(n)), Narrowing::default());
    let filter = EventFilter { tenant, app: None, wanted: Wanted::Any, narrowing, before: None, limit: 0 };
    let replay = NewReplay {
        id: replay(n),
        filter: &filter,
        destination: None,
        url: None,
        targets: &[ReplayTarget { app: app(n), destination: destination(n), is_choosy: false }],
        rate_per_second: 1,
        count: Count { n: 1, is_whole: true },
        at: NOW,
    };
    let once = Once { key: "key", request: "replay", answer: "{}" };
    assert_eq!(store.start_replay(&replay, Some(&once), &[]).await.unwrap(), StartReplay::Started);
}

pub(crate) fn named(name: &str) -> TenantChange<'_> {
    TenantChange { name: Some(name), ..TenantChange::default() }
}

pub(crate) async fn sign_up(store: &Store, n: u128) {
    let (slug, email, public_id) = (slug(n), format!("{n}@example.com"), n.to_string());
    let account = NewAccount {
        user: NewUser { id: session(n, 0).user, email: &email, password_hash: "x" },
        tenant: NewTenant {
            id: TenantId(Uuid::from_u128(n)),
            slug: &slug,
            name: "Tenant",
            plan: "free",
            wrapped_key: &[u8::try_from(n).unwrap()],
            master_version: 1,
        },
        api_key: NewApiKey {
            id: api_key(n),
            tenant: TenantId(Uuid::from_u128(n)),
            name: "key",
            stored: &StoredKey { public_id, hash: [0; 32], last4: "last".into() },
            scope: Scope::Admin,
            expires_at: None,
            apps: None,
        },
        session: session(n, 0),
        verification: (verification(n, &email), mail(5_800 + n)),
        at: NOW,
    };
    assert_eq!(store.sign_up(&account, &[]).await.unwrap(), SignUp::Made);
    let notice = QuotaNotice { tenant: TenantId(Uuid::from_u128(n)), plan: "free", month: Month::of(NOW), percent: 80 };
    assert!(store.note_quota(notice, &mail(5_700 + n), NOW).await.unwrap());
}
