//! Checking a captured request.

use std::collections::HashMap;

use anyhook_rpc::tenants::v1::{Header, VerifyRequestRequest};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    given::{self, Headers, Instant},
    named,
};
use crate::{
    api::{Api, ask},
    auth::Caller,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::{app::AUTO, secrets::Secrets},
};

/// A request as it was received.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CapturedRequest {
    /// A source: `GET /api/v1/sources` lists them. `auto`: the one that the request looks like.
    #[schema(examples("replicate"))]
    provider: String,
    /// An object of names and values, where a value may be a list of values; or a list of pairs `[name, value]`; or as
    /// an event's `headers` are shown.
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    headers: Headers,
    /// The body exactly as it came: as text,
    #[schema(examples("{\"status\":\"succeeded\"}"))]
    body: Option<String>,
    /// or in base64.
    #[serde(alias = "bodyBase64")]
    body_base64: Option<String>,
    /// The provider's secret, or several of them, any of which may have signed.
    #[schema(examples("whsec_…"))]
    secret: Option<Secrets>,
    /// The URL that the provider called; some sign it.
    #[serde(alias = "request_url")]
    #[serde(rename = "requestUrl")]
    request_url: Option<String>,
    /// `POST` when left out.
    method: Option<String>,
    /// When it was received: unix seconds or RFC 3339; now, when left out. Many sources refuse what is minutes old.
    #[schema(value_type = Option<String>)]
    now: Option<Instant>,
    /// The source's further settings.
    #[serde(alias = "source_config")]
    #[serde(rename = "sourceConfig")]
    #[schema(value_type = Option<Object>)]
    source_config: Option<Map<String, Value>>,
    /// What the provider publishes, by its address; where there is any, nothing is fetched.
    resources: Option<HashMap<String, String>>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Verified {
    /// Whether it is the provider's; false also where the source has nothing to check with.
    valid: bool,
    /// The source that was asked.
    #[schema(examples("replicate"))]
    provider: String,
    /// Why it is not valid; absent where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("timestamp 12 min old; at most 5 min are allowed"))]
    reason: Option<String>,
}

/// Verify a request
///
/// Says whether a request that was captured anywhere is its provider's, and if not, why. Nothing of it is kept.
#[utoipa::path(
    post, path = "/api/v1/tools/verify", tag = "Tools",
    request_body = CapturedRequest,
    responses(
        (status = 200, description = "Verified, or not", body = Verified),
        (status = "default", description = "Among others `invalid_field`", body = ProblemBody),
    )
)]
pub(crate) async fn verify_request(
    State(api): State<Api>,
    _: Caller,
    Body(captured): Body<CapturedRequest>,
) -> Result<Json<Verified>, Problem> {
    let now_ms = captured.now.map_or_else(|| api.now(), |Instant(now)| now).unix_ms();
    let answer = ask(api.apps().verify_request(captured.checked(now_ms)?)).await?;
    Ok(Json(Verified { valid: answer.valid, provider: answer.provider, reason: answer.reason }))
}

impl CapturedRequest {
    fn checked(self, now_ms: i64) -> Result<VerifyRequestRequest, Problem> {
        if self.provider != AUTO {
            named(&self.provider)?;
        }
        self.headers.check()?;
        if let Some(url) = &self.request_url {
            given::check_url("requestUrl", url)?;
        }
        let header = |(name, value): (String, String)| Header { name, value: value.into_bytes().into() };
        let resources = self.resources.unwrap_or_default().into_iter();
        Ok(VerifyRequestRequest {
            provider: self.provider,
            secret: self.secret.map(|secret| secret.text()),
            source_config: self.source_config.map(|options| Value::Object(options).to_string()),
            method: self.method.map_or_else(|| "POST".to_owned(), |method| method.to_ascii_uppercase()),
            url: self.request_url.unwrap_or_default(),
            headers: self.headers.0.into_iter().map(header).collect(),
            body: given::body(self.body, self.body_base64)?.unwrap_or_default().into(),
            now_ms,
            resources: resources.map(|(url, text)| (url, text.into_bytes().into())).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complaint;

    fn checked(json: &str) -> Result<VerifyRequestRequest, Problem> {
        complaint::read::<CapturedRequest>(json.as_bytes())?.checked(5)
    }

    #[test]
    fn both_spellings_are_taken() {
        for json in [
            r#"{"provider":"hmac","requestUrl":"https://a.example/","sourceConfig":{"a":1},"body_base64":"eA=="}"#,
            r#"{"provider":"hmac","request_url":"https://a.example/","source_config":{"a":1},"bodyBase64":"eA"}"#,
        ] {
            let request = checked(json).unwrap();
            let taken = (request.url.as_str(), request.source_config.as_deref(), &request.body[..]);
            assert_eq!(taken, ("https://a.example/", Some(r#"{"a":1}"#), &b"x"[..]), "{json}");
        }
    }

    #[test]
    fn little_is_needed() {
        let request = checked(r#"{"provider":"generic","what":"ever"}"#).unwrap();
        let expected =
            VerifyRequestRequest { provider: "generic".into(), method: "POST".into(), now_ms: 5, ..Default::default() };
        assert_eq!(request, expected);
    }

    #[test]
    fn everything_given_is_passed_on() {
        let json = r#"{"provider":"hmac","headers":{"x-a":["1","2"]},"body":"b","secret":["s","t"],"method":"put",
            "now":7,"resources":{"https://a.example/key":"k"}}"#;
        let request = checked(json).unwrap();
        assert_eq!((request.method.as_str(), request.secret.as_deref()), ("PUT", Some("s\nt")));
        assert_eq!(request.headers.iter().map(|it| &it.value[..]).collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(&request.resources["https://a.example/key"][..], b"k");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(checked(r#"{"provider":"auto"}"#).unwrap().provider, "auto");
        for (json, field) in [
            ("{}", "provider"),
            (r#"{"provider":"no-such"}"#, "provider"),
            (r#"{"provider":"hmac","body":{}}"#, "body"),
            (r#"{"provider":"hmac","body":"","body_base64":""}"#, "body_base64"),
            (r#"{"provider":"hmac","body_base64":"?"}"#, "body_base64"),
            (r#"{"provider":"hmac","headers":{"a b":""}}"#, "headers"),
            (r#"{"provider":"hmac","headers":5}"#, "headers"),
            (r#"{"provider":"hmac","requestUrl":"/a"}"#, "requestUrl"),
            (r#"{"provider":"hmac","now":"soon"}"#, "now"),
            (r#"{"provider":"hmac","secret":5}"#, "secret"),
            (r#"{"provider":"hmac","resources":{"a":5}}"#, "resources.a"),
        ] {
            let problem = checked(json).expect_err(json);
            assert_eq!((problem.seen().0, problem.seen().3), (400, Some(field)), "{json}");
        }
    }
}
