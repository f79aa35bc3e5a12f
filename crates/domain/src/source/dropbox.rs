//! Dropbox: HMAC of the body in hex; the URL is verified by an echo.
//!
//! Source: dropbox.com/developers/reference/webhooks.

use super::{Config, Handshake, Reply, Request, Source, json, mock::Example, recognise::Mark, scheme::BodyMac};

pub(super) const SOURCE: Source = Source {
    slug: "dropbox",
    name: "Dropbox",
    secret_name: "App secret",
    secret_help: "the app's secret: App Console, your app, Settings",
    setup: "App Console, your app, Settings, Webhooks: Webhook URI is the inbound URL; Dropbox verifies it at once.",
    scheme: &BodyMac { header: "x-dropbox-signature", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-dropbox-signature")],
    event_type: |request| json::first_name(request.body, |_| true),
    handshake,
    handshake_help: "GET with challenge is echoed",
    example: Example::json(r#"{"list_folder":{"accounts":["dbid:{id}"]}}"#),
    ..Source::BASE
};

/// `GET ?challenge=…` is echoed, as text that no browser takes for a page.
fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let challenge = request.parameter("challenge").filter(|_| request.method == "GET")?;
    Some(Handshake::Answer(Reply::echo(&challenge)))
}
