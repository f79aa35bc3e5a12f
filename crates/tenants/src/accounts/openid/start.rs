//! Sending a browser to the issuer.

use anyhook_domain::UserId;
use anyhook_rpc::tenants::v1::{GetSignInOptionsResponse, StartOpenIdRequest, StartOpenIdResponse};

use super::{Issuer, refusal::OpenIdRefusal, ticket::Way};
use crate::{Service, check, problem::Problem};

pub(in crate::accounts) fn options(service: &Service) -> GetSignInOptionsResponse {
    GetSignInOptionsResponse { open_id_name: service.issuer.as_ref().map(|issuer| issuer.settings.name.clone()) }
}

pub(in crate::accounts) async fn start(
    service: &Service,
    request: StartOpenIdRequest,
) -> Result<StartOpenIdResponse, Problem> {
    let issuer = issuer_of(service)?;
    let linking: Option<UserId> = request.user_id.map(|id| check::id("user", &id)).transpose()?;
    if let Some(user) = linking {
        must_be_verified(service, user).await?;
    }
    let way = Way::new(request.redirect_url, request.return_to, linking);
    let url = issuer.url(&way, service.now()).await?;
    let (ticket, expires_at) = way.seal(service)?;
    Ok(StartOpenIdResponse { url: url.into(), ticket, expires_at: expires_at.unix_ms() })
}

pub(super) fn issuer_of(service: &Service) -> Result<&Issuer, OpenIdRefusal> {
    service.issuer.as_ref().ok_or(OpenIdRefusal::Off)
}

/// Whoever signs up with somebody else's address must not keep a way in once its owner has reset the password.
async fn must_be_verified(service: &Service, user: UserId) -> Result<(), Problem> {
    let user = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    if user.email_verified_at.is_none() {
        return Err(Problem::Forbidden("Verify your e-mail address first: ask for the mail once more, and follow it."));
    }
    Ok(())
}
