//! CloudEvents over HTTP, structured or binary, with the abuse protection of its webhooks.
//!
//! Source: cloudevents.io, "HTTP 1.1 Web Hooks for Event Delivery" and "HTTP Protocol Binding".

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "cloudevents",
    name: "CloudEvents",
    secret_name: "Access token",
    secret_help: "the token that the sender sends as Authorization: Bearer …, where it does",
    setup: "Enter the inbound URL as the webhook endpoint of the sender; it asks for leave with OPTIONS, and gets it.",
    secret_headers: &["authorization"],
    scheme: &Equal(|_| Ok(Place::Bearer)),
    marks: &[Mark::Member("/specversion")],
    handshake,
    handshake_help: "OPTIONS with WebHook-Request-Origin is allowed",
    event_type: |request| header_or(request, "ce-type", "/type"),
    provider_id,
    example: Example {
        content_type: "application/cloudevents+json",
        ..Example::json(
            r#"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"{id}","time":"{date}","data":{}}"#,
        )
    },
    ..Source::BASE
};

fn header_or(request: &Request<'_>, name: &str, pointer: &str) -> Option<String> {
    request.headers.text(name).map(str::to_owned).or_else(|| json::text(request.body, pointer))
}

/// Unique together with the event's source.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let source = header_or(request, "ce-source", "/source").unwrap_or_default();
    Some(format!("{source}#{}", header_or(request, "ce-id", "/id")?))
}

fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let origin = request.headers.text("webhook-request-origin").filter(|_| request.method == "OPTIONS")?;
    let rate =
        request.headers.text("webhook-request-rate").filter(|rate| rate.parse::<u32>().is_ok_and(|rate| rate > 0));
    let headers = vec![
        ("allow", "POST".to_owned()),
        ("webhook-allowed-origin", origin.to_owned()),
        ("webhook-allowed-rate", rate.unwrap_or("*").to_owned()),
    ];
    Some(Handshake::Answer(Reply { headers, ..Reply::empty(200) }))
}
