//! What ingress and delivery are told.

use anyhook_rpc::tenants::v1::{
    CreateAppRequest, DestinationSettings, GetDestinationRequest, ResolveRouteRequest, UpdateAppRequest,
    UpdateDestinationRequest,
};

use crate::{
    fails, on_each_database,
    world::{World, destination, new_app},
};

on_each_database! {
    a_route_tells_how_to_receive
    unknown_routes_are_not_found
    a_destination_tells_how_to_deliver
}

fn route(tenant_slug: &str, app_slug: &str) -> ResolveRouteRequest {
    ResolveRouteRequest { tenant_slug: tenant_slug.into(), app_slug: app_slug.into() }
}

async fn a_route_tells_how_to_receive(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let got = world.routing.resolve_route(route("acme", "pay")).await.unwrap().into_inner();
    assert_eq!((&got.tenant_id, &got.app_id), (&tenant, &app.id));
    assert_eq!((got.source.as_str(), got.source_config.as_str(), got.secrets.len()), ("generic", "{}", 0));
    assert!(got.is_active && !got.is_paused);
    assert_eq!((got.destinations[0].id.as_str(), got.destinations[0].is_paused), (destination(&app), false));
    assert_eq!((got.kept_for_ms, got.events_per_month), (Some(30 * 24 * 60 * 60 * 1000), Some(3_000)));

    let signed = CreateAppRequest {
        source: "hmac".into(),
        secret: Some(" provider's secret\n".into()),
        slug: Some("signed".into()),
        ..new_app(&tenant, "Signed")
    };
    let signed = world.apps.create_app(signed).await.unwrap().into_inner().app.unwrap();
    let got = world.routing.resolve_route(route("acme", "signed")).await.unwrap().into_inner();
    let [secret] = &got.secrets[..] else { panic!("one secret: {:?}", got.secrets) };
    assert_eq!((&secret.row_id, secret.column.as_str(), secret.key_version), (&signed.id, "apps.sealed_secret", 1));
    assert_eq!(world.open(&tenant, secret).await, "provider's secret");

    let off = UpdateAppRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        is_active: Some(false),
        is_paused: Some(true),
        ..UpdateAppRequest::default()
    };
    world.apps.update_app(off).await.unwrap();
    let got = world.routing.resolve_route(route("acme", "pay")).await.unwrap().into_inner();
    assert!(!got.is_active && got.is_paused);
}

async fn unknown_routes_are_not_found(world: &mut World) {
    let (tenant, stranger) = (world.tenant("Acme").await, world.tenant("Stranger").await);
    world.app(&tenant, "pay").await;
    world.app(&stranger, "other").await;
    for (tenant_slug, app_slug) in
        [("acme", "other"), ("stranger", "pay"), ("nobody", "pay"), ("ACME", "pay"), ("acme", "p\0y"), ("", "")]
    {
        fails!(world.routing.resolve_route(route(tenant_slug, app_slug)), "not_found");
    }
}

async fn a_destination_tells_how_to_deliver(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let created = world.app(&tenant, "pay").await;
    let app = created.app.unwrap();
    let id = destination(&app).to_owned();
    let get = || GetDestinationRequest { destination_id: id.clone() };
    let got = world.routing.get_destination(get()).await.unwrap().into_inner();
    assert_eq!((&got.id, &got.tenant_id, &got.app_id), (&id, &tenant, &app.id));
    assert_eq!((got.url.as_str(), got.signature_mode.as_str()), ("http://127.0.0.1:9000/hook", "anyhook"));
    assert_eq!((got.timeout_seconds, got.max_attempts, got.events_per_month), (300, 11, Some(3_000)));
    assert!(!got.is_paused && !got.is_app_paused);
    let secret = got.secrets[0].secret.as_ref().unwrap();
    assert_eq!((&secret.row_id, secret.column.as_str()), (&id, "destinations.sealed_secret"));
    assert_eq!(world.open(&tenant, secret).await, created.created[0].signing_secret);

    let settings = DestinationSettings { is_paused: Some(true), ..DestinationSettings::default() };
    let request = UpdateDestinationRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destination_id: id.clone(),
        settings: Some(settings),
        ..UpdateDestinationRequest::default()
    };
    world.apps.update_destination(request).await.unwrap();
    let pause_app =
        UpdateAppRequest { tenant_id: tenant, app: "pay".into(), is_paused: Some(true), ..UpdateAppRequest::default() };
    world.apps.update_app(pause_app).await.unwrap();
    let got = world.routing.get_destination(get()).await.unwrap().into_inner();
    assert!(got.is_paused && got.is_app_paused);
    fails!(world.routing.get_destination(GetDestinationRequest { destination_id: "dst_x".into() }), "not_found");
}
