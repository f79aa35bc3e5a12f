//! Twitch EventSub: HMAC of id, instant and body in hex.
//!
//! Source: dev.twitch.tv, "Getting events using webhooks"; twitch-cli. Messages older than ten minutes are refused, as
//! the documentation advises.

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Age, BodyMac, Part, Stamp, StampForm},
};

const ID: &str = "twitch-eventsub-message-id";
const STAMP: &str = "twitch-eventsub-message-timestamp";
const TYPE: &str = "twitch-eventsub-message-type";
const EVENT: &str = "twitch-eventsub-subscription-type";

pub(super) const SOURCE: Source = Source {
    slug: "twitch",
    name: "Twitch",
    secret_name: "Subscription secret",
    secret_help: "the text of 10 to 100 characters that you give as transport.secret of the subscription",
    setup: "POST /helix/eventsub/subscriptions with transport.method webhook, transport.callback the inbound URL, and \
            transport.secret; Twitch verifies the URL at once.",
    scheme: &BodyMac {
        header: "twitch-eventsub-message-signature",
        prefix: "sha256=",
        signed: &[Part::Header(ID), Part::Header(STAMP), Part::Body],
        stamp: Some(Stamp { header: STAMP, form: StampForm::Date, age: Some(Age::both_ways(600)) }),
        ..BodyMac::PLAIN
    },
    marks: &[Mark::Header("twitch-eventsub-message-signature")],
    handshake,
    handshake_help: "webhook_callback_verification is answered with its challenge, once its signature is verified",
    event_type,
    provider_id: |request| request.headers.text(ID).map(str::to_owned),
    example: Example::json(
        r#"{"subscription":{"id":"{id}","status":"enabled","type":"channel.follow","version":"2"},"event":{"user_id":"1234","user_login":"example"}}"#,
    )
    .with(&[(ID, "{id}"), (TYPE, "notification"), (EVENT, "channel.follow"), (STAMP, "{date}")]),
    ..Source::BASE
};

fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    if request.headers.text(TYPE)? != "webhook_callback_verification" {
        return None;
    }
    Some(Handshake::Signed(Reply::echo(&json::text(request.body, "/challenge")?)))
}

/// The subscription's type; a revocation says so.
fn event_type(request: &Request<'_>) -> Option<String> {
    let event = request.headers.text(EVENT)?;
    let is_revoked = request.headers.text(TYPE) == Some("revocation");
    Some(if is_revoked { format!("revocation.{event}") } else { event.to_owned() })
}
