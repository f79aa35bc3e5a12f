//! Shopify: HMAC of the body in base64, under the app's client secret.
//!
//! Source: shopify.dev, "Verify webhook deliveries". Deliveries of the newer Events have headers without `x-`.

use super::{
    Request, Source,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, Encoding, FirstPresent},
};

pub(super) const SOURCE: Source = Source {
    slug: "shopify",
    name: "Shopify",
    secret_name: "Client secret",
    secret_help: "the app's client secret: Dev Dashboard, your app, Settings; for webhooks made in a store's admin, Settings, Notifications, Webhooks",
    setup: "Make a webhook subscription whose URI is the inbound URL: in shopify.app.toml, over the Admin API, or in the store's admin under Settings, Notifications, Webhooks.",
    scheme: &FirstPresent(&[
        BodyMac { header: "x-shopify-hmac-sha256", encoding: Encoding::Base64, ..BodyMac::PLAIN },
        BodyMac { header: "shopify-hmac-sha256", encoding: Encoding::Base64, ..BodyMac::PLAIN },
    ]),
    marks: &[Mark::Header("x-shopify-topic")],
    event_type: |request| header(request, "x-shopify-topic", "shopify-topic"),
    provider_id: |request| header(request, "x-shopify-webhook-id", "shopify-webhook-id"),
    example: Example::json(r#"{"id":820982911946154508,"email":"jon@example.com","note":"{id}"}"#).with(&[
        ("x-shopify-topic", "orders/create"),
        ("x-shopify-webhook-id", "{id}"),
        ("x-shopify-shop-domain", "example.myshopify.com"),
        ("x-shopify-api-version", "2026-10"),
    ]),
    ..Source::BASE
};

fn header(request: &Request<'_>, name: &str, newer: &str) -> Option<String> {
    request.headers.text(name).or_else(|| request.headers.text(newer)).map(str::to_owned)
}
