//! AssemblyAI: a header of the user's naming with a secret of the user's making.
//!
//! Source: assemblyai.com/docs, "Webhooks": `webhook_auth_header_name` and `webhook_auth_header_value`. Any 4xx ends its
//! tries.

use super::{
    BadConfig, Config, Setting, Source, json,
    mock::Example,
    pick::is_token,
    recognise::Mark,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "assemblyai",
    name: "AssemblyAI",
    secret_name: "Header value",
    secret_help: "the text that you give as webhook_auth_header_value of the transcript",
    setup: "Give the inbound URL as webhook_url when you ask for a transcript, with webhook_auth_header_name and \
            webhook_auth_header_value.",
    settings: &[Setting {
        name: "header_name",
        is_required: false,
        help: "what you give as webhook_auth_header_name; X-Webhook-Secret when left out",
    }],
    secret_headers: &["x-webhook-secret"],
    scheme: &Equal(place),
    marks: &[Mark::Member("/transcript_id")],
    event_type: |request| json::text(request.body, "/status"),
    provider_id: |request| json::text(request.body, "/transcript_id"),
    example: Example::json(r#"{"transcript_id":"{id}","status":"completed"}"#),
    ..Source::BASE
};

fn place(config: &Config) -> Result<Place, BadConfig> {
    let name = config.text("header_name")?.unwrap_or("x-webhook-secret");
    let bad = || BadConfig("source_config.header_name must be a header's name, such as X-Webhook-Secret".to_owned());
    is_token(name).then(|| Place::Header(name.to_ascii_lowercase())).ok_or_else(bad)
}
