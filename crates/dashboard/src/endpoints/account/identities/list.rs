//! By way of which issuers the user signs in.

use anyhook_rpc::tenants::v1::{self, ListIdentitiesRequest};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::instant,
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityList {
    /// Oldest first.
    identities: Vec<Identity>,
    /// Whether the user can sign in with a password, too.
    has_password: bool,
}

/// An account at an OpenID Connect issuer, with which the user signs in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    #[schema(examples("idn_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    #[schema(examples("https://login.example.com"))]
    issuer: String,
    /// As the issuer knew it when it was linked; null when it said none.
    #[schema(examples("you@example.com"))]
    email: Option<String>,
    created_at: String,
}

impl From<v1::Identity> for Identity {
    fn from(identity: v1::Identity) -> Self {
        Self {
            id: identity.id,
            issuer: identity.issuer,
            email: identity.email,
            created_at: instant(identity.created_at),
        }
    }
}

/// List identities
///
/// Needs a session.
#[utoipa::path(
    get, path = "/api/v1/account/identities", tag = "Account",
    responses(
        (status = 200, description = "The user's identities", body = IdentityList),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn list_identities(State(api): State<Api>, caller: Caller) -> Result<Json<IdentityList>, Problem> {
    let (user_id, _) = caller.person()?;
    let list = ask(api.sign_in().list_identities(ListIdentitiesRequest { user_id })).await?;
    let identities = list.identities.into_iter().map(Into::into).collect();
    Ok(Json(IdentityList { identities, has_password: list.has_password }))
}
