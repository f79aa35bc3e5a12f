//! Secrets that providers name, captured requests, and rejected events.

use anyhook_domain::{
    EventId, Headers, TenantId,
    event::{Head, column},
    seal::{Key, Place},
    secret::Secret,
    sign,
};
use anyhook_rpc::tenants::v1::{
    CreateAppRequest, Header, LearnSecretRequest, RejectedEvent, ResolveRouteRequest, ReverifyEventsRequest,
    ReverifyEventsResponse, VerifyRequestRequest, VerifyRequestResponse,
};
use tonic::Code;
use uuid::Uuid;

use crate::{
    fails, on_each_database,
    world::{World, new_app},
};

on_each_database! {
    an_app_without_a_source_recognises_it
    a_secret_is_learned_once
    who_has_a_secret_learns_none
    a_captured_request_is_checked
    rejected_events_are_verified_at_their_own_time
    what_does_not_open_stays_rejected
    nobody_asks_for_another_tenants_app
}

const OLD: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const USER: &str = "usr_01h455vb4pex5vsknk084sn02q";
const SALT: [u8; 16] = [3; 16];

async fn app(world: &mut World, tenant: &str, secret: Option<&str>) -> String {
    let request = CreateAppRequest {
        source: "replicate".into(),
        slug: Some("hook".into()),
        secret: secret.map(Into::into),
        ..new_app(tenant, "hook")
    };
    world.apps.create_app(request).await.unwrap().into_inner().app.unwrap().id
}

async fn learn(world: &mut World, app: &str, secret: &str) -> bool {
    let request = LearnSecretRequest { app_id: app.into(), secret: secret.into() };
    world.routing.learn_secret(request).await.unwrap().into_inner().learned
}

async fn secrets(world: &mut World, tenant: &str) -> Vec<String> {
    let request = ResolveRouteRequest { tenant_slug: "acme".into(), app_slug: "hook".into() };
    let route = world.routing.resolve_route(request).await.unwrap().into_inner();
    let mut secrets = Vec::new();
    for secret in route.secrets {
        secrets.push(world.open(tenant, &secret).await);
    }
    secrets
}

async fn an_app_without_a_source_recognises_it(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let request = CreateAppRequest { source: String::new(), ..new_app(&tenant, "日本") };
    let app = world.apps.create_app(request).await.unwrap().into_inner().app.unwrap();
    assert_eq!(app.source, "auto");
    assert!(app.slug.starts_with("hook-"), "{}", app.slug);
}

async fn a_secret_is_learned_once(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = app(world, &tenant, None).await;
    let mut changes = world.routing.watch_changes(anyhook_rpc::tenants::v1::WatchChangesRequest {}).await.unwrap();
    assert!(learn(world, &app, NEW).await);
    let told = changes.get_mut().message().await.unwrap().unwrap();
    assert_eq!((told.app_id.as_deref(), told.routes), (Some(app.as_str()), vec!["acme/hook".to_owned()]));
    assert!(!learn(world, &app, OLD).await);
    assert_eq!(secrets(world, &tenant).await, [NEW]);
    let mut audited = world.store.audited(tenant.parse().unwrap(), 10).await.unwrap();
    audited.retain(|it| it.action == "app.secret_learned");
    let entry = (audited[0].action.as_str(), audited[0].subject.as_str(), audited[0].user_id, audited[0].api_key_id);
    assert_eq!((audited.len(), entry), (1, ("app.secret_learned", app.as_str(), None, None)));
}

async fn who_has_a_secret_learns_none(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = app(world, &tenant, Some(OLD)).await;
    assert!(!learn(world, &app, NEW).await);
    assert_eq!(secrets(world, &tenant).await, [OLD]);
    let request = |app: &str, secret: &str| LearnSecretRequest { app_id: app.into(), secret: secret.into() };
    fails!(world.routing.learn_secret(request("app_01h455vb4pex5vsknk084sn02q", NEW)), "not_found");
    fails!(world.routing.learn_secret(request(&app, " ")), "invalid_field", "secret");
}

/// What Replicate signs now.
fn signed(world: &World, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let (at, secret) = (world.clock.now(), Secret::new(secret.into()));
    vec![
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", at.unix_seconds().to_string()),
        ("webhook-signature", sign::standard(&[secret], "msg_1", at, body)),
    ]
}

async fn verify(world: &mut World, change: impl FnOnce(&mut VerifyRequestRequest)) -> VerifyRequestResponse {
    let headers = signed(world, NEW, b"{}").into_iter();
    let mut request = VerifyRequestRequest {
        provider: "replicate".into(),
        secret: Some(format!("{OLD}\n{NEW}")),
        method: "POST".into(),
        headers: headers.map(|(name, value)| Header { name: name.into(), value: value.into() }).collect(),
        body: b"{}"[..].into(),
        now_ms: world.now(),
        ..VerifyRequestRequest::default()
    };
    change(&mut request);
    world.apps.verify_request(request).await.unwrap().into_inner()
}

