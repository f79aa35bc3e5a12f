//! Changing an app.

use anyhook_rpc::tenants::v1::{DestinationList, IndexedFields, UpdateAppRequest};
use axum::{Json, extract::State};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::shown::{as_seen, proposed};
use crate::{
    api::{Api, ask},
    auth::Editor,
    etag::IfMatch,
    extract::{Body, PathPart},
    problem::{Problem, ProblemBody},
    shapes::{app::App, destination::DestinationSettings, secrets::Secrets},
};

/// Whatever is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AppChange {
    name: Option<String>,
    #[schema(examples("replicate"))]
    slug: Option<String>,
    #[schema(examples("replicate"))]
    source: Option<String>,
    /// The provider's secret, or a list of the new and the old one; null or an empty one removes it.
    #[serde(default, deserialize_with = "null_is_empty")]
    secret: Option<Secrets>,
    /// The source's further settings, all of them.
    #[serde(alias = "sourceConfig")]
    #[schema(value_type = Option<Object>)]
    source_config: Option<Map<String, Value>>,
    #[serde(alias = "isActive")]
    is_active: Option<bool>,
    #[serde(alias = "isPaused")]
    is_paused: Option<bool>,
    /// The whole list: one with an id, or with the URL of an existing one, changes that one; others are made; existing
    /// ones that are not in it are deleted.
    destinations: Option<Vec<DestinationSettings>>,
    /// The whole list, as where an app is created; an empty one ends it for later events.
    #[serde(alias = "indexedFields")]
    #[schema(examples(json!(["/data/object/customer"])))]
    indexed_fields: Option<Vec<String>>,
}

/// Called only where the member is present.
fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secrets>, D::Error> {
    Option::<Secrets>::deserialize(deserializer).map(|secret| Some(secret.unwrap_or_else(Secrets::none)))
}

/// Change an app
///
/// Inbound URLs with a former slug go on routing. The answer shows each new destination's signing secret, this once.
#[utoipa::path(
    patch, path = "/api/v1/apps/{slug}", tag = "Apps",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("If-Match" = Option<String>, Header, description = "Only if it still has this `ETag`"),
    ),
    request_body = AppChange,
    responses(
        (status = 200, description = "The app as it is now", body = App),
        (status = "default", description = "Among others `not_found`, `slug_taken`", body = ProblemBody),
    )
)]
pub(crate) async fn update_app(
    State(api): State<Api>,
    Editor(caller): Editor,
    if_match: IfMatch,
    PathPart(app): PathPart<String>,
    Body(body): Body<AppChange>,
) -> Result<Json<App>, Problem> {
    for (at, item) in body.destinations.iter().flatten().enumerate() {
        item.refuse_zero(&format!("destinations[{at}]."))?;
    }
    let list = |items: Vec<DestinationSettings>| DestinationList { items: items.into_iter().map(Into::into).collect() };
    let expected = as_seen(&api, &caller, &app, &if_match).await?;
    let request = UpdateAppRequest {
        tenant_id: caller.tenant_id(),
        app,
        expected,
        actor: caller.actor(),
        name: body.name,
        slug: body.slug,
        source: body.source,
        secret: body.secret.map(|secret| secret.text()),
        source_config: body.source_config.map(|options| Value::Object(options).to_string()),
        is_active: body.is_active,
        is_paused: body.is_paused,
        destinations: body.destinations.map(list),
        indexed_fields: body.indexed_fields.map(|items| IndexedFields { items }),
    };
    let updated = ask(api.apps().update_app(request)).await?;
    let proposed = match &updated.app {
        Some(app) => proposed(&api, &caller, app).await?,
        None => None,
    };
    Ok(Json(App::created(updated, &api.config().public_ingress_url)?.proposing(proposed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complaint::read;

    #[test]
    fn an_absent_secret_stays_and_a_null_one_goes() {
        let secret = |json: &str| read::<AppChange>(json.as_bytes()).unwrap().secret.map(|it| it.text());
        assert_eq!(secret("{}"), None);
        assert_eq!(secret(r#"{"secret":null}"#), Some(String::new()));
        assert_eq!(secret(r#"{"secret":""}"#), Some(String::new()));
        assert_eq!(secret(r#"{"secret":"whsec_x"}"#), Some("whsec_x".into()));
        assert_eq!(secret(r#"{"secret":["new","old"]}"#), Some("new\nold".into()));
    }

    #[test]
    fn both_spellings_are_taken() {
        for json in [r#"{"is_active":false,"is_paused":true}"#, r#"{"isActive":false,"isPaused":true}"#] {
            let change = read::<AppChange>(json.as_bytes()).unwrap();
            assert_eq!((change.is_active, change.is_paused), (Some(false), Some(true)), "{json}");
        }
    }

    #[test]
    fn a_wrong_destination_is_named() {
        let problem = read::<AppChange>(br#"{"destinations":[{"url":5}]}"#).expect_err("5 is no URL");
        assert_eq!(problem.seen().3, Some("destinations[0].url"));
    }
}
