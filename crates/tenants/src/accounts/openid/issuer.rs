//! The issuer: where it is, what it signs with, and what it says of whoever comes back from it.

use std::{error::Error, fmt::Write, sync::Arc, time::Duration};

use anyhook_domain::Timestamp;
use anyhook_egress::{Egress, EgressError};
use chrono::DateTime;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SubjectIdentifier, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims, CoreProviderMetadata,
        CoreTokenResponse, CoreUserInfoClaims,
    },
};
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use super::{OpenId, http, refusal::OpenIdRefusal, ticket::Way};

/// How long the issuer's description and keys are used without asking.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// Keys that are younger than this are not asked for again, whatever a token names.
const TRUSTED_FOR: Duration = Duration::from_secs(5);
/// After a failure the issuer is left in peace this long.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// All that is asked for one caller, who waits for ten seconds.
const WITHIN: Duration = Duration::from_secs(8);

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

pub(crate) struct Issuer {
    pub(super) settings: OpenId,
    egress: Egress,
    /// Held by who asks: the others wait and take what came.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Arc<CoreProviderMetadata>, Timestamp)>,
    failed_at: Option<Timestamp>,
}

/// Of whom the issuer says so.
#[derive(Clone, Debug)]
pub(super) struct Vouched {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) is_email_verified: bool,
}

impl Issuer {
    /// Nothing is asked for yet.
    pub(crate) fn new(settings: OpenId) -> Result<Self, EgressError> {
        Ok(Self { settings, egress: http::client()?, known: Mutex::default() })
    }

