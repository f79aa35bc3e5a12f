//! The operator of the installation, and its plans.

use anyhook_rpc::tenants::v1::{
    AuthenticateOperatorRequest, AuthenticateRequest, GetAnyTenantRequest, GetStatusRequest, GetTenantRequest,
    ListAllTenantsRequest, ListAuditRequest, ListPlansRequest, ResolveRouteRequest, SetPlanRequest,
    WatchChangesRequest, authenticate_operator_request::Credential, authenticate_request,
};
use anyhook_store::config::AuditEntry;
use anyhook_tenants::{StartError, UnknownPlan};
use uuid::Uuid;

use crate::{
    fails, on_each_database,
    world::{OPERATOR_TOKEN, World, start},
};

on_each_database! {
    the_token_and_verified_users_operate
    a_plan_is_set_told_and_written_down
    tenants_are_listed_by_page
    plans_are_listed
    a_plan_that_is_gone_keeps_the_service_from_starting
}

fn bearer(token: &str) -> AuthenticateOperatorRequest {
    AuthenticateOperatorRequest { credential: Some(Credential::Bearer(token.into())) }
}

fn set_plan(tenant_id: &str, plan: &str) -> SetPlanRequest {
    SetPlanRequest { tenant_id: tenant_id.into(), plan: plan.into(), user_id: None }
}

async fn the_token_and_verified_users_operate(world: &mut World) {
    let by_token = world.operator.authenticate_operator(bearer(OPERATOR_TOKEN)).await.unwrap().into_inner();
    assert_eq!(by_token.user_id, None);
    let signed_up = world.sign_up("Ada").await;
    fails!(world.operator.authenticate_operator(bearer(&OPERATOR_TOKEN[1..])), "unauthenticated");
    fails!(world.operator.authenticate_operator(bearer(&signed_up.api_key)), "not_found");
    let token = signed_up.session.unwrap().token;
    let session = || AuthenticateOperatorRequest { credential: Some(Credential::SessionToken(token.clone())) };
    fails!(world.operator.authenticate_operator(session()), "not_found");
    world.verify("ada@example.com").await;
    let user = world.operator.authenticate_operator(session()).await.unwrap().into_inner().user_id;
    assert_eq!(user, Some(signed_up.user.unwrap().id));
    let who = AuthenticateRequest { credential: Some(authenticate_request::Credential::SessionToken(token.clone())) };
    assert!(world.accounts.authenticate(who).await.unwrap().into_inner().is_operator);

    let other = world.sign_up("Eve").await.session.unwrap().token;
    world.verify("eve@example.com").await;
    let session = AuthenticateOperatorRequest { credential: Some(Credential::SessionToken(other.clone())) };
    fails!(world.operator.authenticate_operator(session), "not_found");
    let who = AuthenticateRequest { credential: Some(authenticate_request::Credential::SessionToken(other)) };
    assert!(!world.accounts.authenticate(who).await.unwrap().into_inner().is_operator);
    let nobody = AuthenticateOperatorRequest { credential: Some(Credential::SessionToken("x".into())) };
    fails!(world.operator.authenticate_operator(nobody), "unauthenticated");
    fails!(world.operator.authenticate_operator(AuthenticateOperatorRequest::default()), "unauthenticated");
}

