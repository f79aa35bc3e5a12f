//! Making an API key.

use std::time::Duration;

use anyhook_domain::Timestamp;
use anyhook_rpc::tenants::v1::{AppNames, CreateApiKeyRequest};
use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
    shapes::api_key::ApiKey,
};

const MAX_DAYS: u32 = 3650;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewApiKey {
    /// What it is for.
    #[schema(examples("Deploy"))]
    name: String,
    /// `read`: look at everything; `write`: and send events again; `admin`: and change the configuration.
    #[schema(examples("write"))]
    scope: String,
    /// The only apps that it reaches, by slug or id; all when left out.
    #[schema(examples(json!(["replicate"])))]
    apps: Option<Vec<String>>,
    /// The instant at which it ends,
    #[serde(alias = "expires_at")]
    #[schema(examples("2027-11-21T16:00:00Z"))]
    expires_at: Option<String>,
    /// or in how many days from now. Until it is revoked, when both are left out.
    #[serde(alias = "expires_in_days")]
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u32>,
}

/// An API key, and the key itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    /// In plain text this once.
    #[schema(examples("ahk_live_…"))]
    key: String,
}

/// Create an API key
///
/// The answer shows the key, this once. A key makes none that lives longer than itself. With an
/// `Idempotency-Key`, the same request sent again within 24 hours gives the same answer and makes nothing new.
#[utoipa::path(
    post, path = "/api/v1/api-keys", tag = "API keys",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each API key")),
    request_body(
        content = NewApiKey,
        example = json!({ "name": "Deploy", "scope": "write", "apps": ["replicate"], "expiresInDays": 90 })
    ),
    responses(
        (status = 201, description = "The new key", body = CreatedApiKey),
        (status = "default", description = "Among others `forbidden`, `not_found`, `too_many`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn create_api_key(
    State(api): State<Api>,
    Editor(caller): Editor,
    key: IdempotencyKey,
    Body(body): Body<NewApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>), Problem> {
    let expires_at = expiry(body.expires_at.as_deref(), body.expires_in_days, api.now())?;
    let request = CreateApiKeyRequest {
        tenant_id: caller.tenant_id(),
        actor: caller.actor(),
        name: body.name,
        scope: body.scope,
        apps: body.apps.map(|items| AppNames { items }),
        // The same request, sent again later, means the same days.
        expires_at: expires_at.filter(|_| body.expires_in_days.is_none()).map(Timestamp::unix_ms),
        expires_in_days: body.expires_in_days,
        idempotency_key: key.text(),
    };
    let created = ask(api.access().create_api_key(request)).await?;
    let api_key = created.api_key.ok_or_else(|| Problem::internal("tenants: a new key that is none"))?;
    Ok((StatusCode::CREATED, Json(CreatedApiKey { api_key: api_key.into(), key: created.secret })))
}

fn expiry(at: Option<&str>, days: Option<u32>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match (at, days) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Problem::bad_field("expiresAt", "Give expiresAt or expiresInDays, not both.")),
        (None, Some(days)) if (1..=MAX_DAYS).contains(&days) => {
            Ok(Some(now + Duration::from_secs(u64::from(days) * 24 * 60 * 60)))
        }
        (None, Some(_)) => {
            Err(Problem::bad_field("expiresInDays", format!("expiresInDays must be a number from 1 to {MAX_DAYS}.")))
        }
        (Some(text), None) => match text.trim().parse::<jiff::Timestamp>() {
            Ok(at) => Ok(Some(Timestamp::from_unix_ms(at.as_millisecond()))),
            Err(_) => {
                Err(Problem::bad_field("expiresAt", "expiresAt must be an instant such as 2027-11-21T16:00:00Z."))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_or_days_or_neither() {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let of = |at: Option<&str>, days| expiry(at, days, now).map_err(|problem| problem.seen().3.map(str::to_owned));
        assert_eq!(of(None, None), Ok(None));
        assert_eq!(of(None, Some(1)), Ok(Some(Timestamp::from_unix_seconds(1_800_086_400))));
        assert_eq!(of(Some("2027-01-15T08:00:00Z"), None), Ok(Some(now)));
        for (at, days, field) in [
            (None, Some(0), "expiresInDays"),
            (None, Some(3651), "expiresInDays"),
            (Some("tomorrow"), None, "expiresAt"),
            (Some("2027-01-15T08:00:00Z"), Some(1), "expiresAt"),
        ] {
            assert_eq!(of(at, days), Err(Some(field.into())), "{at:?} {days:?}");
        }
    }
}
