//! ElevenLabs: `t=…,v0=…`, HMAC of `t.body` in hex, keyed with the whole `wsec_…` text.
//!
//! Source: elevenlabs.io/docs, "Post-call webhooks", and its libraries: 30 minutes, and any future.

use super::{
    Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Age, StampedMac},
};

pub(super) const SOURCE: Source = Source {
    slug: "elevenlabs",
    name: "ElevenLabs",
    secret_name: "Secret",
    secret_help: "the secret that is shown once when the webhook is made; it begins with wsec_",
    setup: "Settings, Webhooks, Add endpoint: Callback URL is the inbound URL, authentication HMAC.",
    scheme: &StampedMac {
        header: "elevenlabs-signature",
        between: ',',
        stamp: "t",
        signature: "v0",
        joint: ".",
        age: Age::past_only(1800),
    },
    marks: &[Mark::Header("elevenlabs-signature")],
    provider_id,
    example: Example::json(
        r#"{"type":"post_call_transcription","event_timestamp":{now},"data":{"agent_id":"agent_1","conversation_id":"conv_{id}","status":"done"}}"#,
    ),
    ..Source::BASE
};

/// A conversation's webhooks of different types are different events.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    Some(format!("{}:{}", of("/type")?, of("/data/conversation_id")?))
}
