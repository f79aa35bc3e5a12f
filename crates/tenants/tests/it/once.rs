//! Requests with a key of their sender's make what they ask for once, and are answered the same again.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    Actor, CreateApiKeyRequest, CreateAppRequest, CreateDestinationRequest, CreateTenantRequest, InviteRequest,
    ListApiKeysRequest, ListAppsRequest,
};

use crate::{
    fails, on_each_database,
    world::{World, new_app, to},
};

on_each_database! {
    the_same_request_is_answered_the_same
    another_request_is_refused
    two_at_once_make_one
    after_a_day_it_is_a_new_one
}

fn user(id: &str) -> Option<Actor> {
    Some(Actor { user_id: Some(id.into()), api_key_id: None })
}

fn keyed_app(tenant: &str, key: &str) -> CreateAppRequest {
    CreateAppRequest {
        destinations: vec![to("http://127.0.0.1:9/hook")],
        idempotency_key: Some(key.into()),
        ..new_app(tenant, "Shop")
    }
}

async fn the_same_request_is_answered_the_same(world: &mut World) {
    let signed_up = world.sign_up("Acme").await;
    let (tenant, owner) = (signed_up.tenant.unwrap().id, signed_up.user.unwrap().id);
    world.verify("acme@example.com").await;
    macro_rules! twice {
        ($client:ident.$call:ident, $request:expr) => {{
            let request = $request;
            let first = world.$client.$call(request.clone()).await.unwrap().into_inner();
            world.hand.advance(Duration::from_secs(60));
            let second = world.$client.$call(request).await.unwrap().into_inner();
            assert_eq!(first, second);
            first
        }};
    }
    let app = twice!(apps.create_app, keyed_app(&tenant, "app"));
    assert!(!app.created[0].signing_secret.is_empty());
    let destination = CreateDestinationRequest {
        tenant_id: tenant.clone(),
        app: app.app.unwrap().slug,
        settings: Some(to("http://127.0.0.1:9/second")),
        idempotency_key: Some("destination".into()),
        ..CreateDestinationRequest::default()
    };
    assert!(!twice!(apps.create_destination, destination).signing_secret.is_empty());
    let key = CreateApiKeyRequest {
        tenant_id: tenant.clone(),
        actor: user(&owner),
        name: "Deploy".into(),
        scope: "admin".into(),
        expires_in_days: Some(3),
        idempotency_key: Some("key".into()),
        ..CreateApiKeyRequest::default()
    };
    assert!(twice!(access.create_api_key, key).secret.starts_with("ahk_"));
    let invitation = InviteRequest {
        tenant_id: tenant.clone(),
        actor: user(&owner),
        email: "grace@example.com".into(),
        role: "viewer".into(),
        idempotency_key: Some("invitation".into()),
    };
    assert!(!twice!(team.invite, invitation).token.is_empty());
    let labs = CreateTenantRequest {
        user_id: owner,
        name: "Labs".into(),
        slug: None,
        tenant_id: tenant.clone(),
        idempotency_key: Some("tenant".into()),
    };
    twice!(accounts.create_tenant, labs);
    let listed = world.apps.list_apps(ListAppsRequest { tenant_id: tenant.clone() }).await.unwrap().into_inner().apps;
    assert_eq!((listed.len(), listed[0].destinations.len()), (1, 2));
    let keys = world.access.list_api_keys(ListApiKeysRequest { tenant_id: tenant }).await.unwrap().into_inner();
    assert_eq!(keys.api_keys.len(), 2);
}

async fn another_request_is_refused(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let stranger = world.tenant("Other").await;
    let made = world.apps.create_app(keyed_app(&tenant, "k")).await.unwrap().into_inner();
    let renamed = CreateAppRequest { name: "Pay".into(), ..keyed_app(&tenant, "k") };
    fails!(world.apps.create_app(renamed), "idempotency_key_reused");
    let other_kind = CreateDestinationRequest {
        tenant_id: tenant.clone(),
        app: made.app.clone().unwrap().slug,
        settings: Some(to("http://127.0.0.1:9/second")),
        idempotency_key: Some("k".into()),
        ..CreateDestinationRequest::default()
    };
    fails!(world.apps.create_destination(other_kind), "idempotency_key_reused");
    let by_another = CreateAppRequest { actor: user("usr_01h455vb4pex5vsknk084sn02q"), ..keyed_app(&tenant, "k") };
    fails!(world.apps.create_app(by_another), "idempotency_key_reused");
    let foreign = world.apps.create_app(keyed_app(&stranger, "k")).await.unwrap().into_inner();
    assert_ne!(foreign.app.unwrap().id, made.app.unwrap().id);
}

async fn two_at_once_make_one(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let (mut one, mut two) = (world.apps.clone(), world.apps.clone());
    let (first, second) =
        tokio::join!(one.create_app(keyed_app(&tenant, "k")), two.create_app(keyed_app(&tenant, "k")));
    assert_eq!(first.unwrap().into_inner(), second.unwrap().into_inner());
    let listed = world.apps.list_apps(ListAppsRequest { tenant_id: tenant }).await.unwrap().into_inner().apps;
    assert_eq!(listed.len(), 1);
}

async fn after_a_day_it_is_a_new_one(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let first = world.apps.create_app(keyed_app(&tenant, "k")).await.unwrap().into_inner();
    world.hand.advance(Duration::from_secs(24 * 60 * 60));
    let second = world.apps.create_app(keyed_app(&tenant, "k")).await.unwrap().into_inner();
    assert_ne!(first.app.unwrap().id, second.app.unwrap().id);
}
