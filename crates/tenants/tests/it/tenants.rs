//! Tenants, their names, and the master key.

use anyhook_rpc::tenants::v1::{GetTenantRequest, ResolveRouteRequest, UpdateTenantRequest};
use anyhook_tenants::StartError;

use crate::{
    fails, on_each_database,
    world::{World, sign_up, start},
};

on_each_database! {
    a_renamed_tenant_keeps_its_routes
    a_slug_once_used_is_never_anothers
    slugs_are_not_collected
    parallel_renames_collect_no_slugs
    an_unknown_tenant_is_not_found
    another_master_key_does_not_start
}

fn rename(tenant: &str, slug: &str) -> UpdateTenantRequest {
    UpdateTenantRequest {
        tenant_id: tenant.into(),
        name: None,
        slug: Some(slug.into()),
        ..UpdateTenantRequest::default()
    }
}

async fn a_renamed_tenant_keeps_its_routes(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let request = UpdateTenantRequest { name: Some("Acme 2".into()), ..rename(&tenant, "acme-2") };
    let renamed = world.accounts.update_tenant(request).await.unwrap().into_inner();
    assert_eq!((renamed.name.as_str(), renamed.slug.as_str()), ("Acme 2", "acme-2"));
    assert_eq!(renamed.former_slugs, ["acme"]);
    for slug in ["acme", "acme-2"] {
        let request = ResolveRouteRequest { tenant_slug: slug.into(), app_slug: "pay".into() };
        assert_eq!(world.routing.resolve_route(request).await.unwrap().into_inner().app_id, app.id, "{slug}");
    }
    let got = world.accounts.get_tenant(GetTenantRequest { tenant_id: tenant.clone() }).await.unwrap().into_inner();
    assert_eq!(got, renamed);
    let back = world.accounts.update_tenant(rename(&tenant, "acme")).await.unwrap().into_inner();
    assert_eq!((back.slug.as_str(), &back.former_slugs[..]), ("acme", &["acme-2".to_owned()][..]));
    assert!(!back.hides_payloads);
    let hide = UpdateTenantRequest { slug: None, hides_payloads: Some(true), ..rename(&tenant, "") };
    assert!(world.accounts.update_tenant(hide).await.unwrap().into_inner().hides_payloads);
    let seen = world.accounts.update_tenant(rename(&tenant, "acme")).await.unwrap().into_inner();
    assert!(seen.hides_payloads, "it stays");
    let unless_changed = || UpdateTenantRequest {
        name: Some("Acme 3".into()),
        slug: None,
        expected: Some(seen.clone()),
        ..rename(&tenant, "")
    };
    world.accounts.update_tenant(unless_changed()).await.unwrap();
    fails!(world.accounts.update_tenant(unless_changed()), "changed_meanwhile");
}

async fn a_slug_once_used_is_never_anothers(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.accounts.update_tenant(rename(&tenant, "acme-2")).await.unwrap();
    let other = world.tenant("Other").await;
    for slug in ["acme", "acme-2"] {
        fails!(world.accounts.update_tenant(rename(&other, slug)), "slug_taken", "slug");
        fails!(world.accounts.sign_up(sign_up("c@example.com", "C", Some(slug))), "slug_taken", "tenant.slug");
    }
    let got = world.accounts.get_tenant(GetTenantRequest { tenant_id: other }).await.unwrap().into_inner();
    assert_eq!((got.slug.as_str(), got.former_slugs.len()), ("other", 0));
}

async fn slugs_are_not_collected(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    for n in 2..=10 {
        world.accounts.update_tenant(rename(&tenant, &format!("acme-{n}"))).await.unwrap();
    }
    fails!(world.accounts.update_tenant(rename(&tenant, "acme-11")), "too_many");
    assert!(world.accounts.update_tenant(rename(&tenant, "acme")).await.is_ok());
}

async fn parallel_renames_collect_no_slugs(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    for n in 2..=8 {
        world.accounts.update_tenant(rename(&tenant, &format!("acme-{n}"))).await.unwrap();
    }
    let accounts = world.accounts.clone();
    let renamed = (0..8).map(async |n| accounts.clone().update_tenant(rename(&tenant, &format!("new-{n}"))).await);
    let renamed = futures::future::join_all(renamed).await;
    assert_eq!(renamed.iter().filter(|renamed| renamed.is_ok()).count(), 2);
    let got = world.accounts.get_tenant(GetTenantRequest { tenant_id: tenant }).await.unwrap().into_inner();
    assert_eq!(got.former_slugs.len(), 9);
}

async fn an_unknown_tenant_is_not_found(world: &mut World) {
    for id in ["ten_01h455vb4pex5vsknk084sn02q", "nonsense", ""] {
        fails!(world.accounts.get_tenant(GetTenantRequest { tenant_id: id.into() }), "not_found");
        fails!(world.accounts.update_tenant(rename(id, "acme")), "not_found");
    }
}

async fn another_master_key_does_not_start(world: &mut World) {
    assert!(start(&world.store, &world.clock, [7; 32]).await.is_ok());
    let refused = start(&world.store, &world.clock, [8; 32]).await.err().unwrap();
    assert!(matches!(refused, StartError::WrongMasterKey));
    assert!(refused.to_string().contains("ANYHOOK_MASTER_KEY_FILE"), "{refused}");
}
