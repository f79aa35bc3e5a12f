//! The stream of changes.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    Change, CreateAppRequest, CreateDestinationRequest, DeleteAppRequest, DeleteDestinationRequest,
    DestinationSettings, PauseDestinationRequest, RotateSecretRequest, UpdateAppRequest, UpdateDestinationRequest,
    UpdateTenantRequest, WatchChangesRequest,
};
use tonic::{Code, Streaming};

use crate::{
    fails, on_each_database,
    world::{World, destination, new_app, to},
};

on_each_database! {
    changes_of_apps_and_tenants_are_told
    changes_of_destinations_are_told
    what_changes_nothing_is_not_told
    a_watcher_that_lags_is_cut_off
    watches_end_on_request
}

async fn watch(world: &mut World) -> Streaming<Change> {
    world.routing.watch_changes(WatchChangesRequest {}).await.unwrap().into_inner()
}

async fn next(changes: &mut Streaming<Change>) -> Change {
    let change = tokio::time::timeout(Duration::from_secs(5), changes.message()).await;
    change.expect("a change is told at once").unwrap().expect("the stream goes on")
}

async fn changes_of_apps_and_tenants_are_told(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let mut changes = watch(world).await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let told = next(&mut changes).await;
    assert_eq!((&told.tenant_id, &told.app_id), (&tenant, &Some(app.id.clone())));
    assert_eq!((told.destination_id, &told.routes[..]), (None, &["acme/pay".to_owned()][..]));

    let rename = |app: &str, slug: &str| UpdateAppRequest {
        tenant_id: tenant.clone(),
        app: app.into(),
        slug: Some(slug.into()),
        ..UpdateAppRequest::default()
    };
    world.apps.update_app(rename("pay", "billing")).await.unwrap();
    assert_eq!(next(&mut changes).await.routes, ["acme/billing", "acme/pay"]);

    let request = UpdateTenantRequest {
        tenant_id: tenant.clone(),
        name: Some("A".into()),
        slug: Some("acme-2".into()),
        ..UpdateTenantRequest::default()
    };
    world.accounts.update_tenant(request).await.unwrap();
    let told = next(&mut changes).await;
    assert_eq!((&told.tenant_id, told.app_id), (&tenant, None));
    assert_eq!(told.routes, ["acme-2/billing", "acme-2/pay", "acme/billing", "acme/pay"]);

    let request = DeleteAppRequest { tenant_id: tenant.clone(), app: "pay".into(), ..DeleteAppRequest::default() };
    world.apps.delete_app(request).await.unwrap();
    let told = next(&mut changes).await;
    assert_eq!((told.app_id, told.routes.len()), (Some(app.id), 4));
}

async fn changes_of_destinations_are_told(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let id = destination(&app).to_owned();
    let mut changes = watch(world).await;
    let settings = DestinationSettings { is_paused: Some(false), ..DestinationSettings::default() };
    let update = UpdateDestinationRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destination_id: id.clone(),
        settings: Some(settings),
        ..UpdateDestinationRequest::default()
    };
    world.apps.update_destination(update).await.unwrap();
    let rotate = RotateSecretRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destination_id: id.clone(),
        overlap_seconds: None,
        ..RotateSecretRequest::default()
    };
    world.apps.rotate_secret(rotate).await.unwrap();
    let pause = PauseDestinationRequest { destination_id: id.clone(), reason: "gone".into() };
    world.routing.pause_destination(pause).await.unwrap();
    let delete = DeleteDestinationRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destination_id: id.clone(),
        ..DeleteDestinationRequest::default()
    };
    world.apps.delete_destination(delete).await.unwrap();
    for _ in 0..4 {
        let told = next(&mut changes).await;
        assert_eq!((&told.tenant_id, &told.app_id), (&tenant, &Some(app.id.clone())));
        assert_eq!((told.destination_id, &told.routes[..]), (Some(id.clone()), &["acme/pay".to_owned()][..]));
    }
    let create = CreateDestinationRequest {
        tenant_id: tenant,
        app: "pay".into(),
        settings: Some(to("http://127.0.0.1:9/")),
        ..CreateDestinationRequest::default()
    };
    let made = world.apps.create_destination(create).await.unwrap().into_inner().destination.unwrap();
    assert_eq!(next(&mut changes).await.destination_id, Some(made.id));
}

