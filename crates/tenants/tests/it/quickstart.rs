//! Tenants without an account.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    Actor, AuthenticateRequest, ClaimQuickstartRequest, CreateQuickstartRequest, CreateQuickstartResponse,
    InviteRequest, ListAuditRequest, ResolveRouteRequest, UpdateTenantRequest, WatchChangesRequest,
    authenticate_request::Credential,
};
use tonic::Code;

use crate::{
    fails, on_each_database,
    world::{PASSWORD, World},
};

on_each_database! {
    one_is_made_with_an_app_and_a_key
    a_destination_that_is_refused_leaves_nothing
    one_address_gets_a_few
    there_are_only_so_many
    nobody_is_invited_before_the_claim
    an_account_is_made_with_the_claim
    whoever_is_signed_in_keeps_it
    a_claim_that_fails_may_be_tried_again
    the_end_is_told_and_final
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn begin(world: &mut World) -> CreateQuickstartResponse {
    world.quickstarts.create_quickstart(CreateQuickstartRequest::default()).await.unwrap().into_inner()
}

fn from(address: &str) -> CreateQuickstartRequest {
    CreateQuickstartRequest { client_address: Some(address.into()), ..CreateQuickstartRequest::default() }
}

fn claim(token: &str, email: &str) -> ClaimQuickstartRequest {
    ClaimQuickstartRequest {
        token: token.into(),
        email: Some(email.into()),
        password: Some(PASSWORD.into()),
        ..ClaimQuickstartRequest::default()
    }
}

fn route(route: &str) -> ResolveRouteRequest {
    let (tenant_slug, app_slug) = route.split_once('/').unwrap();
    ResolveRouteRequest { tenant_slug: tenant_slug.into(), app_slug: app_slug.into() }
}

async fn tenant_of_key(world: &mut World, key: &str) -> Result<String, Code> {
    let request = AuthenticateRequest { credential: Some(Credential::ApiKey(key.into())) };
    let principal = world.accounts.authenticate(request).await.map_err(|status| status.code())?;
    Ok(principal.into_inner().tenant_id)
}

async fn one_is_made_with_an_app_and_a_key(world: &mut World) {
    let request = CreateQuickstartRequest {
        destination_url: Some("http://127.0.0.1:9000/hook".into()),
        source: Some("github".into()),
        client_address: None,
    };
    let made = world.quickstarts.create_quickstart(request).await.unwrap().into_inner();
    assert_eq!(made.app_slug, "github");
    assert!(made.signing_secret.is_some_and(|secret| secret.starts_with("whsec_")));
    assert_eq!(made.expires_at, world.now() + 7 * 24 * 60 * 60 * 1000);
    let resolved = world.routing.resolve_route(route(&made.route)).await.unwrap().into_inner();
    assert_eq!((resolved.source.as_str(), resolved.events_per_month), ("github", Some(3000)));
    assert_eq!(tenant_of_key(world, &made.api_key).await.unwrap(), resolved.tenant_id);
    let plain = begin(world).await;
    assert_eq!((plain.app_slug.as_str(), plain.signing_secret), ("hook", None));
}

async fn a_destination_that_is_refused_leaves_nothing(world: &mut World) {
    let to =
        |url: &str| CreateQuickstartRequest { destination_url: Some(url.into()), ..CreateQuickstartRequest::default() };
    fails!(world.quickstarts.create_quickstart(to("http://10.0.0.1/")), "destination_refused", "destination_url");
    let unknown = CreateQuickstartRequest { source: Some("nobody".into()), ..CreateQuickstartRequest::default() };
    fails!(world.quickstarts.create_quickstart(unknown), "invalid_field", "source");
    assert_eq!(world.store.tenant_counts().await.unwrap().n_tenants, 0);
}

async fn one_address_gets_a_few(world: &mut World) {
    for _ in 0..2 {
        // Removed at once, so that there is room for all.
        for _ in 0..2 {
            let made = world.quickstarts.create_quickstart(from("203.0.113.9")).await.unwrap().into_inner();
            world
                .quickstarts
                .claim_quickstart(claim(&made.claim_token, &format!("{}@b", made.expires_at)))
                .await
                .unwrap();
            world.tick();
        }
    }
    world.quickstarts.create_quickstart(from("203.0.113.9")).await.unwrap();
    let status = fails!(world.quickstarts.create_quickstart(from("203.0.113.9")), "too_many_quickstarts");
    let after: u64 = status.metadata().get("anyhook-retry-after").unwrap().to_str().unwrap().parse().unwrap();
    assert!((3500..=3601).contains(&after), "{after}");
    world.quickstarts.create_quickstart(from("203.0.113.10")).await.unwrap();
}

async fn there_are_only_so_many(world: &mut World) {
    for n in 0..4 {
        world.quickstarts.create_quickstart(from(&format!("203.0.113.{n}"))).await.unwrap();
    }
    fails!(world.quickstarts.create_quickstart(from("203.0.113.9")), "too_many_quickstarts");
    world.hand.advance(7 * DAY);
    assert_eq!(world.tenants.end_quickstarts().await.unwrap(), 4);
    world.quickstarts.create_quickstart(from("203.0.113.9")).await.unwrap();
}

async fn nobody_is_invited_before_the_claim(world: &mut World) {
    let made = begin(world).await;
    let key = AuthenticateRequest { credential: Some(Credential::ApiKey(made.api_key)) };
    let key = world.accounts.authenticate(key).await.unwrap().into_inner();
    let invite = InviteRequest {
        tenant_id: key.tenant_id,
        actor: Some(Actor { user_id: None, api_key_id: key.api_key_id }),
        email: "stranger@example.com".into(),
        role: "member".into(),
        ..InviteRequest::default()
    };
    let status = fails!(world.team.invite(invite.clone()), "forbidden");
    assert!(status.message().contains("Claim it first"), "{}", status.message());
    world.quickstarts.claim_quickstart(claim(&made.claim_token, "bob@example.com")).await.unwrap();
    world.team.invite(invite).await.unwrap();
}

async fn an_account_is_made_with_the_claim(world: &mut World) {
    let made = begin(world).await;
    let request = ClaimQuickstartRequest {
        tenant_name: Some("Acme".into()),
        tenant_slug: Some("acme".into()),
        ..claim(&made.claim_token, "Bob@Example.com")
    };
    let claimed = world.quickstarts.claim_quickstart(request.clone()).await.unwrap().into_inner();
    let (tenant, session) = (claimed.tenant.unwrap(), claimed.session.unwrap());
    assert_eq!((tenant.name.as_str(), tenant.slug.as_str(), tenant.plan.as_str()), ("Acme", "acme", "free"));
    assert_eq!(claimed.user.unwrap().email, "bob@example.com");
    let who = AuthenticateRequest { credential: Some(Credential::SessionToken(session.token)) };
    let who = world.accounts.authenticate(who).await.unwrap().into_inner();
    assert_eq!((who.role.as_str(), &who.tenant_id), ("owner", &tenant.id));
    fails!(world.quickstarts.claim_quickstart(request), "already_claimed");
    assert_eq!(tenant_of_key(world, &made.api_key).await.unwrap(), tenant.id);
    world.hand.advance(8 * DAY);
    assert_eq!(world.tenants.end_quickstarts().await.unwrap(), 0);
    for known in [made.route.clone(), format!("acme/{}", made.app_slug)] {
        assert_eq!(world.routing.resolve_route(route(&known)).await.unwrap().into_inner().tenant_id, tenant.id);
    }
    let request = ListAuditRequest { tenant_id: tenant.id, limit: 10, ..ListAuditRequest::default() };
    let log = world.access.list_audit(request).await.unwrap().into_inner();
    let entry = log.entries.iter().find(|entry| entry.action == "tenant.claimed").unwrap();
    assert_eq!(entry.user_email.as_deref(), Some("bob@example.com"));
    assert!(log.entries.iter().any(|entry| entry.action == "tenant.created" && entry.user_email.is_none()));
}

async fn whoever_is_signed_in_keeps_it(world: &mut World) {
    let made = begin(world).await;
    let session = world.sign_up("Carol").await.session.unwrap().token;
    let request = ClaimQuickstartRequest {
        token: made.claim_token,
        session_token: Some(session.clone()),
        ..ClaimQuickstartRequest::default()
    };
    let claimed = world.quickstarts.claim_quickstart(request).await.unwrap().into_inner();
    assert_eq!((claimed.session, claimed.user.unwrap().email.as_str()), (None, "carol@example.com"));
    let who = AuthenticateRequest { credential: Some(Credential::SessionToken(session)) };
    let who = world.accounts.authenticate(who).await.unwrap().into_inner();
    assert_eq!((who.tenant_id, who.role.as_str()), (claimed.tenant.unwrap().id, "owner"));
}

async fn a_claim_that_fails_may_be_tried_again(world: &mut World) {
    let taken = world.sign_up("Acme").await;
    let made = begin(world).await;
    let token = &made.claim_token;
    fails!(world.quickstarts.claim_quickstart(claim("wrong", "d@example.com")), "not_found");
    fails!(world.quickstarts.claim_quickstart(claim(token, "acme@example.com")), "email_taken", "email");
    let slug = |slug: &str| ClaimQuickstartRequest { tenant_slug: Some(slug.into()), ..claim(token, "d@example.com") };
    fails!(world.quickstarts.claim_quickstart(slug("acme")), "slug_taken", "tenant.slug");
    fails!(world.quickstarts.claim_quickstart(slug("A B")), "invalid_field", "tenant.slug");
    let short = ClaimQuickstartRequest { password: Some("short".into()), ..claim(token, "d@example.com") };
    fails!(world.quickstarts.claim_quickstart(short), "invalid_field", "password");
    let nobody = ClaimQuickstartRequest { token: token.clone(), ..ClaimQuickstartRequest::default() };
    fails!(world.quickstarts.claim_quickstart(nobody), "invalid_field", "email");
    // Nothing of the refused ones is left.
    world.quickstarts.claim_quickstart(claim(token, "d@example.com")).await.unwrap();
    let rename = UpdateTenantRequest {
        tenant_id: taken.tenant.unwrap().id,
        name: None,
        slug: Some("d-labs".into()),
        ..UpdateTenantRequest::default()
    };
    world.accounts.update_tenant(rename).await.unwrap();
}

async fn the_end_is_told_and_final(world: &mut World) {
    let made = begin(world).await;
    let mut changes = world.routing.watch_changes(WatchChangesRequest {}).await.unwrap().into_inner();
    world.hand.advance(7 * DAY - Duration::from_millis(1));
    assert_eq!(world.tenants.end_quickstarts().await.unwrap(), 0);
    assert!(tenant_of_key(world, &made.api_key).await.is_ok());
    world.hand.advance(Duration::from_millis(1));
    fails!(world.quickstarts.claim_quickstart(claim(&made.claim_token, "e@example.com")), "not_found");
    assert_eq!(world.tenants.end_quickstarts().await.unwrap(), 1);
    let change = changes.message().await.unwrap().unwrap();
    assert_eq!(change.routes, std::slice::from_ref(&made.route));
    assert_eq!(tenant_of_key(world, &made.api_key).await.unwrap_err(), Code::Unauthenticated);
    assert_eq!(world.routing.resolve_route(route(&made.route)).await.unwrap_err().code(), Code::NotFound);
    fails!(world.quickstarts.claim_quickstart(claim(&made.claim_token, "e@example.com")), "not_found");
    assert_eq!(world.tenants.end_quickstarts().await.unwrap(), 0);
}
