//! Apps: making, finding, renaming, verifying, deleting.

use anyhook_domain::AppId;
use anyhook_rpc::tenants::v1::{
    App, CreateAppRequest, DeleteAppRequest, GetAppRequest, ListAppsRequest, ResolveRouteRequest, UpdateAppRequest,
    UpdateTenantRequest,
};
use anyhook_store::config::{AppRow, CreateApp};
use tonic::{Response, Status};
use uuid::Uuid;

use crate::{
    fails, on_each_database,
    world::{World, new_app, problem, to},
};

on_each_database! {
    a_new_app_has_its_defaults
    slugs_are_made_from_names
    bad_apps_name_their_field
    a_renamed_app_is_found_by_all_its_slugs
    a_siblings_former_slug_is_taken_until_it_is_deleted
    source_and_secret_have_to_fit
    what_is_not_named_stays
    what_changes_nothing_is_not_written_down
    other_tenants_apps_are_not_found
    a_thousand_apps_are_enough
    parallel_calls_keep_the_limits
    a_list_holds_whole_apps
}

fn change(tenant: &str, app: &str) -> UpdateAppRequest {
    UpdateAppRequest { tenant_id: tenant.into(), app: app.into(), ..UpdateAppRequest::default() }
}

fn rename(tenant: &str, app: &str, slug: &str) -> UpdateAppRequest {
    UpdateAppRequest { slug: Some(slug.into()), ..change(tenant, app) }
}

async fn get(world: &mut World, tenant: &str, app: &str) -> Result<App, Status> {
    let request = GetAppRequest { tenant_id: tenant.into(), app: app.into() };
    world.apps.get_app(request).await.map(Response::into_inner)
}

async fn list(world: &mut World, tenant: &str) -> Vec<App> {
    world.apps.list_apps(ListAppsRequest { tenant_id: tenant.into() }).await.unwrap().into_inner().apps
}

async fn routes_to(world: &mut World, tenant_slug: &str, app_slug: &str) -> Option<String> {
    let request = ResolveRouteRequest { tenant_slug: tenant_slug.into(), app_slug: app_slug.into() };
    world.routing.resolve_route(request).await.ok().map(|route| route.into_inner().app_id)
}

async fn a_new_app_has_its_defaults(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let created = world.app(&tenant, "pay").await;
    let app = created.app.unwrap();
    assert_eq!((app.slug.as_str(), app.name.as_str(), app.source.as_str()), ("pay", "pay", "generic"));
    assert_eq!((app.source_config.as_str(), app.has_secret), ("{}", false));
    assert!(app.is_active && !app.is_paused);
    assert_eq!(app.routes, ["acme/pay"]);
    let made = &created.created[0];
    let destination = &app.destinations[0];
    assert_eq!((created.created.len(), made.destination.as_ref()), (1, Some(destination)));
    assert!(made.signing_secret.starts_with("whsec_"));
    assert_eq!((destination.timeout_seconds, destination.max_attempts), (300, 11));
    assert_eq!((destination.signature_mode.as_str(), destination.is_paused), ("anyhook", false));
    assert!(made.signing_secret.ends_with(destination.secret_hint.trim_start_matches('…')));
    assert_eq!(get(world, &tenant, "pay").await.unwrap(), app);
    assert_eq!(get(world, &tenant, &app.id).await.unwrap(), app);
    assert_eq!(list(world, &tenant).await, [app]);
}

async fn slugs_are_made_from_names(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let mut slugs = Vec::new();
    for name in ["Order Events", "Order Events", "日本"] {
        slugs.push(world.apps.create_app(new_app(&tenant, name)).await.unwrap().into_inner().app.unwrap().slug);
    }
    assert_eq!(slugs[0], "order-events");
    assert!(slugs[1].starts_with("order-events-") && slugs[2].starts_with("generic-"), "{slugs:?}");
}

