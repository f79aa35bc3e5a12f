//! A URL and a key without an account.

use anyhook_rpc::tenants::v1::CreateQuickstartRequest;
use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::refuse_foreign,
    client_address::ClientAddress,
    extract::OptionalBody,
    problem::{Problem, ProblemBody},
    shapes::{app::inbound_url, instant},
};

#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct NewQuickstart {
    /// Where events go; without one they are stored, to be looked at.
    #[schema(examples("https://you.example/hook"))]
    destination_url: Option<String>,
    /// Which provider posts to the URL; recognised when left out.
    #[schema(examples("replicate"))]
    source: Option<String>,
}

/// What was made. The key, the claim URL and the signing secret are shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Quickstart {
    /// The URL to give to the provider.
    #[schema(examples("https://in.example/quiet-otter-k3x9f0/hook"))]
    inbound_url: String,
    #[schema(examples("ahk_live_…"))]
    api_key: String,
    /// Where whoever opens it keeps all this, with an account.
    #[schema(examples("https://hooks.example/claim#dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    claim_url: String,
    /// Reserved.
    inbox_address: Option<String>,
    /// Then everything is deleted, unless it was claimed.
    #[schema(examples("2026-11-28T16:00:00.000Z"))]
    expires_at: String,
    #[schema(examples("hook"))]
    app_slug: String,
    /// With which requests to the destination are signed; null where there is none.
    signing_secret: Option<String>,
}

/// Begin without an account
///
/// Makes a tenant with one app and an API key that live for seven days, unless somebody claims them. At most 5 an hour and 20
/// a day for one address. The body may be left out.
#[utoipa::path(
    post, path = "/api/v1/quickstart", tag = "Accounts", security(()),
    request_body = Option<NewQuickstart>,
    responses(
        (status = 201, description = "What was made", body = Quickstart),
        (
            status = "default",
            description = "Among others `too_many_quickstarts` with Retry-After, `quickstart_off`, `destination_refused`",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn create_quickstart(
    State(api): State<Api>,
    address: ClientAddress,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<NewQuickstart>,
) -> Result<(StatusCode, Json<Quickstart>), Problem> {
    refuse_foreign(&headers, &api)?;
    let request = CreateQuickstartRequest {
        destination_url: body.destination_url,
        source: body.source,
        client_address: address.text(),
    };
    let made = ask(api.quickstarts().create_quickstart(request)).await?;
    let config = api.config();
    let quickstart = Quickstart {
        inbound_url: inbound_url(&config.public_ingress_url, &made.route),
        api_key: made.api_key,
        claim_url: format!("{}/claim#{}", config.public_dashboard_url.trim_end_matches('/'), made.claim_token),
        inbox_address: None,
        expires_at: instant(made.expires_at),
        app_slug: made.app_slug,
        signing_secret: made.signing_secret,
    };
    Ok((StatusCode::CREATED, Json(quickstart)))
}
