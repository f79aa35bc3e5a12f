//! Amazon SNS: RSA over some members of the body, under a certificate that the body names.
//!
//! Source: docs.aws.amazon.com, "Verifying the signatures of Amazon SNS messages". Trust comes from the certificate's
//! https host. The signed `Type` decides what a message is, not its header. SHA-1 is what version 1 signs with.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{
    BadConfig, Config, Handshake, Reason, Reply, Request, Resources, SecretUse, Setting, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Certificate, RsaHash, Scheme, certificates, sign_with_test_key, test_certificates},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "aws-sns",
    name: "Amazon SNS",
    secret: SecretUse::Published,
    secret_name: "",
    secret_help: "none: Amazon publishes its certificates",
    setup: "Amazon SNS, Topics, your topic, Create subscription: protocol HTTPS, endpoint the inbound URL, no raw message \
            delivery; the subscription is confirmed at once. Set topic_arn here first: Amazon signs for everybody's topics.",
    settings: &[Setting {
        name: "topic_arn",
        is_required: false,
        help: "the ARN of the topic, or a list of them; without it messages of anybody's topic are accepted",
    }],
    scheme: &Sns,
    marks: &[Mark::Header("x-amz-sns-message-type")],
    handshake,
    handshake_help: "a SubscriptionConfirmation is verified, and its SubscribeURL visited once; only of the topics in topic_arn, where it is set",
    event_type,
    provider_id: |request| json::text(request.body, "/MessageId"),
    example: Example {
        method: "POST",
        headers: &[
            ("x-amz-sns-message-type", "Notification"),
            ("x-amz-sns-message-id", "{id}"),
            ("x-amz-sns-topic-arn", "arn:aws:sns:us-west-2:123456789012:MyTopic"),
            ("user-agent", "Amazon Simple Notification Service Agent"),
        ],
        content_type: "text/plain; charset=UTF-8",
        body: r#"{"Type":"Notification","MessageId":"{id}","TopicArn":"arn:aws:sns:us-west-2:123456789012:MyTopic","Subject":"My First Message","Message":"Hello world!","Timestamp":"{date}","SignatureVersion":"2","Signature":"{signature}","SigningCertURL":"https://sns.us-west-2.amazonaws.com/SimpleNotificationService-test.pem"}"#,
    },
    ..Source::BASE
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message<'a> {
    #[serde(borrow, rename = "Type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    topic_arn: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "SubscribeURL")]
    subscribe_url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    signature_version: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
    #[serde(borrow, rename = "SigningCertURL")]
    signing_cert_url: Cow<'a, str>,
}

impl<'a> Message<'a> {
    fn of(body: &'a [u8]) -> Result<Self, Reason> {
        serde_json::from_slice(body).map_err(|_| Reason::BodyMalformed("an SNS message"))
    }

    /// Names and values as they are signed; `None` where one is missing. In one piece, as RSA is computed over it; an SNS
    /// message has at most 256 KiB.
    fn content(&self) -> Option<String> {
        let fields: Vec<(&str, &str)> = match &*self.kind {
            "Notification" => {
                let subject = self.subject.as_deref().map(|subject| ("Subject", subject));
                let first = [("Message", &*self.message), ("MessageId", &*self.message_id)];
                let last = [("Timestamp", &*self.timestamp), ("TopicArn", &*self.topic_arn), ("Type", &*self.kind)];
                first.into_iter().chain(subject).chain(last).collect()
            }
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => vec![
                ("Message", &*self.message),
                ("MessageId", &*self.message_id),
                ("SubscribeURL", self.subscribe_url.as_deref()?),
                ("Timestamp", &*self.timestamp),
                ("Token", self.token.as_deref()?),
                ("TopicArn", &*self.topic_arn),
                ("Type", &*self.kind),
            ],
            _ => return None,
        };
        Some(fields.iter().map(|(name, value)| format!("{name}\n{value}\n")).collect())
    }
}

