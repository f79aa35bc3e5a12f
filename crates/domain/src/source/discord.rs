//! Discord: Ed25519 over instant and body. Interactions and webhook events post to URLs of the same kind.
//!
//! Source: docs.discord.com, "Interactions overview" and "Webhook events". A wrong signature must be answered with 401:
//! Discord probes for it.

use super::{Config, Handshake, Reply, Request, Source, json, mock::Example, recognise::Mark, scheme::Ed25519};

pub(super) const SOURCE: Source = Source {
    slug: "discord",
    name: "Discord",
    secret_name: "Public key",
    secret_help: "the application's public key, 64 hex digits: Developer Portal, your application, General Information",
    setup: "Developer Portal, your application: Interactions Endpoint URL (General Information) or Endpoint URL (Webhooks) \
            is the inbound URL; set the public key here first, Discord verifies at once. An interaction is answered as \
            deferred: your handler follows up within 15 minutes.",
    scheme: &Ed25519 { signature: "x-signature-ed25519", stamp: "x-signature-timestamp" },
    marks: &[Mark::Header("x-signature-ed25519")],
    handshake,
    handshake_help: "PING is answered, once its signature is verified; a wrong one gets 401",
    event_type,
    provider_id: |request| json::text(request.body, "/id"),
    accepted,
    example: Example::json(
        r#"{"version":1,"application_id":"1234560123453231555","type":1,"event":{"type":"APPLICATION_AUTHORIZED","timestamp":"{date}","data":{"user":{"id":"{id}"}}}}"#,
    ),
    ..Source::BASE
};

/// Interactions of Discord by their number.
const INTERACTIONS: &[(&str, &str)] = &[
    ("2", "APPLICATION_COMMAND"),
    ("3", "MESSAGE_COMPONENT"),
    ("4", "APPLICATION_COMMAND_AUTOCOMPLETE"),
    ("5", "MODAL_SUBMIT"),
];

fn number(request: &Request<'_>) -> Option<String> {
    json::text(request.body, "/type")
}

/// Webhook events have the number 1 that is an interaction's PING, and an event with it.
fn is_event(request: &Request<'_>) -> bool {
    json::raw(request.body, "/event").is_some()
}

fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    match number(request)?.as_str() {
        "0" => Some(Handshake::Signed(no_content())),
        "1" if !is_event(request) => Some(Handshake::Signed(Reply::json(&serde_json::json!({ "type": 1 })))),
        _ => None,
    }
}

/// 204, with the `Content-Type` that Discord asks for.
fn no_content() -> Reply {
    Reply { headers: vec![("content-type", "application/json".to_owned())], ..Reply::empty(204) }
}

fn event_type(request: &Request<'_>) -> Option<String> {
    if is_event(request) {
        return json::text(request.body, "/event/type");
    }
    let number = number(request)?;
    INTERACTIONS.iter().find(|(it, _)| *it == number).map(|(_, name)| (*name).to_owned())
}

/// Interactions are answered in place: with what promises an answer, as their handler has longer than the three seconds.
fn accepted(request: &Request<'_>) -> Option<Reply> {
    if is_event(request) {
        return Some(no_content());
    }
    let answer = match number(request)?.as_str() {
        "3" => serde_json::json!({ "type": 6 }),
        "4" => serde_json::json!({ "type": 8, "data": { "choices": [] } }),
        _ => serde_json::json!({ "type": 5 }),
    };
    Some(Reply::json(&answer))
}
