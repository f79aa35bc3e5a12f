//! A service on an empty database, its clients, and the hand of its clock.

use std::time::Duration;

use anyhook_cache::Cache;
use anyhook_domain::{Timestamp, plan::Plans, seal::Key};
use anyhook_egress::{Egress, EgressConfig};
use anyhook_rpc::{
    Transport,
    tenants::v1::{
        App, CreateAppRequest, CreatedApp, DestinationSettings, SignUpRequest, SignUpResponse,
        access_client::AccessClient, accounts_client::AccountsClient, apps_client::AppsClient, keys_client::KeysClient,
        operator_client::OperatorClient, plans_client::PlansClient, quickstarts_client::QuickstartsClient,
        routing_client::RoutingClient, sign_in_client::SignInClient, team_client::TeamClient,
    },
};
use anyhook_store::{
    Clock, Hand, Store,
    config::{NewMail, NewToken, Purpose, ScratchDatabase},
};
use anyhook_tenants::{
    Carrier, Config, MAX_MESSAGE_BYTES, MailConfig, Operators, Quickstart, Sender, StartError, Tenants,
};
use tempfile::TempDir;
use tonic::Status;
use uuid::Uuid;

use crate::nameserver;

pub(crate) const OPERATOR_TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const PASSWORD: &str = "correct horse battery";
const START_MS: i64 = 1_800_000_000_000;

pub(crate) struct World {
    pub(crate) tenants: Tenants,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) hand: Hand,
    pub(crate) accounts: AccountsClient<Transport>,
    pub(crate) access: AccessClient<Transport>,
    pub(crate) team: TeamClient<Transport>,
    pub(crate) sign_in: SignInClient<Transport>,
    pub(crate) apps: AppsClient<Transport>,
    pub(crate) routing: RoutingClient<Transport>,
    pub(crate) keys: KeysClient<Transport>,
    pub(crate) operator: OperatorClient<Transport>,
    pub(crate) plans: PlansClient<Transport>,
    pub(crate) quickstarts: QuickstartsClient<Transport>,
    _folder: Option<TempDir>,
    scratch: Option<ScratchDatabase>,
}

impl World {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_file(&folder.path().join("anyhook.db")).await.unwrap();
        Self::on(store, Some(folder), None).await
    }

    pub(crate) async fn on_postgres() -> Option<Self> {
        let Some(server) = postgres_url() else {
            println!("skipped on PostgreSQL: ANYHOOK_TEST_POSTGRES_URL is not set");
            return None;
        };
        let scratch = ScratchDatabase::create(&server).await.unwrap();
        let store = Store::open(scratch.url()).await.unwrap();
        Some(Self::on(store, None, Some(scratch)).await)
    }

    async fn on(store: Store, folder: Option<TempDir>, scratch: Option<ScratchDatabase>) -> Self {
        store.migrate().await.unwrap();
        let (clock, hand) = Clock::manual(Timestamp::from_unix_ms(START_MS));
        let tenants = start(&store, &clock, [7; 32]).await.unwrap();
        let transport = Transport::local(tenants.clone().into_routes());
        Self {
            accounts: AccountsClient::new(transport.clone()),
            access: AccessClient::new(transport.clone()),
            team: TeamClient::new(transport.clone()),
            sign_in: SignInClient::new(transport.clone()),
            apps: AppsClient::new(transport.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES),
            routing: RoutingClient::new(transport.clone()),
            operator: OperatorClient::new(transport.clone()),
            plans: PlansClient::new(transport.clone()),
            quickstarts: QuickstartsClient::new(transport.clone()),
            keys: KeysClient::new(transport).max_decoding_message_size(MAX_MESSAGE_BYTES),
            tenants,
            store,
            clock,
            hand,
            _folder: folder,
            scratch,
        }
    }

    pub(crate) async fn remove(self) {
        self.store.close().await;
        if let Some(scratch) = self.scratch {
            scratch.remove().await.unwrap();
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_ms()
    }

    /// Ids are ordered by the instant they were made at.
    pub(crate) fn tick(&self) {
        self.hand.advance(Duration::from_millis(1));
    }

    /// Signs a tenant up; its slug is its name's.
    pub(crate) async fn sign_up(&mut self, name: &str) -> SignUpResponse {
        let email = format!("{}@example.com", name.to_lowercase());
        self.accounts.sign_up(sign_up(&email, name, None)).await.unwrap().into_inner()
    }

    /// As if the user had opened the link in its mail.
    pub(crate) async fn verify(&self, email: &str) {
        let (user, now) = (self.store.user_by_email(email).await.unwrap().unwrap().id, self.clock.now());
        let (token_hash, expires_at) = (rand::random(), now + Duration::from_secs(60));
        let token = NewToken { token_hash, user, purpose: Purpose::VerifyEmail, email, created_at: now, expires_at };
        let id = Uuid::from_u128(rand::random());
        let mail = NewMail { id, sealed: Vec::new(), key_version: 1, created_at: now, expires_at };
        self.store.add_token(&token, &mail).await.unwrap();
        self.store.verify_email(&token_hash, now).await.unwrap().unwrap();
    }

    pub(crate) async fn tenant(&mut self, name: &str) -> String {
        self.sign_up(name).await.tenant.unwrap().id
    }

    /// An app of the source `generic` with one destination, older than whatever comes next.
    pub(crate) async fn app(&mut self, tenant: &str, slug: &str) -> CreatedApp {
        let request = CreateAppRequest {
            slug: Some(slug.into()),
            destinations: vec![to("http://127.0.0.1:9000/hook")],
            ..new_app(tenant, slug)
        };
        let created = self.apps.create_app(request).await.unwrap().into_inner();
        self.tick();
        created
    }
}

