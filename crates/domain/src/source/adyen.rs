//! Adyen: payments sign each item, in the body; banking and platforms sign the body, in a header. The key is hex.
//!
//! Source: docs.adyen.com, "Verify HMAC signatures"; @adyen/api-library. Of a payment's notification eight fields are
//! signed. `[accepted]` is the answer that all versions understand.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    BadConfig, Config, Reason, Reply, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Algorithm, BodyMac, Encoding, KeyForm, Parts, Scheme, any_secret, hmac, hmac_matches},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "adyen",
    name: "Adyen",
    secret_name: "HMAC key",
    secret_help: "the HMAC key, hex digits: Customer Area, Developers, Webhooks, your webhook, Security",
    setup: "Customer Area, Developers, Webhooks, Create new webhook: URL is the inbound URL; generate an HMAC key, and copy it.",
    scheme: &Adyen,
    marks: &[Mark::Member("/notificationItems")],
    event_type,
    provider_id,
    accepted: |_| {
        Some(Reply {
            headers: vec![("content-type", "text/plain; charset=utf-8".to_owned())],
            body: b"[accepted]".to_vec(),
            ..Reply::empty(200)
        })
    },
    example: Example::json(
        r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"{signature}"},"amount":{"currency":"EUR","value":1000},"eventCode":"AUTHORISATION","eventDate":"{date}","merchantAccountCode":"TestMerchant","merchantReference":"order-1","pspReference":"{id}","success":"true"}}]}"#,
    ),
    ..Source::BASE
};

const ITEM: &str = "/notificationItems/0/NotificationRequestItem";

const BANKING: BodyMac =
    BodyMac { header: "hmacsignature", encoding: Encoding::Base64, key: KeyForm::Hex, ..BodyMac::PLAIN };

fn event_type(request: &Request<'_>) -> Option<String> {
    json::text(request.body, &format!("{ITEM}/eventCode")).or_else(|| json::event_type(request.body))
}

/// Payment, event and outcome of the only item; others are the same as long as their bytes are.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let only = json::raw(request.body, "/notificationItems/1").is_none();
    let of = |name: &str| json::text(request.body, &format!("{ITEM}/{name}"));
    let own = || Some(format!("{}:{}:{}", of("pspReference")?, of("eventCode")?, of("success")?));
    only.then(own).flatten().or_else(|| Some(json::body_id(request.body)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notifications<'a> {
    #[serde(borrow, deserialize_with = "json::items")]
    notification_items: Vec<Wrapped<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wrapped<'a> {
    #[serde(borrow)]
    notification_request_item: Item<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow, default)]
    psp_reference: Cow<'a, str>,
    #[serde(borrow, default)]
    original_reference: Cow<'a, str>,
    #[serde(borrow, default)]
    merchant_account_code: Cow<'a, str>,
    #[serde(borrow, default)]
    merchant_reference: Cow<'a, str>,
    #[serde(borrow)]
    amount: Amount<'a>,
    #[serde(borrow, default)]
    event_code: Cow<'a, str>,
    #[serde(borrow, default)]
    success: Option<&'a RawValue>,
    #[serde(borrow, default)]
    additional_data: Option<Additional<'a>>,
}

#[derive(Deserialize)]
struct Amount<'a> {
    #[serde(borrow, default)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct Additional<'a> {
    #[serde(borrow, default, rename = "hmacSignature")]
    signature: Option<Cow<'a, str>>,
}

impl Item<'_> {
    fn content(&self) -> String {
        let success = self.success.map_or("", |raw| raw.get().trim_matches('"'));
        [
            &*self.psp_reference,
            &*self.original_reference,
            &*self.merchant_account_code,
            &*self.merchant_reference,
            self.amount.value.get().trim_matches('"'),
            &*self.amount.currency,
            &*self.event_code,
            success,
        ]
        .join(":")
    }
}

#[derive(Debug)]
struct Adyen;

fn items(body: &[u8]) -> Result<Vec<Wrapped<'_>>, Reason> {
    let all: Notifications<'_> = serde_json::from_slice(body)
        .map_err(|_| Reason::BodyMalformed("a notification with items, and header HmacSignature is missing"))?;
    let items = all.notification_items;
    if items.is_empty() { Err(Reason::FieldMissing("notificationItems")) } else { Ok(items) }
}

fn check_item(item: &Item<'_>, config: &Config) -> Result<(), Reason> {
    let given = item.additional_data.as_ref().and_then(|data| data.signature.as_deref());
    let given = given.ok_or(Reason::FieldMissing("additionalData.hmacSignature"))?;
    let given = STANDARD.decode(given).map_err(|_| Reason::FieldMalformed("additionalData.hmacSignature"))?;
    let content = item.content();
    let parts = Parts::new(&[content.as_bytes()]);
    let matches = |secret: &Secret| {
        KeyForm::Hex.key(secret).is_some_and(|key| hmac_matches(Algorithm::Sha256, &key, &parts, &given))
    };
    if any_secret(config, matches) { Ok(()) } else { Err(Reason::OtherSecret) }
}

impl Scheme for Adyen {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        BANKING.check_config(config)
    }

    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if request.headers.all(BANKING.header).next().is_some() {
            return BANKING.verify(request, config, resources, now);
        }
        items(request.body)?.iter().try_for_each(|item| check_item(&item.notification_request_item, config))
    }

    fn invent(&self, entropy: &[u8; 32]) -> super::scheme::Invented {
        BANKING.invent(entropy)
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let Ok(items) = items(&draft.body) else { return BANKING.sign(draft, secret) };
        let key = KeyForm::Hex.key(secret).ok_or_else(|| BadConfig("secret must be hex digits".to_owned()))?;
        let content = items[0].notification_request_item.content();
        let mac = STANDARD.encode(hmac(Algorithm::Sha256, &key, &Parts::new(&[content.as_bytes()])));
        draft.body = String::from_utf8_lossy(&draft.body).replace("{signature}", &mac).into_bytes();
        Ok(())
    }
}
