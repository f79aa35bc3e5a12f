//! Meta (Facebook, Instagram, WhatsApp): HMAC of the body in hex, under the app secret.
//!
//! Source: developers.facebook.com, "Webhooks, Getting started". The body has `\\u` escapes, which are signed as they are.

use super::{
    Config, Handshake, Reply, Request, Setting, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, same},
};

pub(super) const SOURCE: Source = Source {
    slug: "meta",
    name: "Meta",
    secret_name: "App secret",
    secret_help: "the app secret: developers.facebook.com, your app, App settings, Basic",
    setup: "Your app, Webhooks (or WhatsApp, Configuration): Callback URL is the inbound URL, Verify token is the text that you set here as verify_token; Meta verifies both at once.",
    scheme: &BodyMac { header: "x-hub-signature-256", prefix: "sha256=", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-hub-signature-256"), Mark::Member("/object"), Mark::Member("/entry")],
    event_type,
    provider_id: |request| json::text(request.body, "/entry/0/changes/0/value/messages/0/id"),
    settings: &[Setting {
        name: "verify_token",
        is_required: false,
        help: "a text of your own that you enter as Verify token too; without it Meta cannot verify the URL",
    }],
    handshake,
    handshake_help: "GET with hub.mode=subscribe is answered with its challenge, if it knows verify_token",
    example: Example::json(
        r#"{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"messages","value":{"messages":[{"id":"wamid.{id}","type":"text"}]}}]}]}"#,
    ),
    ..Source::BASE
};

/// The object, and of its first change the field: `whatsapp_business_account.messages`.
fn event_type(request: &Request<'_>) -> Option<String> {
    let object = json::text(request.body, "/object")?;
    let field = json::text(request.body, "/entry/0/changes/0/field");
    Some(field.map_or_else(|| object.clone(), |field| format!("{object}.{field}")))
}

/// `GET ?hub.mode=subscribe` is answered with its challenge, if it knows the token.
fn handshake(request: &Request<'_>, config: &Config) -> Option<Handshake> {
    let mode = request.parameter("hub.mode").filter(|_| request.method == "GET")?;
    let given = request.parameter("hub.verify_token").unwrap_or_default();
    let challenge = request.parameter("hub.challenge").unwrap_or_default();
    Some(match config.text("verify_token").ok().flatten() {
        None => {
            Handshake::Refuse("set source_config.verify_token to the Verify token that you enter at Meta".to_owned())
        }
        Some(token) if mode == "subscribe" && !challenge.is_empty() && same(token.as_bytes(), given.as_bytes()) => {
            Handshake::Answer(Reply::echo(&challenge))
        }
        Some(_) => {
            Handshake::Refuse("the Verify token at Meta is another one than source_config.verify_token".to_owned())
        }
    })
}
