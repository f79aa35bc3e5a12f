//! Who is asking. A handler that takes neither a [`Caller`] nor an [`Editor`] is open to everybody.

use anyhook_domain::TenantId;
use anyhook_rpc::tenants::v1::{AuthenticateRequest, Principal, authenticate_request::Credential};
use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};

use crate::{
    api::{Api, ask},
    cookie::SessionCookie,
    origin,
    problem::Problem,
};

/// Somebody whose key or session is good; may read.
pub(crate) struct Caller {
    pub(crate) tenant: TenantId,
    pub(crate) principal: Principal,
    credential: Credential,
}

/// A caller who may change things, too.
pub(crate) struct Editor(pub(crate) Caller);

impl Caller {
    /// The tenant's id in its text form, as the tenants service takes it.
    pub(crate) fn tenant_id(&self) -> String {
        self.principal.tenant_id.clone()
    }

    async fn authenticate(api: &Api, credential: Credential) -> Result<Self, Problem> {
        let request = AuthenticateRequest { credential: Some(credential.clone()) };
        let principal = ask(api.accounts().authenticate(request)).await?;
        let tenant = principal.tenant_id.parse().map_err(|_| Problem::internal("tenants: a tenant id that is none"))?;
        Ok(Self { tenant, principal, credential })
    }

    /// Asks again. While the tenants service is away, a key or session stays as good as it was.
    pub(crate) async fn is_still_good(&self, api: &Api) -> bool {
        match Self::authenticate(api, self.credential.clone()).await {
            Ok(now) => now.tenant == self.tenant,
            Err(problem) => !problem.is_refusal(),
        }
    }

    /// The session's token, where the caller is a browser.
    pub(crate) fn session_token(self) -> Option<String> {
        match self.credential {
            Credential::SessionToken(token) => Some(token),
            Credential::ApiKey(_) => None,
        }
    }

    /// INVARIANT: the one place that says which roles may change things; an unknown role may not.
    fn may_change(&self) -> bool {
        matches!(self.principal.role.as_str(), "owner" | "admin" | "member")
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let url = &api.config().public_dashboard_url;
        let credential = credential(&parts.headers, url)?;
        let is_session = matches!(credential, Credential::SessionToken(_));
        if is_session && !parts.method.is_safe() && !origin::is_ours(&parts.headers, url) {
            return Err(foreign());
        }
        Self::authenticate(api, credential).await
    }
}

impl FromRequestParts<Api> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        if !caller.may_change() {
            let text = "A viewer may look, but not change anything; ask an owner of this tenant for another role.";
            return Err(Problem::forbidden("forbidden", text));
        }
        Ok(Self(caller))
    }
}

/// Refuses what another site's page makes a browser send: with it, somebody could be signed in to an account that is
/// not theirs.
pub(crate) fn refuse_foreign(headers: &HeaderMap, api: &Api) -> Result<(), Problem> {
    if origin::is_foreign(headers, &api.config().public_dashboard_url) { Err(foreign()) } else { Ok(()) }
}

fn foreign() -> Problem {
    let text = "This request comes from another site's page; send it from the dashboard, or with an API key.";
    Problem::forbidden("foreign_origin", text)
}

/// A key in the `Authorization` header, or else the session's cookie.
fn credential(headers: &HeaderMap, public_url: &str) -> Result<Credential, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let key = value.to_str().ok().and_then(bearer).ok_or_else(|| {
            Problem::unauthenticated("The Authorization header is not of the form `Bearer ahk_live_…`; correct it.")
        })?;
        return Ok(Credential::ApiKey(key.to_owned()));
    }
    let token = SessionCookie::of(public_url).read(headers).ok_or_else(|| {
        Problem::unauthenticated("Send an API key as `Authorization: Bearer ahk_live_…`, or sign in first.")
    })?;
    Ok(Credential::SessionToken(token.to_owned()))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&'static str, &'static str)]) -> Result<Credential, u16> {
        let headers = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        credential(&headers, "http://127.0.0.1:4400").map_err(|problem| problem.seen().0)
    }

    #[test]
    fn a_key_wins_over_a_session() {
        let key = || Ok(Credential::ApiKey("ahk_live_x".into()));
        assert_eq!(of(&[("authorization", "Bearer ahk_live_x")]), key());
        assert_eq!(of(&[("authorization", "bearer  ahk_live_x "), ("cookie", "anyhook_session=t")]), key());
        assert_eq!(of(&[("cookie", "anyhook_session=t")]), Ok(Credential::SessionToken("t".into())));
    }

    #[test]
    fn whatever_is_no_credential_is_refused() {
        for value in ["Basic YTpi", "Bearer", "Bearer ", "ahk_live_x", ""] {
            assert_eq!(of(&[("authorization", value), ("cookie", "anyhook_session=t")]), Err(401), "{value}");
        }
        assert_eq!(of(&[]), Err(401));
    }

    #[test]
    fn only_known_roles_but_the_viewer_may_change_things() {
        let may_change = |role: &str| {
            let principal = Principal { role: role.into(), ..Principal::default() };
            Caller { tenant: TenantId(uuid::Uuid::nil()), principal, credential: Credential::ApiKey(String::new()) }
                .may_change()
        };
        assert_eq!(["owner", "admin", "member"].map(may_change), [true; 3]);
        assert_eq!(["viewer", "", "Owner", "root"].map(may_change), [false; 4]);
    }
}
