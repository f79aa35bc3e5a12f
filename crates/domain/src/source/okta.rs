//! Okta event hooks: a secret in `Authorization`, and a challenge that is verified once.
//!
//! Source: developer.okta.com, "Event hooks", one-time verification.

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "okta",
    name: "Okta",
    secret_name: "Authentication secret",
    secret_help: "the text that you enter as Authentication secret, with authorization as Authentication field",
    setup: "Admin Console, Workflow, Event hooks, Create: URL is the inbound URL; then Verify.",
    secret_headers: &["authorization"],
    scheme: &Equal(|_| Ok(Place::Header("authorization".to_owned()))),
    marks: &[Mark::Member("/data/events/0/eventType")],
    handshake,
    handshake_help: "GET with X-Okta-Verification-Challenge is answered with the challenge",
    event_type: |request| json::text(request.body, "/data/events/0/eventType"),
    provider_id: |request| json::text(request.body, "/eventId"),
    example: Example::json(
        r#"{"eventType":"com.okta.event_hook","eventTypeVersion":"1.0","eventId":"{id}","data":{"events":[{"uuid":"{id}","eventType":"user.session.start"}]}}"#,
    ),
    ..Source::BASE
};

fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let challenge = request.headers.text("x-okta-verification-challenge").filter(|_| request.method == "GET")?;
    Some(Handshake::Answer(Reply::json(&serde_json::json!({ "verification": challenge }))))
}
