//! What came of asking an address.

use std::collections::BTreeMap;

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use utoipa::ToSchema;

/// What came of a request that was made just now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Probe {
    /// Nothing was found to be wrong.
    ok: bool,
    /// What was answered, if anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(200))]
    status: Option<u32>,
    /// How long it took in all.
    #[schema(examples(84))]
    latency_ms: u64,
    phases: Phases,
    /// Of a test: the answer's header fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    response_headers: BTreeMap<String, String>,
    /// Of a test: how the answer's body begins, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_body: Option<String>,
    /// There is more of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_truncated: Option<bool>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Trouble>,
}

/// How long the parts took, as far as it came to them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Phases {
    #[serde(skip_serializing_if = "Option::is_none")]
    resolve_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<u64>,
}

/// What is wrong with an address, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trouble {
    /// A stable word: `dns`, `connect`, `tls`, `slow`, `broken`, `refused_address`, `redirect`, `not_authorized`,
    /// `not_found`, `gateway`, `server_error` or `refused`.
    #[schema(examples("tls"))]
    code: String,
    /// A sentence that says what to do.
    #[schema(examples("The certificate of handler.example has expired. Renew it."))]
    text: String,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl Probe {
    /// The answer's own head and body are shown of a test only.
    pub(crate) fn of(probe: v1::Probe, is_test: bool) -> Self {
        let is_answered = is_test && probe.status.is_some();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let trouble = |code, text| Trouble { code, text, location: probe.location.clone() };
        Self {
            ok: probe.ok,
            status: probe.status,
            latency_ms: probe.latency_ms,
            phases: Phases {
                resolve_ms: probe.resolve_ms,
                connect_ms: probe.connect_ms,
                tls_ms: probe.tls_ms,
                first_byte_ms: probe.first_byte_ms,
            },
            problem: probe.problem_code.zip(probe.problem).map(|(code, text)| trouble(code, text)),
            response_headers: probe.headers.into_iter().map(|it| (it.name, text(&it.value))).collect(),
            response_body: is_answered.then(|| text(&probe.body)),
            response_truncated: is_answered.then_some(probe.is_truncated),
        }
    }
}
