//! Making an app.

use anyhook_rpc::tenants::v1::CreateAppRequest;
use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
    shapes::{
        app::{AUTO, App},
        destination::DestinationSettings,
        secrets::Secrets,
    },
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct NewApp {
    #[schema(examples("Replicate"))]
    name: String,
    /// Which provider posts to it: `GET /api/v1/sources` lists them. `auto` when left out: nothing is verified, and the
    /// app's `proposedSource` says what its requests look like.
    #[schema(examples("replicate"))]
    source: Option<String>,
    /// Made from the name when left out.
    #[schema(examples("replicate"))]
    slug: Option<String>,
    /// The provider's secret; without it, requests are not verified. While the provider replaces it, a list of the new
    /// and the old one.
    secret: Option<Secrets>,
    /// The source's further settings.
    #[serde(alias = "sourceConfig")]
    #[schema(value_type = Option<Object>)]
    source_config: Option<Map<String, Value>>,
    destinations: Option<Vec<DestinationSettings>>,
    /// Up to 8 places in requests that its events are found by: JSON Pointers into the body, `header:NAME`, `query:NAME`.
    /// Only events that come later are found. The log keeps no value, only what stands for it under the tenant's key.
    #[serde(default, alias = "indexedFields")]
    #[schema(examples(json!(["/data/object/customer"])))]
    indexed_fields: Vec<String>,
}

/// Create an app
///
/// The answer shows each new destination's signing secret, this once. With an `Idempotency-Key`, the same request sent
/// again within 24 hours gives the same answer and makes nothing new.
#[utoipa::path(
    post, path = "/api/v1/apps", tag = "Apps",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each app")),
    request_body = NewApp,
    responses(
        (status = 201, description = "The new app", body = App),
        (status = "default", description = "Among others `slug_taken`, `too_many`, `destination_refused`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn create_app(
    State(api): State<Api>,
    Editor(caller): Editor,
    key: IdempotencyKey,
    Body(body): Body<NewApp>,
) -> Result<(StatusCode, Json<App>), Problem> {
    let destinations = body.destinations.unwrap_or_default().into_iter().enumerate();
    let request = CreateAppRequest {
        tenant_id: caller.tenant_id(),
        name: body.name,
        source: body.source.unwrap_or_else(|| AUTO.to_owned()),
        slug: body.slug,
        secret: body.secret.map(|secret| secret.text()),
        source_config: body.source_config.map(|options| Value::Object(options).to_string()),
        destinations: destinations
            .map(|(at, it)| it.for_new(&format!("destinations[{at}].")))
            .collect::<Result<_, _>>()?,
        indexed_fields: body.indexed_fields,
        actor: caller.actor(),
        idempotency_key: key.text(),
    };
    let created = ask(api.apps().create_app(request)).await?;
    Ok((StatusCode::CREATED, Json(App::created(created, &api.config().public_ingress_url)?)))
}
