//! API keys that may do less than everything, and the audit log.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    Actor, AppNames, AuditEntry, AuthenticateRequest, CreateApiKeyRequest, CreatedApiKey, DeleteAppRequest,
    ListApiKeysRequest, ListAuditRequest, Principal, RevokeApiKeyRequest, authenticate_request::Credential,
};
use tonic::Status;

use crate::{fails, on_each_database, world::World};

on_each_database! {
    keys_have_scopes_apps_and_an_end
    bad_keys_are_not_made
    keys_make_no_wider_ones
    revoked_keys_are_gone
    the_last_use_is_known_to_the_minute
    the_audit_log_says_who
}

fn user(id: &str) -> Option<Actor> {
    Some(Actor { user_id: Some(id.into()), api_key_id: None })
}

fn new_key(tenant: &str, user_id: &str, scope: &str) -> CreateApiKeyRequest {
    CreateApiKeyRequest {
        tenant_id: tenant.into(),
        actor: user(user_id),
        name: "Deploy".into(),
        scope: scope.into(),
        apps: None,
        expires_at: None,
        ..CreateApiKeyRequest::default()
    }
}

async fn create(world: &mut World, request: CreateApiKeyRequest) -> Result<CreatedApiKey, Status> {
    world.access.create_api_key(request).await.map(tonic::Response::into_inner)
}

async fn who(world: &mut World, key: &str) -> Result<Principal, Status> {
    let request = AuthenticateRequest { credential: Some(Credential::ApiKey(key.into())) };
    world.accounts.authenticate(request).await.map(tonic::Response::into_inner)
}

async fn audited(world: &mut World, tenant: &str, filter: ListAuditRequest) -> Vec<AuditEntry> {
    let request = ListAuditRequest { tenant_id: tenant.into(), ..filter };
    world.access.list_audit(request).await.unwrap().into_inner().entries
}

async fn signed_up(world: &mut World, name: &str) -> (String, String, String) {
    let made = world.sign_up(name).await;
    (made.tenant.unwrap().id, made.user.unwrap().id, made.api_key)
}

async fn keys_have_scopes_apps_and_an_end(world: &mut World) {
    let (tenant, owner, first) = signed_up(world, "Acme").await;
    let app = world.app(&tenant, "shop").await.app.unwrap();
    world.app(&tenant, "blog").await;
    let first = who(world, &first).await.unwrap();
    assert_eq!((first.scope.as_deref(), first.is_limited, first.role.as_str()), (Some("admin"), false, "admin"));

    let expires_at = Some(world.now() + 1000);
    let apps = Some(AppNames { items: vec!["shop".into(), app.id.clone()] });
    let made = create(world, CreateApiKeyRequest { apps, expires_at, ..new_key(&tenant, &owner, "write") }).await;
    let made = made.unwrap();
    let shown = made.api_key.unwrap();
    assert_eq!((shown.scope.as_str(), shown.apps, shown.is_limited), ("write", vec!["shop".to_owned()], true));
    let principal = who(world, &made.secret).await.unwrap();
    assert_eq!((principal.scope.as_deref(), principal.is_limited), (Some("write"), true));
    assert_eq!((principal.app_ids, principal.role.as_str()), (vec![app.id], "viewer"));

    let list = ListApiKeysRequest { tenant_id: tenant.clone() };
    let listed = world.access.list_api_keys(list).await.unwrap().into_inner().api_keys;
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[1].apps[..], listed[1].expires_at), (&["shop".to_owned()][..], expires_at));
    assert!(made.secret.ends_with(&listed[1].last4));

    // Without its only app it reaches none, and not all.
    world
        .apps
        .delete_app(DeleteAppRequest { tenant_id: tenant, app: "shop".into(), ..DeleteAppRequest::default() })
        .await
        .unwrap();
    let principal = who(world, &made.secret).await.unwrap();
    assert_eq!((principal.is_limited, principal.app_ids.len()), (true, 0));
    world.hand.advance(Duration::from_millis(999));
    assert!(who(world, &made.secret).await.is_ok());
    world.hand.advance(Duration::from_millis(1));
    fails!(who(world, &made.secret), "unauthenticated");
}

async fn bad_keys_are_not_made(world: &mut World) {
    let (tenant, owner, _) = signed_up(world, "Acme").await;
    let (stranger, ..) = signed_up(world, "Other").await;
    world.app(&stranger, "foreign").await;
    let good = || new_key(&tenant, &owner, "read");
    fails!(create(world, CreateApiKeyRequest { scope: "root".into(), ..good() }), "invalid_field", "scope");
    fails!(create(world, CreateApiKeyRequest { name: " ".into(), ..good() }), "invalid_field", "name");
    let past = Some(world.now());
    fails!(create(world, CreateApiKeyRequest { expires_at: past, ..good() }), "invalid_field", "expiresAt");
    fails!(create(world, CreateApiKeyRequest { actor: None, ..good() }), "invalid_field", "user_id");
    let apps = |items: &[&str]| Some(AppNames { items: items.iter().map(ToString::to_string).collect() });
    fails!(create(world, CreateApiKeyRequest { apps: apps(&[]), ..good() }), "invalid_field", "apps");
    fails!(create(world, CreateApiKeyRequest { apps: apps(&["foreign"]), ..good() }), "not_found");
}