async fn bad_apps_name_their_field(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let good = || new_app(&tenant, "Pay");
    fails!(world.apps.create_app(CreateAppRequest { name: String::new(), ..good() }), "invalid_field", "name");
    let unknown = CreateAppRequest { source: "strype".into(), ..good() };
    let status = fails!(world.apps.create_app(unknown), "invalid_field", "source");
    assert!(status.message().contains("generic, ") && status.message().contains("replicate"), "{status}");
    let bad = CreateAppRequest { slug: Some("API".into()), ..good() };
    fails!(world.apps.create_app(bad), "invalid_field", "slug");
    for config in ["[]", "{", "1"] {
        let bad = CreateAppRequest { source_config: Some(config.into()), ..good() };
        fails!(world.apps.create_app(bad), "invalid_field", "source_config");
    }
    let many = CreateAppRequest { destinations: vec![to("http://127.0.0.1:9/"); 21], ..good() };
    let status = fails!(world.apps.create_app(many), "too_many");
    assert_eq!(status.code(), tonic::Code::FailedPrecondition);
    world.app(&tenant, "pay").await;
    let taken = CreateAppRequest { slug: Some("pay".into()), ..good() };
    fails!(world.apps.create_app(taken), "slug_taken", "slug");
    let nobodys = new_app("ten_01h455vb4pex5vsknk084sn02q", "Pay");
    fails!(world.apps.create_app(nobodys), "not_found");
    assert_eq!(list(world, &tenant).await.len(), 1);
}

async fn a_renamed_app_is_found_by_all_its_slugs(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    world.apps.update_app(rename(&tenant, "pay", "billing")).await.unwrap();
    let request = UpdateTenantRequest {
        tenant_id: tenant.clone(),
        name: None,
        slug: Some("acme-2".into()),
        ..UpdateTenantRequest::default()
    };
    world.accounts.update_tenant(request).await.unwrap();
    let renamed = get(world, &tenant, "pay").await.unwrap();
    assert_eq!((renamed.id.as_str(), renamed.slug.as_str()), (app.id.as_str(), "billing"));
    assert_eq!(renamed.routes, ["acme-2/billing", "acme-2/pay", "acme/billing", "acme/pay"]);
    assert_eq!(list(world, &tenant).await, [renamed]);
    for (tenant_slug, app_slug) in [("acme", "pay"), ("acme", "billing"), ("acme-2", "pay"), ("acme-2", "billing")] {
        assert_eq!(routes_to(world, tenant_slug, app_slug).await.as_ref(), Some(&app.id));
    }
    // By a former slug, back to it.
    let back = world.apps.update_app(rename(&tenant, "pay", "pay")).await.unwrap().into_inner().app.unwrap();
    assert_eq!((back.slug.as_str(), back.routes[0].as_str()), ("pay", "acme-2/pay"));
}

async fn a_siblings_former_slug_is_taken_until_it_is_deleted(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    world.apps.update_app(rename(&tenant, "pay", "billing")).await.unwrap();
    let other = world.app(&tenant, "other").await.app.unwrap();
    for slug in ["pay", "billing"] {
        let taken = CreateAppRequest { slug: Some(slug.into()), ..new_app(&tenant, "x") };
        fails!(world.apps.create_app(taken), "slug_taken", "slug");
        fails!(world.apps.update_app(rename(&tenant, "other", slug)), "slug_taken", "slug");
    }
    let near = world.apps.create_app(new_app(&tenant, "Pay")).await.unwrap().into_inner().app.unwrap();
    assert!(near.slug.starts_with("pay-"), "{}", near.slug);
    let request = DeleteAppRequest { tenant_id: tenant.clone(), app: "pay".into(), ..DeleteAppRequest::default() };
    world.apps.delete_app(request).await.unwrap();
    assert_eq!(routes_to(world, "acme", "billing").await, None);
    world.apps.update_app(rename(&tenant, "other", "pay")).await.unwrap();
    assert_eq!(routes_to(world, "acme", "pay").await, Some(other.id));
    // Another tenant has its own names.
    let stranger = world.tenant("Stranger").await;
    world.app(&stranger, "pay").await;
}