/// Whether an address is on one of Amazon's SNS hosts: https, `sns.<region>.amazonaws.com` or `.com.cn`, nothing else in
/// the authority.
fn is_amazons(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    if rest.bytes().any(|b| b.is_ascii_whitespace() || b.is_ascii_control() || b == b'\\') {
        return false;
    }
    let Ok(url) = url::Url::parse(text) else { return false };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let region = authority
        .strip_prefix("sns.")
        .and_then(|rest| rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn")));
    let is_region = |it: &str| it.len() >= 3 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    region.is_some_and(is_region) && url.host_str() == Some(authority.to_ascii_lowercase().as_str())
}

fn certificate_url(message: &Message<'_>) -> Result<String, Reason> {
    let url = &*message.signing_cert_url;
    let name = url.splitn(4, '/').nth(3).unwrap_or_default();
    let is_certificate = name.starts_with("SimpleNotificationService-") && name.ends_with(".pem");
    let is_it = is_amazons(url) && is_certificate && !name.contains(['/', '?', '#', '%']);
    is_it.then(|| url.to_owned()).ok_or_else(|| Reason::UntrustedUrl(url.to_owned()))
}

/// A confirmation is visited once it is verified. An end of a subscription is not: visiting would undo it.
fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let message = Message::of(request.body).ok()?;
    match &*message.kind {
        "SubscriptionConfirmation" => {
            let url = message.subscribe_url?.into_owned();
            if !is_amazons(&url) {
                return Some(Handshake::Refuse("SubscribeURL leads to a host that is not Amazon's".to_owned()));
            }
            Some(Handshake::Confirm { url, reply: Reply::empty(200) })
        }
        "UnsubscribeConfirmation" => Some(Handshake::Signed(Reply::empty(200))),
        _ => None,
    }
}

/// The subject, which publishers use for that, or what kind of message it is.
fn event_type(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    of("/Subject").or_else(|| of("/Type"))
}

#[derive(Debug)]
struct Sns;

impl Scheme for Sns {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let bad =
            || BadConfig("source_config.topic_arn must be like arn:aws:sns:us-west-2:123456789012:MyTopic".to_owned());
        config.texts("topic_arn")?.iter().all(|arn| arn.starts_with("arn:")).then_some(()).ok_or_else(bad)
    }

    fn resources(&self, request: &Request<'_>) -> Result<Vec<String>, Reason> {
        Ok(vec![certificate_url(&Message::of(request.body)?)?])
    }

    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        _: Timestamp,
    ) -> Result<(), Reason> {
        let message = Message::of(request.body)?;
        let hash = match &*message.signature_version {
            "1" => RsaHash::Sha1,
            "2" => RsaHash::Sha256,
            _ => return Err(Reason::UnknownVersion),
        };
        let pem = resources.get(&certificate_url(&message)?).ok_or(Reason::UnusableKey("it was not fetched"))?;
        let chain = certificates(pem)?;
        let signature = STANDARD.decode(&*message.signature).map_err(|_| Reason::FieldMalformed("Signature"))?;
        let content = message.content().ok_or(Reason::BodyMalformed("an SNS message"))?;
        if !Certificate::of(&chain[0])?.verify(hash, content.as_bytes(), &signature) {
            return Err(Reason::OtherSecret);
        }
        let topics = config.texts("topic_arn").unwrap_or_default();
        if !topics.is_empty() && !topics.contains(&&*message.topic_arn) {
            let given = message.topic_arn.into_owned();
            return Err(Reason::NotAllowed { what: "topic", given, setting: "topic_arn" });
        }
        Ok(())
    }

    fn sign(&self, draft: &mut Draft, _: &Secret) -> Result<(), BadConfig> {
        let bad = |reason: Reason| BadConfig(reason.to_string());
        let (content, url) = {
            let message = Message::of(&draft.body).map_err(bad)?;
            (
                message.content().ok_or_else(|| bad(Reason::BodyMalformed("an SNS message")))?,
                certificate_url(&message).map_err(bad)?,
            )
        };
        let signature = STANDARD.encode(sign_with_test_key(content.as_bytes()));
        draft.body = String::from_utf8_lossy(&draft.body).replace("{signature}", &signature).into_bytes();
        draft.resources.insert(url, test_certificates().to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazons_hosts_are_amazons() {
        for url in ["https://sns.us-east-1.amazonaws.com/x.pem", "https://sns.cn-north-1.amazonaws.com.cn/?a=b"] {
            assert!(is_amazons(url), "{url}");
        }
        for url in [
            "http://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/x.pem",
            "https://evil.example\\.sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com:8443/x.pem",
            "https://sns.evil.example#.amazonaws.com/x.pem",
            "https://snsxus-east-1.amazonaws.com/x.pem",
            "https://sns.a.b.amazonaws.com/x.pem",
            "https://sns..amazonaws.com/x.pem",
            "https://s3.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com\t/x.pem",
        ] {
            assert!(!is_amazons(url), "{url}");
        }
    }
}