    /// Where the browser is to go.
    pub(super) async fn url(&self, way: &Way, now: Timestamp) -> Result<Url, OpenIdRefusal> {
        let client = self.client(way, KEPT_FOR, now, Instant::now() + WITHIN).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(way.verifier.clone()));
        let (state, nonce) = (CsrfToken::new(way.state.clone()), Nonce::new(way.nonce.clone()));
        let request = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce);
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (url, ..) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(url)
    }

    /// Exchanges what the browser brought, and verifies what comes for it.
    pub(super) async fn vouch(&self, way: &Way, code: String, now: Timestamp) -> Result<Vouched, OpenIdRefusal> {
        let deadline = Instant::now() + WITHIN;
        let client = self.client(way, KEPT_FOR, now, deadline).await?;
        let response = self.exchange(&client, way, code, deadline).await?;
        let (client, verified) = match verify(&client, &response, &way.nonce, now) {
            // The issuer may have changed its keys.
            Err(NotProved::Signature(_)) => {
                let client = self.client(way, TRUSTED_FOR, now, deadline).await?;
                let verified = verify(&client, &response, &way.nonce, now);
                (client, verified)
            }
            other => (client, other),
        };
        let claims = verified.map_err(|why| {
            tracing::warn!(why = chain(&why), "what the OpenID Connect issuer gave does not hold");
            OpenIdRefusal::NotProved
        })?;
        self.vouched(&client, claims, response.access_token(), deadline).await
    }

    async fn client(
        &self,
        way: &Way,
        age: Duration,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Client, OpenIdRefusal> {
        let metadata = self.metadata(age, now, deadline).await?;
        let redirect = RedirectUrl::new(way.redirect_url.clone()).map_err(|_| OpenIdRefusal::Expired)?;
        let secret = self.settings.client_secret.as_ref().map(|it| ClientSecret::new(it.expose().to_owned()));
        let auth = auth_type(&metadata);
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(CoreClient::from_provider_metadata((*metadata).clone(), id, secret)
            .set_redirect_uri(redirect)
            .set_auth_type(auth))
    }

    /// The issuer's description with its keys, of at most this age, or older while it does not answer.
    async fn metadata(
        &self,
        age: Duration,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Arc<CoreProviderMetadata>, OpenIdRefusal> {
        let mut known = self.known.lock().await;
        let copy = known.metadata.clone();
        let is_fresh = copy.as_ref().is_some_and(|(_, at)| now.since(*at) < age);
        let is_in_peace = known.failed_at.is_some_and(|at| now.since(at) < AGAIN_AFTER);
        if !is_fresh && !is_in_peace {
            match self.discover(deadline).await {
                Ok(metadata) => {
                    let metadata = Arc::new(metadata);
                    *known = Known { metadata: Some((metadata.clone(), now)), failed_at: None };
                    return Ok(metadata);
                }
                Err(why) => {
                    known.failed_at = Some(now);
                    let issuer = &self.settings.issuer;
                    tracing::warn!(issuer, why, "the OpenID Connect issuer cannot be asked (ANYHOOK_OIDC_ISSUER)");
                }
            }
        }
        copy.map(|(metadata, _)| metadata).ok_or(OpenIdRefusal::Unavailable)
    }

    async fn discover(&self, deadline: Instant) -> Result<CoreProviderMetadata, String> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|error| chain(&error))?;
        let ask = |request: HttpRequest| http::send(self.egress.clone(), request, deadline);
        CoreProviderMetadata::discover_async(issuer, &ask).await.map_err(|error| chain(&error))
    }

    async fn exchange(
        &self,
        client: &Client,
        way: &Way,
        code: String,
        deadline: Instant,
    ) -> Result<CoreTokenResponse, OpenIdRefusal> {
        let ask = |request: HttpRequest| http::send(self.egress.clone(), request, deadline);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| {
            tracing::warn!(why = chain(&error), "the OpenID Connect issuer has no token endpoint");
            OpenIdRefusal::Unavailable
        })?;
        let response = request.set_pkce_verifier(PkceCodeVerifier::new(way.verifier.clone())).request_async(&ask).await;
        response.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                tracing::warn!(error = said.error().as_ref(), "the OpenID Connect issuer takes no code from here");
                OpenIdRefusal::NotProved
            }
            other => {
                tracing::warn!(why = chain(&other), "the OpenID Connect issuer gives no token");
                OpenIdRefusal::Unavailable
            }
        })
    }

    /// Some issuers say the address at another place than the token.
    async fn vouched(
        &self,
        client: &Client,
        claims: CoreIdTokenClaims,
        token: &AccessToken,
        deadline: Instant,
    ) -> Result<Vouched, OpenIdRefusal> {
        let subject = claims.subject().clone();
        let (mut email, mut verified) = (claims.email().cloned(), claims.email_verified());
        if email.is_none() && client.user_info_url().is_some() {
            let more = self.user_info(client, token, &subject, deadline).await?;
            (email, verified) = (more.email().cloned(), more.email_verified());
        }
        Ok(Vouched {
            subject: subject.to_string(),
            email: email.map(|email| email.to_string()),
            is_email_verified: verified.unwrap_or_default(),
        })
    }

    async fn user_info(
        &self,
        client: &Client,
        token: &AccessToken,
        subject: &SubjectIdentifier,
        deadline: Instant,
    ) -> Result<CoreUserInfoClaims, OpenIdRefusal> {
        let ask = |request: HttpRequest| http::send(self.egress.clone(), request, deadline);
        let request = client.user_info(token.clone(), Some(subject.clone())).map_err(|_| OpenIdRefusal::Unavailable)?;
        request.request_async(&ask).await.map_err(|error| {
            tracing::warn!(why = chain(&error), "the OpenID Connect issuer says nothing of a user");
            OpenIdRefusal::Unavailable
        })
    }
}

#[derive(Debug, thiserror::Error)]
enum NotProved {
    #[error("there is no ID token")]
    NoToken,
    #[error("the signature is not one of the issuer's")]
    Signature(#[source] openidconnect::SignatureVerificationError),
    #[error(transparent)]
    Claims(ClaimsVerificationError),
    #[error("the access token is another than the ID token's")]
    OtherToken,
}

/// Issuer, audience, nonce, signature and expiry.
fn verify(
    client: &Client,
    response: &CoreTokenResponse,
    nonce: &str,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, NotProved> {
    let token = response.id_token().ok_or(NotProved::NoToken)?;
    let now = DateTime::from_timestamp_millis(now.unix_ms()).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC);
    let verifier = client.id_token_verifier().set_time_fn(move || now);
    let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(why) => NotProved::Signature(why),
        other => NotProved::Claims(other),
    })?;
    if let Some(expected) = claims.access_token_hash() {
        let alg = token.signing_alg().map_err(NotProved::Signature)?;
        let key = token.signing_key(&verifier).map_err(NotProved::Signature)?;
        let actual =
            AccessTokenHash::from_token(response.access_token(), alg, key).map_err(|_| NotProved::OtherToken)?;
        if actual != *expected {
            return Err(NotProved::OtherToken);
        }
    }
    Ok(claims.clone())
}

/// In the body for issuers that take a secret in no other way.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
    if takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// An error and its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        write!(text, ": {inner}").expect("writing to a string");
        cause = inner.source();
    }
    text
}
