//! Inviting somebody.

use anyhook_rpc::tenants::v1::InviteRequest;
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
    shapes::team::Invitation,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct NewInvitation {
    /// Only whoever has this address can accept it.
    #[schema(examples("grace@example.com"))]
    email: String,
    /// `owner`, `admin`, `member` or `viewer`; only an owner invites owners.
    #[schema(examples("member"))]
    role: String,
}

/// An invitation, and how to accept it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invited {
    #[serde(flatten)]
    invitation: Invitation,
    /// For whoever is invited; shown this once.
    #[schema(examples("https://hooks.example.com/invite#dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    invite_url: String,
    /// What `POST /api/v1/invitations/accept` takes: the part behind the `#`.
    #[schema(examples("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    token: String,
}

/// Invite somebody
///
/// For seven days, by mail; the answer has the link as well. A new invitation to the same address takes the place of the one before.
/// With an `Idempotency-Key`, the same request sent again within 24 hours gives the same answer and sends no further mail.
/// Not into a quickstart that nobody has claimed; where mail is sent by a server, whoever invites (or, with a key, an owner)
/// has verified its e-mail address.
#[utoipa::path(
    post, path = "/api/v1/team/invitations", tag = "Team",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each invitation")),
    request_body = NewInvitation,
    responses(
        (status = 201, description = "The invitation", body = Invited),
        (status = "default", description = "Among others `already_member`, `forbidden`, `too_many`, `too_many_attempts`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn invite(
    State(api): State<Api>,
    Editor(caller): Editor,
    key: IdempotencyKey,
    Body(body): Body<NewInvitation>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let request = InviteRequest {
        tenant_id: caller.tenant_id(),
        actor: caller.actor(),
        email: body.email,
        role: body.role,
        idempotency_key: key.text(),
    };
    let invited = ask(api.team().invite(request)).await?;
    let invitation = invited.invitation.ok_or_else(|| Problem::internal("tenants: an invitation that is none"))?;
    // A fragment is sent to no server, and stands in no log.
    let invite_url = format!("{}/invite#{}", api.config().public_dashboard_url.trim_end_matches('/'), invited.token);
    let answer = Invited { invitation: invitation.into(), invite_url, token: invited.token };
    Ok((StatusCode::CREATED, Json(answer)))
}
