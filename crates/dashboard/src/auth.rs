//! Who is asking. A handler that takes neither a [`Caller`] nor an [`Editor`] is open to everybody.

use anyhook_domain::{
    AppId, TenantId,
    access::{Role, Scope},
};
use anyhook_rpc::tenants::v1::{Actor, AuthenticateRequest, Principal, authenticate_request::Credential};
use axum::extract::{FromRequestParts, MatchedPath};
use http::{HeaderMap, header, request::Parts};

use crate::{
    api::{Api, ask},
    cookie::SessionCookie,
    limits, origin,
    permissions::{Action, Authority, rule_of},
    problem::Problem,
    reach,
};

/// Somebody whose key or session is good, and who may do what the request is about.
pub(crate) struct Caller {
    pub(crate) tenant: TenantId,
    pub(crate) principal: Principal,
    authority: Authority,
    /// The only apps that a limited key reaches.
    apps: Option<Vec<AppId>>,
    credential: Credential,
}

/// The same, of a request that changes something.
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
        let (authority, apps) = (authority(&principal), apps(&principal)?);
        Ok(Self { tenant, principal, authority, apps, credential })
    }

    pub(crate) const fn is_limited(&self) -> bool {
        self.apps.is_some()
    }

    /// Whether an app is no secret to this caller.
    pub(crate) fn reaches(&self, app: AppId) -> bool {
        self.apps.as_ref().is_none_or(|apps| apps.contains(&app))
    }

    /// The only apps that the caller reaches; all of the tenant's, when there is no list.
    pub(crate) fn apps(&self) -> Option<Vec<AppId>> {
        self.apps.clone()
    }

    /// Whether the caller may do more than its request needs by itself.
    ///
    /// # Errors
    /// [`Problem`] with a sentence that says who may do it.
    pub(crate) fn allow(&self, action: Action) -> Result<(), Problem> {
        self.authority.allow(action)
    }

    /// For what the tenants service writes down.
    pub(crate) fn actor(&self) -> Option<Actor> {
        let Principal { user_id, api_key_id, .. } = self.principal.clone();
        Some(Actor { user_id, api_key_id })
    }

    /// The user and the session of a person who is signed in.
    ///
    /// # Errors
    /// [`Problem`] for an API key.
    pub(crate) fn person(&self) -> Result<(String, String), Problem> {
        let Principal { user_id, session_id, .. } = self.principal.clone();
        user_id.zip(session_id).ok_or_else(|| {
            Problem::forbidden(
                "forbidden",
                "This is about a person's own account: sign in instead of using an API key.",
            )
        })
    }

    /// Asks again. While the tenants service is away, a key or session stays as good as it was.
    pub(crate) async fn is_still_good(&self, api: &Api) -> bool {
        match Self::authenticate(api, self.credential.clone()).await {
            Ok(now) => {
                let is_same = now.tenant == self.tenant && now.apps == self.apps;
                is_same && now.authority.allow(Action::Look).is_ok()
            }
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
}

/// A tenants service that knows no scopes yet says of each key that it is an administrator.
fn authority(principal: &Principal) -> Authority {
    let role = Role::parse(&principal.role);
    if principal.api_key_id.is_none() {
        return role.map_or(Authority::Unknown, Authority::Member);
    }
    let scope = match principal.scope.as_deref() {
        Some(word) => Scope::parse(word),
        None => role.filter(|role| *role >= Role::Admin).map(|_| Scope::Admin),
    };
    scope.map_or(Authority::Unknown, Authority::Key)
}

fn apps(principal: &Principal) -> Result<Option<Vec<AppId>>, Problem> {
    if !principal.is_limited {
        return Ok(None);
    }
    let apps = principal.app_ids.iter().map(|id| id.parse()).collect::<Result<_, _>>();
    apps.map(Some).map_err(|_| Problem::internal("tenants: an app id that is none"))
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
        let caller = Self::authenticate(api, credential).await?;
        limits::count_principal(api, &parts.extensions, &caller.principal).await?;
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let rule = rule_of(&parts.method, path);
        caller.authority.allow(rule.action)?;
        reach::check(parts, api, &caller, rule.reach).await?;
        Ok(caller)
    }
}

impl FromRequestParts<Api> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, api).await.map(Self)
    }
}

/// Refuses what another site's page makes a browser send: with it, somebody could be signed in to an account that is
/// not theirs.
pub(crate) fn refuse_foreign(headers: &HeaderMap, api: &Api) -> Result<(), Problem> {
    if origin::is_foreign(headers, &api.config().public_dashboard_url) { Err(foreign()) } else { Ok(()) }
}

/// The session of whoever is signed in, where one of our own pages sends the request.
pub(crate) fn session_of_own_page(headers: &HeaderMap, api: &Api) -> Option<String> {
    let url = &api.config().public_dashboard_url;
    let token = SessionCookie::of(url).read(headers)?;
    origin::is_ours(headers, url).then(|| token.to_owned())
}

/// As a browser calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::USER_AGENT)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

pub(crate) fn foreign() -> Problem {
    let text = "This request comes from another site's page; send it from the dashboard, or with an API key.";
    Problem::forbidden("foreign_origin", text)
}

/// A key in the `Authorization` header, or else the session's cookie.
pub(crate) fn credential(headers: &HeaderMap, public_url: &str) -> Result<Credential, Problem> {
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
    fn unknown_words_have_no_authority() {
        let of = |role: &str, key: Option<&str>, scope: Option<&str>| {
            let (role, api_key_id, scope) = (role.into(), key.map(Into::into), scope.map(Into::into));
            authority(&Principal { role, api_key_id, scope, ..Principal::default() })
        };
        assert_eq!(of("member", None, None), Authority::Member(Role::Member));
        assert_eq!(of("viewer", Some("key_1"), Some("write")), Authority::Key(Scope::Write));
        assert_eq!(of("admin", Some("key_1"), None), Authority::Key(Scope::Admin));
        for unknown in [
            of("root", None, None),
            of("", None, Some("admin")),
            of("admin", Some("key_1"), Some("root")),
            of("viewer", Some("key_1"), None),
        ] {
            assert_eq!(unknown, Authority::Unknown);
        }
    }
}
