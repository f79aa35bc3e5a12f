//! Asana: HMAC of the body in hex, under a secret that Asana itself names when a webhook is made.
//!
//! Source: developers.asana.com/docs/webhooks-guide.

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, same},
};
use crate::secret::Secret;

pub(super) const SOURCE: Source = Source {
    slug: "asana",
    name: "Asana",
    secret_name: "Hook secret",
    secret_help: "nothing to paste: Asana names the secret when the webhook is made, and it is kept",
    setup: "Make the webhook with POST /webhooks of Asana's API, its target the inbound URL: Asana names its secret at once. To make it anew, remove the app's secret first.",
    scheme: &BodyMac { header: "x-hook-signature", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-hook-signature")],
    event_type,
    secret_headers: &["x-hook-secret"],
    handshake,
    handshake_help: "X-Hook-Secret is echoed, and kept as the secret of an app that has none",
    example: Example::json(r#"{"events":[{"action":"changed","resource":{"gid":"{id}","resource_type":"task"}}]}"#),
    ..Source::BASE
};

fn event_type(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    Some(format!("{}.{}", of("/events/0/resource/resource_type")?, of("/events/0/action")?))
}

const LONGEST_SECRET_BYTES: usize = 256;

/// `X-Hook-Secret` is echoed, and signs from then on.
fn handshake(request: &Request<'_>, config: &Config) -> Option<Handshake> {
    let secret = request.headers.text("x-hook-secret").filter(|_| request.method == "POST")?;
    let is_secret = (16..=LONGEST_SECRET_BYTES).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
    if !is_secret {
        return Some(Handshake::Refuse("this is not a hook secret as Asana makes them".to_owned()));
    }
    let reply = Reply { headers: vec![("x-hook-secret", secret.to_owned())], ..Reply::empty(200) };
    // The same once more: the answer to the first one was lost.
    if config.secrets.iter().any(|known| same(known.expose().as_bytes(), secret.as_bytes())) {
        return Some(Handshake::Answer(reply));
    }
    Some(Handshake::Learn { secret: Secret::new(secret.to_owned()), reply })
}
