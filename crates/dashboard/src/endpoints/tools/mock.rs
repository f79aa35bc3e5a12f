//! Making an example request.

use std::collections::BTreeMap;

use anyhook_domain::source::{Config, Mock, SecretUse, Source, Wanted};
use anyhook_rpc::tenants::v1::{App, GetAppRequest};
use axum::{Json, extract::State};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    curl::{self, Sent},
    given, named,
};
use crate::{
    api::{Api, ask},
    auth::Caller,
    extract::Body,
    problem::{Problem, ProblemBody},
    reach::reached,
    shapes::{app::inbound_url, secrets::Secrets},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct WantedExample {
    /// A source; `GET /api/v1/sources` lists them. The app's, when left out.
    #[schema(examples("replicate"))]
    provider: Option<String>,
    /// The provider's secret; one is invented when left out. Of several, the first signs.
    secret: Option<Secrets>,
    /// Where it would be sent to; the app's inbound URL, when left out.
    url: Option<String>,
    /// An app, by its slug or id, whose source, settings and URL are taken where they are left out here.
    app: Option<String>,
    /// The source's further settings.
    #[serde(alias = "source_config")]
    #[serde(rename = "sourceConfig")]
    #[schema(value_type = Option<Object>)]
    source_config: Option<Map<String, Value>>,
    /// A body in place of the source's own example: as text,
    body: Option<String>,
    /// or in base64.
    #[serde(alias = "bodyBase64")]
    body_base64: Option<String>,
}

/// A request as its provider would sign it. `POST /api/v1/tools/verify` takes it back, with `url` as `requestUrl` and
/// one of the two bodies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Example {
    #[schema(examples("replicate"))]
    provider: &'static str,
    #[schema(examples("POST"))]
    method: String,
    /// What was asked for, and what the source adds: a secret path part, for example.
    url: String,
    #[schema(value_type = Object)]
    headers: BTreeMap<String, String>,
    /// Null where the body is no text.
    body: Option<String>,
    body_base64: String,
    /// What an app needs so that the request verifies: the given secret or the invented one. Absent where the source
    /// has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What an app needs so that the request verifies.
    #[serde(rename = "sourceConfig")]
    #[schema(value_type = Object)]
    source_config: Map<String, Value>,
    /// What takes the place of what the provider publishes, by address.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    resources: BTreeMap<String, String>,
    /// A command that sends exactly this request.
    curl: String,
    /// What else is to be known about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Make an example request
///
/// Signed now, as its provider would sign it, with a command that sends it.
#[utoipa::path(
    post, path = "/api/v1/tools/mock", tag = "Tools",
    request_body = WantedExample,
    responses(
        (status = 200, description = "The request; nothing was sent", body = Example),
        (status = "default", description = "Among others `invalid_field`, `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn mock_request(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<WantedExample>,
) -> Result<Json<Example>, Problem> {
    let app = match &wanted.app {
        Some(app) => Some(named_app(&api, &caller, app).await?),
        None => None,
    };
    let source = wanted.source(app.as_ref())?;
    let secret = wanted.secret.clone().filter(Secrets::is_given);
    let wanted = Wanted {
        url: wanted.url(app.as_ref(), source, &api.config().public_ingress_url)?,
        secret: secret.as_ref().map(|secret| secret.secret().clone()),
        options: wanted.options(app.as_ref(), source),
        body: given::body(wanted.body, wanted.body_base64)?,
        now: api.now(),
        entropy: rand::random(),
    };
    let mut mock = source.mock(wanted).map_err(|bad| refused(&bad.0))?;
    if source.secret == SecretUse::Published {
        // What signs for it stands among its resources.
        mock.secret = None;
    }
    check(source, &mock)?;
    Ok(Json(Example::of(source, mock, secret.is_none())))
}

async fn named_app(api: &Api, caller: &Caller, app: &str) -> Result<App, Problem> {
    let request = GetAppRequest { tenant_id: caller.tenant_id(), app: app.to_owned() };
    let app = ask(api.apps().get_app(request)).await.and_then(|app| reached(caller, app));
    app.map_err(|problem| problem.about("app"))
}

impl WantedExample {
    fn source(&self, app: Option<&App>) -> Result<&'static Source, Problem> {
        let provider = self.provider.as_deref().or(app.map(|app| app.source.as_str()));
        provider.map_or_else(|| Err(Problem::bad_field("provider", "Give a provider or an app.")), named)
    }

    fn url(&self, app: Option<&App>, source: &Source, ingress_url: &str) -> Result<String, Problem> {
        match (&self.url, app.and_then(|app| app.routes.first())) {
            (Some(url), _) => given::check_url("url", url).map(|()| url.clone()),
            (None, Some(route)) => Ok(inbound_url(ingress_url, route)),
            (None, None) => Ok(inbound_url(ingress_url, source.slug)),
        }
    }

    /// An app's settings are its own source's.
    fn options(&self, app: Option<&App>, source: &Source) -> Map<String, Value> {
        let of_app = app.filter(|app| app.source == source.slug);
        let of_app = || of_app.and_then(|app| serde_json::from_str(&app.source_config).ok());
        self.source_config.clone().or_else(of_app).unwrap_or_default()
    }
}

/// Whether an app could be configured like this.
fn check(source: &Source, mock: &Mock) -> Result<(), Problem> {
    let secrets = mock.secret.as_ref().map(Config::secrets_of).unwrap_or_default();
    let config = Config { secrets, options: mock.options.clone() };
    source.check_config(&config).map_err(|bad| refused(&bad.0))
}

/// Sources name the setting that they blame; otherwise it is the secret.
fn refused(says: &str) -> Problem {
    let field = if says.contains("source_config") { "sourceConfig" } else { "secret" };
    Problem::bad_field(field, format!("{}.", says.trim_end_matches('.')))
}

impl Example {
    fn of(source: &'static Source, mock: Mock, is_secret_invented: bool) -> Self {
        let sent = Sent { method: &mock.method, url: &mock.url, headers: &mock.headers, body: &mock.body };
        let resources = mock.resources.iter();
        Self {
            provider: source.slug,
            curl: curl::command(&sent),
            note: note(source, &mock, is_secret_invented),
            body_base64: STANDARD.encode(&mock.body),
            resources: resources.map(|(url, it)| (url.to_owned(), String::from_utf8_lossy(it).into_owned())).collect(),
            body: String::from_utf8(mock.body).ok(),
            method: mock.method,
            url: mock.url,
            headers: mock.headers.into_iter().collect(),
            secret: mock.secret.map(|secret| secret.expose().to_owned()),
            source_config: mock.options,
        }
    }
}

fn note(source: &Source, mock: &Mock, is_secret_invented: bool) -> Option<String> {
    if mock.resources.iter().next().is_some() {
        let name = source.name;
        return Some(format!(
            "Only {name} itself can sign a request that a running app accepts: this one is signed with a key of its \
             own, which POST /api/v1/tools/verify believes where it is given as resources.",
        ));
    }
    let is_invented = is_secret_invented && mock.secret.is_some();
    is_invented.then(|| {
        "Signed with an invented secret, since an app's own is not shown to anybody: give the app this one, or ask \
         again with secret."
            .to_owned()
    })
}