async fn what_changes_nothing_is_not_told(world: &mut World) {
    let (tenant, _) = (world.tenant("Acme").await, world.tenant("Other").await);
    let app = world.app(&tenant, "pay").await.app.unwrap();
    world.app(&tenant, "taken").await;
    let mut changes = watch(world).await;
    let gone = "dst_01h455vb4pex5vsknk084sn02q".to_owned();
    let (tenant_id, pay) = (|| tenant.clone(), || "pay".to_owned());

    let rename = |slug: &str| UpdateTenantRequest {
        tenant_id: tenant_id(),
        name: None,
        slug: Some(slug.into()),
        ..UpdateTenantRequest::default()
    };
    world.accounts.update_tenant(rename("acme")).await.unwrap();
    fails!(world.accounts.update_tenant(rename("other")), "slug_taken", "slug");
    let taken = CreateAppRequest { slug: Some("taken".into()), ..new_app(&tenant, "x") };
    fails!(world.apps.create_app(taken), "slug_taken", "slug");
    let taken = Some("taken".to_owned());
    let taken = UpdateAppRequest { tenant_id: tenant_id(), app: pay(), slug: taken, ..UpdateAppRequest::default() };
    fails!(world.apps.update_app(taken), "slug_taken", "slug");
    let delete = DeleteDestinationRequest {
        tenant_id: tenant_id(),
        app: pay(),
        destination_id: gone.clone(),
        ..DeleteDestinationRequest::default()
    };
    fails!(world.apps.delete_destination(delete), "not_found");
    let rotate = RotateSecretRequest {
        tenant_id: tenant_id(),
        app: pay(),
        destination_id: gone,
        overlap_seconds: None,
        ..RotateSecretRequest::default()
    };
    fails!(world.apps.rotate_secret(rotate), "not_found");
    let pause = PauseDestinationRequest { destination_id: destination(&app).into(), reason: "gone".into() };
    world.routing.pause_destination(pause.clone()).await.unwrap();
    world.routing.pause_destination(pause).await.unwrap();
    for n in 0..20 {
        let settings = Some(to(&format!("http://127.0.0.1:9/{n}")));
        let create = CreateDestinationRequest {
            tenant_id: tenant_id(),
            app: pay(),
            settings,
            ..CreateDestinationRequest::default()
        };
        assert_eq!(world.apps.create_destination(create).await.is_ok(), n < 19);
    }
    world
        .apps
        .delete_app(DeleteAppRequest { tenant_id: tenant_id(), app: pay(), ..DeleteAppRequest::default() })
        .await
        .unwrap();

    let told = next(&mut changes).await;
    assert_eq!(told.destination_id.as_deref(), Some(destination(&app)), "the first pause");
    for _ in 0..19 {
        assert!(next(&mut changes).await.destination_id.is_some(), "a new destination");
    }
    assert_eq!(next(&mut changes).await.destination_id, None, "the app's end");
}

async fn a_watcher_that_lags_is_cut_off(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let mut changes = watch(world).await;
    let request = UpdateAppRequest { tenant_id: tenant, app: "pay".into(), ..UpdateAppRequest::default() };
    for _ in 0..1100 {
        world.apps.update_app(request.clone()).await.unwrap();
    }
    let status = loop {
        match changes.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::Unavailable);
    assert!(changes.message().await.unwrap_or(None).is_none());
}

async fn watches_end_on_request(world: &mut World) {
    let mut changes = watch(world).await;
    world.tenants.end_watches();
    assert!(changes.message().await.unwrap().is_none());
    // Who comes while the server is stopping must not keep it from that.
    assert!(watch(world).await.message().await.unwrap().is_none());
}
