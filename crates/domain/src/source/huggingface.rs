//! Hugging Face: the secret comes along in `X-Webhook-Secret`.
//!
//! Source: huggingface.co/docs/hub/webhooks.

use super::{
    Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "huggingface",
    name: "Hugging Face",
    secret_name: "Secret",
    secret_help: "the text that you enter as Secret of the webhook, in ASCII",
    setup: "huggingface.co, Settings, Webhooks, Add a new webhook: Webhook URL is the inbound URL, and a Secret of your own.",
    secret_headers: &["x-webhook-secret"],
    scheme: &Equal(|_| Ok(Place::Header("x-webhook-secret".to_owned()))),
    marks: &[Mark::Member("/event/scope"), Mark::Member("/webhook/id")],
    event_type,
    example: Example::json(
        r#"{"event":{"action":"update","scope":"repo.content"},"repo":{"type":"model","name":"some-user/some-repo","headSha":"{id}"},"webhook":{"id":"6390e855e30d9209411de93b","version":3}}"#,
    ),
    ..Source::BASE
};

fn event_type(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    Some(format!("{}.{}", of("/event/scope")?, of("/event/action")?))
}
