//! The stream of changes.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    Change, CreateDestinationRequest, DeleteAppRequest, DeleteDestinationRequest, DestinationSettings,
    PauseDestinationRequest, RotateSecretRequest, UpdateAppRequest, UpdateDestinationRequest, UpdateTenantRequest,
    WatchChangesRequest,
};
use tonic::{Code, Streaming};

use crate::{
    on_each_database,
    world::{World, destination, to},
};

on_each_database! {
    changes_of_apps_and_tenants_are_told
    changes_of_destinations_are_told
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

    let request =
        UpdateTenantRequest { tenant_id: tenant.clone(), name: Some("A".into()), slug: Some("acme-2".into()) };
    world.accounts.update_tenant(request).await.unwrap();
    let told = next(&mut changes).await;
    assert_eq!((&told.tenant_id, told.app_id), (&tenant, None));
    assert_eq!(told.routes, ["acme-2/billing", "acme-2/pay", "acme/billing", "acme/pay"]);

    let request = DeleteAppRequest { tenant_id: tenant.clone(), app: "pay".into() };
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
    };
    world.apps.update_destination(update).await.unwrap();
    let rotate = RotateSecretRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destination_id: id.clone(),
        overlap_seconds: None,
    };
    world.apps.rotate_secret(rotate).await.unwrap();
    let pause = PauseDestinationRequest { destination_id: id.clone(), reason: "gone".into() };
    world.routing.pause_destination(pause).await.unwrap();
    let delete = DeleteDestinationRequest { tenant_id: tenant.clone(), app: "pay".into(), destination_id: id.clone() };
    world.apps.delete_destination(delete).await.unwrap();
    for _ in 0..4 {
        let told = next(&mut changes).await;
        assert_eq!((&told.tenant_id, &told.app_id), (&tenant, &Some(app.id.clone())));
        assert_eq!((told.destination_id, &told.routes[..]), (Some(id.clone()), &["acme/pay".to_owned()][..]));
    }
    let create =
        CreateDestinationRequest { tenant_id: tenant, app: "pay".into(), settings: Some(to("http://127.0.0.1:9/")) };
    let made = world.apps.create_destination(create).await.unwrap().into_inner().destination.unwrap();
    assert_eq!(next(&mut changes).await.destination_id, Some(made.id));
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
    let tenant = world.tenant("Acme").await;
    let mut again = watch(world).await;
    world.app(&tenant, "pay").await;
    next(&mut again).await;
}
