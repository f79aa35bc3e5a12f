//! Stripe: `t=…,v1=…`, HMAC of `t.body` in hex, keyed with the whole `whsec_…` text.
//!
//! Source: docs.stripe.com/webhooks, and its libraries: 300 seconds, and any future. `v0` is for tests, and not looked at.

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Age, StampedMac},
};

pub(super) const SOURCE: Source = Source {
    slug: "stripe",
    name: "Stripe",
    secret_name: "Signing secret",
    secret_help: "the signing secret, which begins with whsec_: Dashboard, Developers, Webhooks, your endpoint",
    setup: "Dashboard, Developers, Webhooks, Add destination: Endpoint URL is the inbound URL.",
    scheme: &StampedMac {
        header: "stripe-signature",
        between: ',',
        stamp: "t",
        signature: "v1",
        joint: ".",
        age: Age::past_only(300),
    },
    marks: &[Mark::Header("stripe-signature")],
    provider_id: |request| json::text(request.body, "/id"),
    example: Example::json(
        r#"{"id":"evt_{id}","object":"event","api_version":"2025-03-31.basil","created":{now},"type":"checkout.session.completed","livemode":false,"data":{"object":{"id":"cs_test_{id}","object":"checkout.session"}}}"#,
    ),
    ..Source::BASE
};
