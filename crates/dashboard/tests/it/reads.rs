//! What the API makes of the log and of the tenants service's answers.

use anyhook_domain::{
    AppId, EventId, Headers, Timestamp,
    event::{Head, Verification},
};
use anyhook_rpc::tenants::v1::{
    App, GetAppRequest, ListAppsRequest, ListAppsResponse, OpenEventRequest, OpenEventResponse,
};
use anyhook_store::log::NewEvent;
use tonic::{Code, Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::fixture::{Dashboard, KEY, TENANT, answering, authenticating};

fn event() -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(2)),
        tenant_id: TENANT,
        app_id: AppId(Uuid::from_u128(3)),
        source: "generic",
        received_at: Timestamp::from_unix_ms(1_750_000_000_000),
        method: "POST".into(),
        path_rest: String::new(),
        event_type: None,
        provider_id: None,
        dedup_key: None,
        verification: Verification::None,
        rejection: None,
        body_hash: [1; 32],
        body_bytes: 4,
        key_version: 1,
        salt: [7; 16],
        sealed_head: b"sealed head".to_vec(),
        sealed_body: b"sealed body".to_vec(),
        terms: Vec::new(),
        traceparent: String::new(),
        keep_until: None,
        deliveries: Vec::new(),
    }
}

/// More than gRPC's own limit of 4 MiB.
fn long() -> String {
    "x".repeat(5 << 20)
}

fn open(request: OpenEventRequest) -> Result<OpenEventResponse, Status> {
    let sealed: Vec<_> = request.parts.iter().map(|part| &part.sealed[..]).collect();
    assert_eq!(sealed, [&b"sealed head"[..], b"sealed body"]);
    let head = Head { query: None, headers: Headers::default() };
    Ok(OpenEventResponse { parts: vec![head.to_bytes().into(), long().into()] })
}

fn no_such_app(_: GetAppRequest) -> Result<App, Status> {
    let mut metadata = MetadataMap::new();
    metadata.insert("anyhook-code", "not_found".parse().unwrap());
    Err(Status::with_metadata(Code::NotFound, "There is no such app here.", metadata))
}

fn the_app(request: GetAppRequest) -> Result<App, Status> {
    assert_eq!(request.app, AppId(Uuid::from_u128(3)).to_string());
    Ok(App { id: request.app, slug: "shop".into(), ..App::default() })
}

#[tokio::test]
async fn a_list_of_apps_may_be_long() {
    let tenants = answering(authenticating(), "Apps/ListApps", |_: ListAppsRequest| {
        let app = App { name: long(), routes: vec!["acme/shop".into()], ..App::default() };
        Ok(ListAppsResponse { apps: vec![app, App::default()] })
    });
    let answer = Dashboard::beside(tenants).await.ask("GET", "/api/v1/apps", &[KEY], "").await;
    let apps = answer.json()["apps"].clone();
    assert_eq!((&apps[0]["name"], apps.as_array().map(Vec::len)), (&long().into(), Some(1)));
}

/// The tenants service is not asked for all apps: it would not answer.
#[tokio::test]
async fn an_event_outlives_its_app() {
    for (app, slug) in [(the_app as fn(_) -> _, Some("shop")), (no_such_app, None)] {
        let tenants = answering(answering(authenticating(), "Apps/GetApp", app), "Keys/OpenEvent", open);
        let dashboard = Dashboard::beside(tenants).await;
        dashboard.store.append(&[event()]).await.unwrap();
        let answer = dashboard.ask("GET", &format!("/api/v1/events/{}", event().id), &[KEY], "").await;
        let json = answer.json();
        assert_eq!((json["body"].as_str(), json["appSlug"].as_str()), (Some(long().as_str()), slug));
    }
}
