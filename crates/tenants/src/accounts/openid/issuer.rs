//! The issuer: where it is, what it signs with, and what it says of whoever comes back from it.

use std::{
    error::Error,
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhook_domain::Timestamp;
use anyhook_egress::Egress;
use anyhook_store::Clock;
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
use tokio::{
    sync,
    time::{Instant, timeout_at},
};
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
    clock: Clock,
    known: Mutex<Known>,
    /// Held by who asks.
    asking: sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Known {
    metadata: Option<(Arc<CoreProviderMetadata>, Timestamp)>,
    failed_at: Option<Timestamp>,
}

impl Known {
    fn copy(&self) -> Result<Arc<CoreProviderMetadata>, OpenIdRefusal> {
        self.metadata.as_ref().map(|(metadata, _)| metadata.clone()).ok_or(OpenIdRefusal::Unavailable)
    }
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
    pub(crate) fn new(settings: OpenId, egress: Egress, clock: Clock) -> Self {
        let (known, asking) = (Mutex::default(), sync::Mutex::default());
        Self { settings, egress, clock, known, asking }
    }

    /// Where the browser is to go.
    pub(super) async fn url(&self, way: &Way) -> Result<Url, OpenIdRefusal> {
        let client = self.client(way, KEPT_FOR, Instant::now() + WITHIN).await?;
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
        let client = self.client(way, KEPT_FOR, deadline).await?;
        let response = self.exchange(&client, way, code, deadline).await?;
        let (client, verified) = match verify(&client, &response, &way.nonce, now) {
            // The issuer may have changed its keys.
            Err(NotProved::Signature(_)) => {
                let client = self.client(way, TRUSTED_FOR, deadline).await?;
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

    async fn client(&self, way: &Way, age: Duration, deadline: Instant) -> Result<Client, OpenIdRefusal> {
        let metadata = self.metadata(age, deadline).await?;
        let redirect = RedirectUrl::new(way.redirect_url.clone()).map_err(|_| OpenIdRefusal::Expired)?;
        let secret = self.settings.client_secret.as_ref().map(|it| ClientSecret::new(it.expose().to_owned()));
        let auth = auth_type(&metadata);
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(CoreClient::from_provider_metadata((*metadata).clone(), id, secret)
            .set_redirect_uri(redirect)
            .set_auth_type(auth))
    }

    /// The issuer's description with its keys, of at most this age, or older while it does not answer. Whoever would take
    /// an older one does not wait for somebody else who asks.
    async fn metadata(&self, age: Duration, deadline: Instant) -> Result<Arc<CoreProviderMetadata>, OpenIdRefusal> {
        let known = self.known();
        if let Some(metadata) = self.settled(&known, age) {
            return metadata;
        }
        let _asking = match (self.asking.try_lock(), known.metadata) {
            (Ok(asking), _) => asking,
            (Err(_), Some((metadata, _))) if age == KEPT_FOR => return Ok(metadata),
            (Err(_), _) => timeout_at(deadline, self.asking.lock()).await.map_err(|_| OpenIdRefusal::Unavailable)?,
        };
        // Somebody else may have asked meanwhile.
        let known = self.known();
        match self.settled(&known, age) {
            Some(metadata) => metadata,
            None => self.ask(known, deadline).await,
        }
    }

    /// What is known, if that is new enough, or the issuer is to be left in peace.
    fn settled(&self, known: &Known, age: Duration) -> Option<Result<Arc<CoreProviderMetadata>, OpenIdRefusal>> {
        let now = self.clock.now();
        let is_fresh = known.metadata.as_ref().is_some_and(|(_, at)| now.since(*at) < age);
        let is_in_peace = known.failed_at.is_some_and(|at| now.since(at) < AGAIN_AFTER);
        (is_fresh || is_in_peace).then(|| known.copy())
    }

    async fn ask(&self, known: Known, deadline: Instant) -> Result<Arc<CoreProviderMetadata>, OpenIdRefusal> {
        let asked_at = self.clock.now();
        let known = match self.discover(deadline).await {
            Ok(metadata) => Known { metadata: Some((Arc::new(metadata), asked_at)), failed_at: None },
            Err(why) => {
                let issuer = &self.settings.issuer;
                tracing::warn!(issuer, why, "the OpenID Connect issuer cannot be asked (ANYHOOK_OIDC_ISSUER)");
                // It may have taken longer than the issuer is left in peace.
                Known { failed_at: Some(self.clock.now()), ..known }
            }
        };
        *self.known.lock().expect("no holder of this lock panics") = known.clone();
        known.copy()
    }

    fn known(&self) -> Known {
        self.known.lock().expect("no holder of this lock panics").clone()
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

#[cfg(test)]
mod tests {
    use anyhook_store::Hand;
    use serde_json::json;
    use tokio::{net::TcpListener, time::timeout};

    use super::*;
    use crate::operated;

    const AT_ONCE: Duration = Duration::from_millis(50);
    const IN_TIME: Duration = Duration::from_secs(2);

    /// One that takes connections and never answers.
    async fn silent() -> (Issuer, Hand, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = OpenId {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            client_id: "anyhook".into(),
            client_secret: None,
            name: "Silent".into(),
            scopes: Vec::new(),
            may_sign_up: false,
        };
        let (clock, hand) = Clock::manual(Timestamp::from_unix_seconds(1_000_000));
        (Issuer::new(settings, operated::client().unwrap(), clock), hand, listener)
    }

    fn knows(issuer: &Issuer) {
        let metadata = json!({
            "issuer": issuer.settings.issuer,
            "authorization_endpoint": "https://issuer.example/authorize",
            "jwks_uri": "https://issuer.example/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let metadata = Arc::new(serde_json::from_value(metadata).unwrap());
        *issuer.known.lock().unwrap() = Known { metadata: Some((metadata, issuer.clock.now())), failed_at: None };
    }

    #[tokio::test]
    async fn an_older_copy_is_taken_while_somebody_else_asks() {
        let (issuer, hand, _listener) = silent().await;
        let _asking = issuer.asking.lock().await;
        let soon = || Instant::now() + AT_ONCE;
        let nothing = timeout(IN_TIME, issuer.metadata(KEPT_FOR, soon())).await.unwrap();
        assert_eq!(nothing.unwrap_err(), OpenIdRefusal::Unavailable, "nobody waits for longer than its deadline");
        knows(&issuer);
        hand.advance(KEPT_FOR);
        let far = Instant::now() + Duration::from_secs(60);
        assert!(timeout(IN_TIME, issuer.metadata(KEPT_FOR, far)).await.unwrap().is_ok());
        let newer = timeout(IN_TIME, issuer.metadata(TRUSTED_FOR, soon())).await.unwrap();
        assert_eq!(newer.unwrap_err(), OpenIdRefusal::Unavailable, "whoever needs newer keys waits for them");
    }

    #[tokio::test]
    async fn the_issuer_is_left_in_peace_from_when_it_failed() {
        let (issuer, hand, listener) = silent().await;
        let slow = async {
            listener.accept().await.unwrap();
            hand.advance(WITHIN);
        };
        let (first, ()) = tokio::join!(issuer.metadata(KEPT_FOR, Instant::now() + 10 * AT_ONCE), slow);
        assert!(first.is_err());
        let far = Instant::now() + Duration::from_secs(60);
        assert!(timeout(IN_TIME, issuer.metadata(KEPT_FOR, far)).await.unwrap().is_err());
        assert!(timeout(AT_ONCE, listener.accept()).await.is_err(), "it was not asked again");
        hand.advance(AGAIN_AFTER);
        let (asked, again) = tokio::join!(listener.accept(), issuer.metadata(KEPT_FOR, Instant::now() + AT_ONCE));
        assert!(asked.is_ok() && again.is_err());
    }
}