async fn keys_make_no_wider_ones(world: &mut World) {
    let (tenant, owner, first) = signed_up(world, "Acme").await;
    world.app(&tenant, "shop").await;
    let by = |id: String| Some(Actor { user_id: None, api_key_id: Some(id) });
    let first = who(world, &first).await.unwrap().api_key_id.unwrap();
    let until = Some(world.now() + 1000);
    let ending = CreateApiKeyRequest { actor: by(first), expires_at: until, ..new_key(&tenant, &owner, "admin") };
    let ending = create(world, ending).await.unwrap().api_key.unwrap().id;
    let again =
        |expires_at| CreateApiKeyRequest { actor: by(ending.clone()), expires_at, ..new_key(&tenant, "", "read") };
    fails!(create(world, again(None)), "invalid_field", "expiresAt");
    let later = Some(world.now() + 1001);
    fails!(create(world, again(later)), "invalid_field", "expiresAt");
    assert!(create(world, again(until)).await.is_ok());
    let apps = Some(AppNames { items: vec!["shop".into()] });
    for narrow in [new_key(&tenant, &owner, "write"), CreateApiKeyRequest { apps, ..new_key(&tenant, &owner, "admin") }]
    {
        let narrow = create(world, narrow).await.unwrap().api_key.unwrap().id;
        fails!(create(world, CreateApiKeyRequest { actor: by(narrow), ..new_key(&tenant, "", "read") }), "forbidden");
    }
}

async fn revoked_keys_are_gone(world: &mut World) {
    let (tenant, owner, _) = signed_up(world, "Acme").await;
    let (stranger, other, _) = signed_up(world, "Other").await;
    let made = create(world, new_key(&tenant, &owner, "read")).await.unwrap();
    let id = made.api_key.unwrap().id;
    let revoke = |tenant: &str, user_id: &str| RevokeApiKeyRequest {
        tenant_id: tenant.into(),
        actor: user(user_id),
        api_key_id: id.clone(),
    };
    fails!(world.access.revoke_api_key(revoke(&stranger, &other)), "not_found");
    assert!(who(world, &made.secret).await.is_ok());
    world.tick();
    world.access.revoke_api_key(revoke(&tenant, &owner)).await.unwrap();
    fails!(who(world, &made.secret), "unauthenticated");
    fails!(world.access.revoke_api_key(revoke(&tenant, &owner)), "not_found");
    let list = ListApiKeysRequest { tenant_id: tenant.clone() };
    assert_eq!(world.access.list_api_keys(list).await.unwrap().into_inner().api_keys.len(), 1);
    let filter = ListAuditRequest { subject: Some(id), limit: 10, ..ListAuditRequest::default() };
    let actions: Vec<_> = audited(world, &tenant, filter).await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["api_key.revoked", "api_key.created"]);
}

async fn the_last_use_is_known_to_the_minute(world: &mut World) {
    let (tenant, _, key) = signed_up(world, "Acme").await;
    let start = world.now();
    for (after_ms, noted) in [(0, start), (59_999, start), (1, start + 60_000), (1, start + 60_000)] {
        world.hand.advance(Duration::from_millis(after_ms));
        who(world, &key).await.unwrap();
        let list = ListApiKeysRequest { tenant_id: tenant.clone() };
        let listed = world.access.list_api_keys(list).await.unwrap().into_inner().api_keys;
        assert_eq!(listed[0].last_used_at, Some(noted));
    }
}

async fn the_audit_log_says_who(world: &mut World) {
    let (tenant, owner, first) = signed_up(world, "Acme").await;
    let (stranger, ..) = signed_up(world, "Other").await;
    let key = who(world, &first).await.unwrap().api_key_id;
    for n in 0..3 {
        world.tick();
        let actor = if n == 1 { Some(Actor { user_id: None, api_key_id: key.clone() }) } else { user(&owner) };
        create(world, CreateApiKeyRequest { actor, ..new_key(&tenant, &owner, "read") }).await.unwrap();
    }
    let action = Some("api_key.created".to_owned());
    let page =
        |limit, before| ListAuditRequest { limit, before, action: action.clone(), ..ListAuditRequest::default() };
    let entries = audited(world, &tenant, page(2, None)).await;
    assert_eq!(entries.len(), 2);
    assert_eq!((entries[0].user_email.as_deref(), entries[0].at), (Some("acme@example.com"), world.now()));
    assert_eq!((entries[1].api_key_name.as_deref(), &entries[1].user_email), (Some("First key"), &None));
    let rest = audited(world, &tenant, page(2, Some(entries[1].id.clone()))).await;
    assert_eq!(rest.len(), 1);
    assert!(rest[0].id < entries[1].id && rest[0].action == "api_key.created");
    let other_action = ListAuditRequest { action: Some("api_key.revoked".into()), ..page(10, None) };
    assert!(audited(world, &tenant, other_action).await.is_empty());
    assert!(audited(world, &stranger, page(10, None)).await.is_empty());
    let bad = ListAuditRequest { tenant_id: tenant, before: Some("x".into()), ..page(10, None) };
    fails!(world.access.list_audit(bad), "invalid_field", "cursor");
}