#[expect(clippy::disallowed_methods, reason = "where a test's server is comes from the environment")]
fn postgres_url() -> Option<String> {
    std::env::var("ANYHOOK_TEST_POSTGRES_URL").ok()
}

pub(crate) async fn start(store: &Store, clock: &Clock, master_key: [u8; 32]) -> Result<Tenants, StartError> {
    start_with(store, clock, master_key, Carrier::Nobody).await
}

/// The same with somebody who takes the mails.
pub(crate) async fn start_with(
    store: &Store,
    clock: &Clock,
    master_key: [u8; 32],
    carrier: Carrier,
) -> Result<Tenants, StartError> {
    start_as(store, clock, master_key, |config| config.mail.carrier = carrier).await
}

/// The same with other settings.
pub(crate) async fn start_as(
    store: &Store,
    clock: &Clock,
    master_key: [u8; 32],
    set: impl FnOnce(&mut Config),
) -> Result<Tenants, StartError> {
    let egress = Egress::new(EgressConfig {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        nameservers: vec![*nameserver::ADDRESS],
        resolve_within: Duration::from_millis(500),
        ..EgressConfig::default()
    });
    let mut config = Config {
        plans: Plans::new(Plans::built_in(), "free").unwrap(),
        quickstart: Quickstart { is_on: true, most_unclaimed: 4 },
        operators: Operators::new(Some(OPERATOR_TOKEN), "ada@example.com").unwrap(),
        openid: None,
        ingress_url: None,
        session_for: Duration::from_secs(7 * 24 * 60 * 60),
        master_key: Key::new(master_key),
        mail: MailConfig {
            dashboard_url: "https://hooks.example".into(),
            sender: Sender::parse("anyhook@hooks.example").unwrap(),
            carrier: Carrier::Nobody,
            shows_links: false,
        },
        max_hashes: 2,
    };
    set(&mut config);
    Tenants::start(store.clone(), egress.unwrap(), Cache::local(), clock.clone(), config).await
}

pub(crate) fn sign_up(email: &str, name: &str, slug: Option<&str>) -> SignUpRequest {
    SignUpRequest {
        email: email.into(),
        password: PASSWORD.into(),
        tenant_name: name.into(),
        tenant_slug: slug.map(Into::into),
        ..SignUpRequest::default()
    }
}

pub(crate) fn new_app(tenant: &str, name: &str) -> CreateAppRequest {
    CreateAppRequest {
        tenant_id: tenant.into(),
        name: name.into(),
        source: "generic".into(),
        ..CreateAppRequest::default()
    }
}

pub(crate) fn to(url: &str) -> DestinationSettings {
    DestinationSettings { url: Some(url.into()), ..DestinationSettings::default() }
}

/// The only destination of an app.
pub(crate) fn destination(app: &App) -> &str {
    assert_eq!(app.destinations.len(), 1);
    &app.destinations[0].id
}

/// An error's code and the field that it blames.
pub(crate) fn problem(status: &Status) -> (&str, &str) {
    let word = |name| status.metadata().get(name).map_or("", |value| value.to_str().unwrap());
    (word("anyhook-code"), word("anyhook-field"))
}

/// The code and field with which a call fails.
#[macro_export]
macro_rules! fails {
    ($call:expr, $code:literal, $field:literal) => {{
        let status = $call.await.unwrap_err();
        assert_eq!($crate::world::problem(&status), ($code, $field), "{status:?}");
        status
    }};
    ($call:expr, $code:literal) => {
        $crate::fails!($call, $code, "")
    };
}
