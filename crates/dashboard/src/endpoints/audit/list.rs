//! Reading the audit log.

use anyhook_rpc::tenants::v1::{self, ListAuditRequest};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{Api, ask},
    auth::Caller,
    extract::Query,
    problem::{Problem, ProblemBody},
    shapes::instant,
};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only this, as `member.joined`.
    #[param(example = "api_key.created")]
    action: Option<String>,
    /// Only what was done to this.
    #[param(example = "key_01h455vb4pex5vsknk084sn02q")]
    subject: Option<String>,
    /// How many entries to answer at most; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    #[param(example = "aud_01h455vb4pex5vsknk084sn02q")]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditPage {
    /// Newest first.
    entries: Vec<AuditEntry>,
    /// Where the next page begins; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Who did what.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    #[schema(examples("aud_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    #[schema(examples("2026-11-21T16:00:00.000Z"))]
    at: String,
    /// Null for what a provider's or a handler's answer did.
    actor: Option<AuditActor>,
    #[schema(examples("api_key.created"))]
    action: String,
    /// The id of what it was done to.
    #[schema(examples("key_01h455vb4pex5vsknk084sn02q"))]
    subject: String,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// `user` or `api_key`.
    #[schema(examples("user"))]
    kind: &'static str,
    #[schema(examples("usr_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    /// The user's e-mail address, or the key's name.
    #[schema(examples("ada@example.com"))]
    name: Option<String>,
}

/// Read the audit log
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit log",
    params(Filter),
    responses(
        (status = 200, description = "A page of entries", body = AuditPage),
        (status = "default", description = "Among others `forbidden`, `invalid_field`", body = ProblemBody),
    )
)]
pub(crate) async fn list_audit(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<Filter>,
) -> Result<Json<AuditPage>, Problem> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let limit = limit(given(query.limit).as_deref())?;
    let request = ListAuditRequest {
        tenant_id: caller.tenant_id(),
        action: given(query.action),
        subject: given(query.subject),
        before: given(query.cursor),
        limit,
    };
    let entries = ask(api.access().list_audit(request)).await?.entries;
    let is_full = entries.len() >= limit as usize;
    let next_cursor = entries.last().filter(|_| is_full).map(|entry| entry.id.clone());
    Ok(Json(AuditPage { entries: entries.into_iter().map(Into::into).collect(), next_cursor }))
}

fn limit(text: Option<&str>) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    let number = text.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
    number.ok_or_else(|| Problem::bad_field("limit", format!("limit must be a number from 1 to {MAX_LIMIT}.")))
}

impl From<v1::AuditEntry> for AuditEntry {
    fn from(entry: v1::AuditEntry) -> Self {
        let user = entry.user_id.map(|id| AuditActor { kind: "user", id, name: entry.user_email });
        let key = entry.api_key_id.map(|id| AuditActor { kind: "api_key", id, name: entry.api_key_name });
        Self { id: entry.id, at: instant(entry.at), actor: user.or(key), action: entry.action, subject: entry.subject }
    }
}
