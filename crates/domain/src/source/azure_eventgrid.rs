//! Azure Event Grid with its own schema.
//!
//! Source: learn.microsoft.com, "Endpoint validation with Event Grid event schema".

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "azure-eventgrid",
    name: "Azure Event Grid",
    secret_name: "Delivery property",
    secret_help: "a text of your own, set as the secret delivery property X-Webhook-Token of the event subscription",
    setup: "Event subscription, Endpoint type Web Hook: the inbound URL; Azure validates it at once. Under Delivery \
            properties add the static header X-Webhook-Token.",
    secret_headers: &["x-webhook-token"],
    scheme: &Equal(|_| Ok(Place::Header("x-webhook-token".to_owned()))),
    marks: &[Mark::Header("aeg-event-type")],
    handshake,
    handshake_help: "SubscriptionValidation is answered with its code",
    event_type: |request| json::text(request.body, "/0/eventType"),
    provider_id,
    example: Example::json(
        r#"[{"id":"{id}","topic":"/subscriptions/x","subject":"/blob","eventType":"Microsoft.Storage.BlobCreated","eventTime":"{date}","data":{},"dataVersion":"1"}]"#,
    )
    .with(&[("aeg-event-type", "Notification")]),
    ..Source::BASE
};

/// The id of the only event; a batch is the same as long as its bytes are.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let only = json::raw(request.body, "/1").is_none();
    if only { json::text(request.body, "/0/id") } else { Some(json::body_id(request.body)) }
}

fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    if request.headers.text("aeg-event-type")? != "SubscriptionValidation" {
        return None;
    }
    let code = json::text(request.body, "/0/data/validationCode")?;
    Some(Handshake::Answer(Reply::json(&serde_json::json!({ "validationResponse": code }))))
}
