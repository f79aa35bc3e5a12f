//! WooCommerce: HMAC of the body in base64.
//!
//! Source: WooCommerce's `WC_Webhook`. Saving a webhook sends a ping of `webhook_id=…` that is not signed.

use super::{
    Config, Handshake, Reply, Request, Source,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, Encoding},
};

pub(super) const SOURCE: Source = Source {
    slug: "woocommerce",
    name: "WooCommerce",
    secret_name: "Secret",
    secret_help: "the text that stands as Secret of the webhook",
    setup: "WooCommerce, Settings, Advanced, Webhooks, Add webhook: Delivery URL is the inbound URL, and a Secret.",
    scheme: &BodyMac { header: "x-wc-webhook-signature", encoding: Encoding::Base64, ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-wc-webhook-topic")],
    event_type: |request| request.headers.text("x-wc-webhook-topic").map(str::to_owned),
    provider_id: |request| request.headers.text("x-wc-webhook-delivery-id").map(str::to_owned),
    handshake,
    handshake_help: "the ping when a webhook is saved is answered with 200",
    example: Example::json(r#"{"id":727,"status":"processing","number":"{id}"}"#)
        .with(&[("x-wc-webhook-topic", "order.created"), ("x-wc-webhook-delivery-id", "{id}")]),
    ..Source::BASE
};

/// The ping when a webhook is saved: it needs a 200.
fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let is_ping = request.headers.text("x-wc-webhook-topic").is_none()
        && request
            .body
            .strip_prefix(b"webhook_id=")
            .is_some_and(|id| !id.is_empty() && id.iter().all(u8::is_ascii_digit));
    is_ping.then(|| Handshake::Answer(Reply::empty(200)))
}