async fn a_plan_is_set_told_and_written_down(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let mut changes = world.routing.watch_changes(WatchChangesRequest {}).await.unwrap().into_inner();
    fails!(world.operator.set_plan(set_plan(&tenant, "gold")), "invalid_field", "plan");
    fails!(world.operator.set_plan(set_plan("ten_01h455vb4pex5vsknk084sn02q", "pro")), "not_found");
    let changed = world.operator.set_plan(set_plan(&tenant, "pro")).await.unwrap().into_inner();
    assert_eq!((changed.plan.as_str(), changed.events_per_month), ("pro", Some(50_000)));
    // Setting it again changes nothing, and is neither told nor written down.
    world.operator.set_plan(set_plan(&tenant, "pro")).await.unwrap();
    world.tick();
    world.operator.set_plan(set_plan(&tenant, "scale")).await.unwrap();
    for _ in 0..2 {
        let told = changes.message().await.unwrap().unwrap();
        assert_eq!((told.tenant_id.as_str(), &told.routes[..]), (tenant.as_str(), &["acme/pay".to_owned()][..]));
    }
    let route = ResolveRouteRequest { tenant_slug: "acme".into(), app_slug: "pay".into() };
    let route = world.routing.resolve_route(route).await.unwrap().into_inner();
    assert_eq!((route.events_per_month, route.kept_for_ms), (Some(250_000), Some(180 * 24 * 60 * 60 * 1000)));
    let got = world.accounts.get_tenant(GetTenantRequest { tenant_id: tenant.clone() }).await.unwrap().into_inner();
    assert_eq!((got.plan.as_str(), got.events_per_month), ("scale", Some(250_000)));
    let request = ListAuditRequest { tenant_id: tenant, limit: 10, ..ListAuditRequest::default() };
    let entries = world.access.list_audit(request).await.unwrap().into_inner().entries;
    let set: Vec<_> = entries.iter().filter(|entry| entry.action == "operator.plan_set").collect();
    assert_eq!(set.iter().map(|entry| entry.subject.as_str()).collect::<Vec<_>>(), ["scale", "pro"]);
    assert!(set.iter().all(|entry| entry.user_id.is_none() && entry.api_key_id.is_none()));
}

async fn tenants_are_listed_by_page(world: &mut World) {
    for name in ["One", "Two", "Three"] {
        world.tenant(name).await;
        world.tick();
    }
    let page = |before: Option<String>| ListAllTenantsRequest { before, limit: 2, ..ListAllTenantsRequest::default() };
    let first = world.operator.list_all_tenants(page(None)).await.unwrap().into_inner().tenants;
    assert_eq!(first.iter().map(|tenant| tenant.slug.as_str()).collect::<Vec<_>>(), ["three", "two"]);
    let rest = world.operator.list_all_tenants(page(Some(first[1].id.clone()))).await.unwrap().into_inner().tenants;
    assert_eq!(rest.iter().map(|tenant| tenant.slug.as_str()).collect::<Vec<_>>(), ["one"]);
    fails!(world.operator.list_all_tenants(page(Some("x".into()))), "invalid_field", "cursor");
    let request = GetAnyTenantRequest { tenant_id: rest[0].id.clone() };
    assert_eq!(world.operator.get_any_tenant(request).await.unwrap().into_inner(), rest[0]);
    fails!(world.operator.get_any_tenant(GetAnyTenantRequest { tenant_id: "x".into() }), "not_found");
    let status = world.operator.get_status(GetStatusRequest {}).await.unwrap().into_inner();
    assert_eq!((status.n_tenants, status.n_quickstarts), (3, 0));
}

async fn plans_are_listed(world: &mut World) {
    let plans = world.plans.list_plans(ListPlansRequest {}).await.unwrap().into_inner().plans;
    assert_eq!(plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>(), ["free", "pro", "scale", "unlimited"]);
    assert_eq!(plans.iter().map(|plan| plan.is_default).collect::<Vec<_>>(), [true, false, false, false]);
}

async fn a_plan_that_is_gone_keeps_the_service_from_starting(world: &mut World) {
    let tenant = world.tenant("Acme").await.parse().unwrap();
    assert!(start(&world.store, &world.clock, [7; 32]).await.is_ok());
    let at = world.clock.now();
    let record = AuditEntry { id: Uuid::nil(), tenant, user: None, api_key: None, action: "x", subject: "x", at };
    world.store.set_plan(tenant, "former", &record).await.unwrap();
    let refused = start(&world.store, &world.clock, [7; 32]).await.err().unwrap();
    assert!(refused.to_string().contains("ANYHOOK_PLANS_FILE"), "{refused}");
    let StartError::Plan(UnknownPlan { plan, n_tenants, .. }) = refused else { panic!("{refused}") };
    assert_eq!((plan.as_str(), n_tenants), ("former", 1));
}