async fn source_and_secret_have_to_fit(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let signed = |secret: Option<&str>, config: Option<&str>| CreateAppRequest {
        source: "hmac".into(),
        secret: secret.map(Into::into),
        source_config: config.map(Into::into),
        slug: Some("pay".into()),
        ..new_app(&tenant, "Pay")
    };
    fails!(world.apps.create_app(signed(None, None)), "invalid_field", "secret");
    fails!(world.apps.create_app(signed(Some(" "), None)), "invalid_field", "secret");
    let odd = signed(Some("key"), Some(r#"{"algorithm":"md5"}"#));
    fails!(world.apps.create_app(odd), "invalid_field", "source_config");
    let good = signed(Some("key"), Some(r#"{"header":"X-Sig"}"#));
    let app = world.apps.create_app(good).await.unwrap().into_inner().app.unwrap();
    assert_eq!((app.has_secret, app.source_config.as_str()), (true, r#"{"header":"X-Sig"}"#));

    let no_secret = UpdateAppRequest { secret: Some(String::new()), ..change(&tenant, "pay") };
    fails!(world.apps.update_app(no_secret), "invalid_field", "secret");
    let other_config = UpdateAppRequest { source_config: Some("{}".into()), ..change(&tenant, "pay") };
    let app = world.apps.update_app(other_config).await.unwrap().into_inner().app.unwrap();
    assert_eq!((app.has_secret, app.source_config.as_str()), (true, "{}"));
    let open =
        UpdateAppRequest { source: Some("generic".into()), secret: Some(String::new()), ..change(&tenant, "pay") };
    let app = world.apps.update_app(open).await.unwrap().into_inner().app.unwrap();
    assert_eq!((app.has_secret, app.source.as_str()), (false, "generic"));
    let back = UpdateAppRequest { source: Some("hmac".into()), ..change(&tenant, "pay") };
    fails!(world.apps.update_app(back), "invalid_field", "secret");
}

async fn what_is_not_named_stays(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let unchanged = world.apps.update_app(change(&tenant, "pay")).await.unwrap().into_inner();
    assert_eq!((unchanged.app.as_ref(), unchanged.created.len()), (Some(&app), 0));
    let request = UpdateAppRequest {
        name: Some(" Payments ".into()),
        is_active: Some(false),
        is_paused: Some(true),
        ..change(&tenant, &app.id)
    };
    let changed = world.apps.update_app(request).await.unwrap().into_inner().app.unwrap();
    let wanted = App { name: "Payments".into(), is_active: false, is_paused: true, ..app };
    assert_eq!(changed, wanted);
}

async fn what_changes_nothing_is_not_written_down(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let n_written = async |world: &World| {
        let rows = world.store.audited(tenant.parse().unwrap(), 20).await.unwrap();
        rows.iter().filter(|row| row.action == "app.updated").count()
    };
    let same = UpdateAppRequest {
        name: Some(app.name.clone()),
        slug: Some(app.slug.clone()),
        source: Some(app.source.clone()),
        is_active: Some(true),
        is_paused: Some(false),
        ..change(&tenant, "pay")
    };
    for nothing in [same, change(&tenant, "pay")] {
        world.apps.update_app(nothing).await.unwrap();
        assert_eq!(n_written(world).await, 0);
    }
    for (n, other) in [
        UpdateAppRequest { name: Some("Payments".into()), ..change(&tenant, "pay") },
        UpdateAppRequest { is_paused: Some(true), ..change(&tenant, "pay") },
        UpdateAppRequest { is_active: Some(false), ..change(&tenant, "pay") },
        UpdateAppRequest { source: Some("auto".into()), ..change(&tenant, "pay") },
        rename(&tenant, "pay", "payments"),
    ]
    .into_iter()
    .enumerate()
    {
        world.apps.update_app(other).await.unwrap();
        assert_eq!(n_written(world).await, n + 1);
    }
}

async fn other_tenants_apps_are_not_found(world: &mut World) {
    let (owner, stranger) = (world.tenant("Acme").await, world.tenant("Stranger").await);
    let app = world.app(&owner, "pay").await.app.unwrap();
    for name in ["pay", app.id.as_str(), "nonsense", "no\0sense", ""] {
        assert_eq!(get(world, &stranger, name).await.unwrap_err().code(), tonic::Code::NotFound, "{name}");
        fails!(world.apps.update_app(rename(&stranger, name, "mine")), "not_found");
        let request = DeleteAppRequest { tenant_id: stranger.clone(), app: name.into(), ..DeleteAppRequest::default() };
        fails!(world.apps.delete_app(request), "not_found");
    }
    assert_eq!(list(world, &stranger).await, []);
    assert_eq!(list(world, &owner).await, [app]);
    fails!(world.apps.list_apps(ListAppsRequest { tenant_id: "ten_x".into() }), "not_found");
}

async fn a_thousand_apps_are_enough(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    for n in 0..1000 {
        let app = CreateAppRequest { slug: Some(format!("app-{n}")), ..new_app(&tenant, "Pay") };
        world.apps.create_app(app).await.unwrap();
    }
    let status = fails!(world.apps.create_app(new_app(&tenant, "Pay")), "too_many");
    assert!(status.message().contains("Delete one"), "{status}");
    assert_eq!(list(world, &tenant).await.len(), 1000);
}

async fn parallel_calls_keep_the_limits(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let (store, seen) = (world.store.clone(), world.store.apps(tenant.parse().unwrap()).await.unwrap().remove(0));
    let made = (0..16).map(async |n| {
        let id = AppId(Uuid::from_u128(n));
        let row = AppRow { id, slug: format!("app-{n}"), ..seen.clone() };
        store.create_app(&row, &[], 4, &[], None).await.unwrap()
    });
    let made = futures::future::join_all(made).await;
    assert_eq!(made.iter().filter(|made| **made == CreateApp::Made).count(), 3, "{made:?}");
    assert_eq!(list(world, &tenant).await.len(), 4);

    for n in 2..=8 {
        world.apps.update_app(rename(&tenant, "pay", &format!("pay-{n}"))).await.unwrap();
    }
    let apps = world.apps.clone();
    let renamed = (0..8).map(async |n| apps.clone().update_app(rename(&tenant, "pay", &format!("new-{n}"))).await);
    let renamed = futures::future::join_all(renamed).await;
    assert_eq!(renamed.iter().filter(|renamed| renamed.is_ok()).count(), 2);
    let refused = renamed.iter().filter_map(|renamed| renamed.as_ref().err());
    refused.for_each(|status| assert_eq!(problem(status), ("too_many", "")));
    assert_eq!(get(world, &tenant, "pay").await.unwrap().routes.len(), 10);
    assert!(world.apps.update_app(rename(&tenant, "pay", "pay")).await.is_ok(), "one that it had is no new one");
}

/// While apps come and go, none is seen in part.
async fn a_list_holds_whole_apps(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let (mut maker, mut lister) = (world.apps.clone(), world.apps.clone());
    let come_and_go = async {
        for n in 0..60 {
            let slug = Some(format!("app-{n}"));
            let app = CreateAppRequest { slug, destinations: vec![to("http://127.0.0.1:9/")], ..new_app(&tenant, "x") };
            let id = maker.create_app(app).await.unwrap().into_inner().app.unwrap().id;
            if n % 2 == 0 {
                maker
                    .delete_app(DeleteAppRequest { tenant_id: tenant.clone(), app: id, ..DeleteAppRequest::default() })
                    .await
                    .unwrap();
            }
        }
    };
    let look = async {
        loop {
            let seen = lister.list_apps(ListAppsRequest { tenant_id: tenant.clone() }).await.unwrap().into_inner();
            assert!(seen.apps.iter().all(|app| app.routes.len() == 1 && app.destinations.len() == 1), "{seen:?}");
        }
    };
    tokio::select! {
        () = come_and_go => {}
        () = look => {}
    }
    assert_eq!(list(world, &tenant).await.len(), 30);
}
