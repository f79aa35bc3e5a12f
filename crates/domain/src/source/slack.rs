//! Slack: `v0=` and the HMAC of `v0:timestamp:body` in hex.
//!
//! Source: api.slack.com, "Verifying requests from Slack" and "url_verification".

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Age, BodyMac, Part, Stamp, StampForm},
};

pub(super) const SOURCE: Source = Source {
    slug: "slack",
    name: "Slack",
    secret_help: "the signing secret: api.slack.com/apps, your app, Basic Information, App Credentials",
    setup: "api.slack.com/apps, your app, Event Subscriptions: Request URL is the inbound URL; Slack verifies it at once. \
            Slash commands and interactivity take it too, where their answer may come later through response_url.",
    scheme: &BodyMac {
        header: "x-slack-signature",
        prefix: "v0=",
        signed: &[Part::Text("v0:"), Part::Header("x-slack-request-timestamp"), Part::Text(":"), Part::Body],
        stamp: Some(Stamp {
            header: "x-slack-request-timestamp",
            form: StampForm::Seconds,
            age: Some(Age::both_ways(300)),
        }),
        ..BodyMac::PLAIN
    },
    marks: &[Mark::Header("x-slack-signature")],
    handshake,
    handshake_help: "url_verification is answered with its challenge, once its signature is verified",
    event_type,
    provider_id,
    accepted,
    example: Example::json(
        r#"{"token":"XXYYZZ","team_id":"T123ABC456","api_app_id":"A123ABC456","event":{"type":"app_mention","user":"U123ABC456","text":"hello","ts":"{now}.000100","channel":"C123ABC456"},"type":"event_callback","event_id":"Ev{id}","event_time":{now}}"#,
    ),
    ..Source::BASE
};

fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    if json::text(request.body, "/type")? != "url_verification" {
        return None;
    }
    Some(Handshake::Signed(Reply::echo(&json::text(request.body, "/challenge")?)))
}

fn event_type(request: &Request<'_>) -> Option<String> {
    if request.is_of_type("application/x-www-form-urlencoded") {
        if request.field("command").is_some() {
            return Some("slash_command".to_owned());
        }
        return json::text(request.field("payload")?.as_bytes(), "/type");
    }
    json::text(request.body, "/event/type").or_else(|| json::event_type(request.body))
}

/// Commands and interactions have no id of their own but the one that answers them, which is used once.
fn provider_id(request: &Request<'_>) -> Option<String> {
    if let Some(id) = json::text(request.body, "/event_id") {
        return Some(id);
    }
    if request.is_of_type("application/x-www-form-urlencoded") {
        let in_payload = || json::text(request.field("payload")?.as_bytes(), "/trigger_id");
        return request.field("trigger_id").or_else(in_payload);
    }
    None
}

/// Slack shows a body that it gets for a command or an interaction to the person: so it gets none.
fn accepted(request: &Request<'_>) -> Option<Reply> {
    request.is_of_type("application/x-www-form-urlencoded").then(|| Reply::empty(200))
}
