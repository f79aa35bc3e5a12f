//! Sending a browser to the issuer.

use anyhook_domain::UserId;
use anyhook_rpc::tenants::v1::{GetSignInOptionsResponse, StartOpenIdRequest, StartOpenIdResponse};

use super::{
    super::{second_factor, verify_email::refuse_unverified},
    Issuer,
    refusal::OpenIdRefusal,
    ticket::Way,
};
use crate::{Service, check, problem::Problem};

pub(in crate::accounts) fn options(service: &Service) -> GetSignInOptionsResponse {
    GetSignInOptionsResponse { open_id_name: service.issuer.as_ref().map(|issuer| issuer.settings.name.clone()) }
}

pub(in crate::accounts) async fn start(
    service: &Service,
    request: StartOpenIdRequest,
) -> Result<StartOpenIdResponse, Problem> {
    let issuer = issuer_of(service)?;
    let linking = match &request.user_id {
        Some(id) => Some(linking(service, check::id("user", id)?, &request).await?),
        None => None,
    };
    let way = Way::new(request.redirect_url, request.return_to, linking);
    let url = issuer.url(&way).await?;
    let (ticket, expires_at) = way.seal(service)?;
    Ok(StartOpenIdResponse { url: url.into(), ticket, expires_at: expires_at.unix_ms() })
}

pub(super) fn issuer_of(service: &Service) -> Result<&Issuer, OpenIdRefusal> {
    service.issuer.as_ref().ok_or(OpenIdRefusal::Off)
}

/// Another way in needs all that the ways in need that there are: a session alone may be stolen.
async fn linking(service: &Service, user: UserId, request: &StartOpenIdRequest) -> Result<UserId, Problem> {
    let user = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    refuse_unverified(&user)?;
    second_factor::prove(
        service,
        user,
        request.password.clone(),
        request.code.as_deref(),
        request.client_address.as_deref(),
    )
    .await
}