async fn a_captured_request_is_checked(world: &mut World) {
    let valid = verify(world, |_| {}).await;
    assert_eq!((valid.valid, valid.provider.as_str(), valid.reason), (true, "replicate", None));
    let reason = |checked: VerifyRequestResponse| {
        assert!(!checked.valid);
        checked.reason.unwrap()
    };
    let old = reason(verify(world, |request| request.now_ms += 720_000).await);
    assert_eq!(old, "timestamp 12 min old; at most 5 min are allowed");
    let forged = reason(verify(world, |request| request.body = b"[]"[..].into()).await);
    assert_eq!(forged, "signed with another secret, or changed on its way");
    let unchecked = reason(verify(world, |request| request.secret = None).await);
    assert_eq!(unchecked, "nothing to check with: give the secret");
    let unmarked = verify(world, |request| {
        request.provider = "auto".into();
        request.headers.clear();
    });
    let unmarked = unmarked.await;
    assert_eq!(unmarked.provider, "auto");
    assert!(reason(unmarked).ends_with("name the provider"));

    let unknown = VerifyRequestRequest { provider: "no-such".into(), ..VerifyRequestRequest::default() };
    let status = fails!(world.apps.verify_request(unknown), "invalid_field", "provider");
    assert!(status.message().contains("replicate"), "{status:?}");
    let odd = VerifyRequestRequest {
        provider: "replicate".into(),
        secret: Some("whsec_%".into()),
        ..VerifyRequestRequest::default()
    };
    fails!(world.apps.verify_request(odd), "invalid_field", "secret");
    assert!(world.apps.list_apps(anyhook_rpc::tenants::v1::ListAppsRequest::default()).await.is_err());
}

fn event(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}

/// A rejected event as the log has it, of this instant.
fn rejected(world: &World, tenant: &str, key: &Key, n: u128, secret: &str) -> RejectedEvent {
    let tenant: TenantId = tenant.parse().unwrap();
    let headers: Headers = signed(world, secret, b"{}").into_iter().collect();
    let head = Head { query: None, headers }.to_bytes();
    let seal = |column, plain: &[u8]| {
        let sealed = key.for_event(event(n), &SALT).seal([1; 12], &Place { tenant, row: event(n).0, column }, plain);
        sealed.into()
    };
    RejectedEvent {
        event_id: event(n).to_string(),
        key_version: 1,
        salt: SALT.to_vec().into(),
        sealed_head: seal(column::HEAD, &head),
        sealed_body: seal(column::BODY, b"{}"),
        method: "POST".into(),
        path_rest: "/rest".into(),
        received_at: world.now(),
    }
}

async fn reverify(world: &mut World, tenant: &str, app: &str, events: Vec<RejectedEvent>) -> ReverifyEventsResponse {
    world.keys.reverify_events(request(tenant, app, events)).await.unwrap().into_inner()
}

fn request(tenant: &str, app: &str, events: Vec<RejectedEvent>) -> ReverifyEventsRequest {
    ReverifyEventsRequest {
        tenant_id: tenant.into(),
        app_id: app.into(),
        events,
        user_id: Some(USER.into()),
        api_key_id: None,
        public_ingress_url: "https://in.example/".into(),
    }
}

async fn rejected_events_are_verified_at_their_own_time(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = app(world, &tenant, Some(NEW)).await;
    let key = world.key(&tenant).await;
    let events = vec![rejected(world, &tenant, &key, 1, NEW), rejected(world, &tenant, &key, 2, OLD)];
    world.hand.advance(std::time::Duration::from_secs(30 * 24 * 60 * 60));
    let answer = reverify(world, &tenant, &app, events).await.events;
    assert_eq!(answer.iter().map(|it| it.event_id.clone()).collect::<Vec<_>>(), [1, 2].map(|n| event(n).to_string()));
    let right = &answer[0];
    assert_eq!((right.released, right.verification.as_str(), right.path_rest.as_str()), (true, "verified", "/rest"));
    assert_eq!((right.source.as_str(), right.provider_id.as_deref()), ("replicate", Some("msg_1")));
    assert_eq!(right.dedup_key.as_ref().unwrap().len(), 16);
    let wrong = &answer[1];
    assert_eq!(
        (wrong.released, wrong.reason.as_deref()),
        (false, Some("signed with another secret, or changed on its way"))
    );
    let mut audited = world.store.audited(tenant.parse().unwrap(), 10).await.unwrap();
    audited.retain(|it| it.action == "app.reverified");
    assert_eq!(audited.iter().map(|it| it.action.as_str()).collect::<Vec<_>>(), ["app.reverified"]);
    assert!(audited[0].user_id.is_some() && audited[0].subject == app);
}

async fn what_does_not_open_stays_rejected(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = app(world, &tenant, None).await;
    let key = world.key(&tenant).await;
    let whole = rejected(world, &tenant, &key, 1, NEW);
    let events = vec![
        RejectedEvent { salt: vec![4; 16].into(), ..whole.clone() },
        RejectedEvent { salt: vec![].into(), ..whole.clone() },
        RejectedEvent { key_version: 9, ..whole.clone() },
        RejectedEvent { sealed_body: whole.sealed_head.clone(), ..whole.clone() },
        whole,
    ];
    let answer = reverify(world, &tenant, &app, events).await.events;
    for wrong in &answer[..4] {
        assert_eq!(wrong.reason.as_deref(), Some("its content cannot be opened any more"));
    }
    assert_eq!((answer[4].released, answer[4].verification.as_str()), (true, "none"), "there is no secret");
}

async fn nobody_asks_for_another_tenants_app(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let stranger = world.tenant("Strange").await;
    let app = app(world, &tenant, None).await;
    fails!(world.keys.reverify_events(request(&stranger, &app, vec![])), "not_found");
    let nobody = ReverifyEventsRequest { user_id: None, ..request(&tenant, &app, vec![]) };
    let status = fails!(world.keys.reverify_events(nobody), "invalid_field", "user_id");
    assert_eq!(status.code(), Code::InvalidArgument);
}
