//! Whether somebody is an operator.

use anyhook_domain::{UserId, api_key};
use anyhook_rpc::tenants::v1::{
    AuthenticateOperatorRequest, AuthenticateOperatorResponse, authenticate_operator_request::Credential,
};

use crate::{Service, accounts::session, problem::Problem};

/// What whoever is no operator finds there: nothing.
const NOTHING: Problem = Problem::NotFound("path");

pub(super) async fn authenticate_operator(
    service: &Service,
    request: AuthenticateOperatorRequest,
) -> Result<AuthenticateOperatorResponse, Problem> {
    match request.credential {
        Some(Credential::Bearer(token)) if service.operators.accepts(&token) => {
            Ok(AuthenticateOperatorResponse { user_id: None })
        }
        Some(Credential::Bearer(key)) => Err(without_the_token(service, &key).await?),
        Some(Credential::SessionToken(token)) => by_session(service, &token).await,
        None => Err(Problem::Unauthenticated),
    }
}

/// An API key is a tenant's: whoever has a good one is known here, and no operator.
async fn without_the_token(service: &Service, key: &str) -> Result<Problem, Problem> {
    let Some(given) = api_key::parse(key) else { return Ok(Problem::Unauthenticated) };
    let found = service.store.api_key(&given.public_id, service.now()).await?;
    Ok(if found.is_some_and(|row| given.matches(&row.hash)) { NOTHING } else { Problem::Unauthenticated })
}

async fn by_session(service: &Service, token: &str) -> Result<AuthenticateOperatorResponse, Problem> {
    let member = service.store.member_by_session(&session::hash(token), service.now()).await?;
    let member = member.ok_or(Problem::Unauthenticated)?;
    if !service.is_operator(member.user_id).await? {
        return Err(NOTHING);
    }
    Ok(AuthenticateOperatorResponse { user_id: Some(member.user_id.to_string()) })
}

impl Service {
    /// Whether a user operates the installation.
    pub(crate) async fn is_operator(&self, user: UserId) -> Result<bool, Problem> {
        if !self.operators.has_users() {
            return Ok(false);
        }
        Ok(self.store.user(user).await?.is_some_and(|user| self.operators.includes(&user)))
    }
}
