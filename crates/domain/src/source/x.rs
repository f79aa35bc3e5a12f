//! X (Twitter): HMAC of the body in base64, under the consumer secret; the URL is verified by a CRC.
//!
//! Source: docs.x.com, "Account Activity API" and "Securing webhooks".

use super::{
    BadConfig, Config, Handshake, Reason, Reply, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Algorithm, BodyMac, Encoding, Parts, Scheme, hmac},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "x",
    name: "X",
    secret_name: "API key secret",
    secret_help: "the consumer (API key) secret: developer portal, your project's app, Keys and tokens",
    setup: "Register the inbound URL with POST /2/webhooks; X sends the CRC at once and every hour.",
    scheme: &NoToken,
    marks: &[Mark::Header("x-twitter-webhooks-signature")],
    event_type,
    handshake,
    handshake_help: "GET with crc_token is answered with its HMAC",
    example: Example::json(r#"{"for_user_id":"2244994945","tweet_create_events":[{"id_str":"{id}"}]}"#),
    ..Source::BASE
};

/// The member that holds the events: `tweet_create_events`.
fn event_type(request: &Request<'_>) -> Option<String> {
    json::first_name(request.body, |name| name.ends_with("_events"))
}

const MAC: BodyMac =
    BodyMac { header: "x-twitter-webhooks-signature", encoding: Encoding::Base64, prefix: "sha256=", ..BodyMac::PLAIN };

const LONGEST_TOKEN_BYTES: usize = 256;

/// What X makes as a `crc_token`. It signs bodies in the same way, and asks without a signature for tokens to be signed.
///
/// INVARIANT: nothing is both signed for whoever asks and taken for an event's body.
fn is_token(text: &[u8]) -> bool {
    let is_of_token = |b: &u8| b.is_ascii_alphanumeric() || b"-_.~+/=".contains(b);
    !text.is_empty() && text.len() <= LONGEST_TOKEN_BYTES && text.iter().all(is_of_token)
}

#[derive(Debug)]
struct NoToken;

impl Scheme for NoToken {
    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if is_token(request.body) {
            return Err(Reason::BodyMalformed("an event's"));
        }
        MAC.verify(request, config, resources, now)
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        MAC.sign(draft, secret)
    }
}

/// `GET ?crc_token=…` is answered with the token's HMAC under the secret.
fn handshake(request: &Request<'_>, config: &Config) -> Option<Handshake> {
    let token = request.parameter("crc_token").filter(|_| request.method == "GET")?;
    // A plus sign is not a space here: tokens are base64.
    let token = token.replace(' ', "+");
    if !is_token(token.as_bytes()) {
        return Some(Handshake::Refuse("this is not a crc_token as X makes them".to_owned()));
    }
    let Some(secret) = config.secrets.first() else {
        return Some(Handshake::Refuse(
            "set the app's secret to the API key secret: the CRC is answered with it".to_owned(),
        ));
    };
    let mac = hmac(Algorithm::Sha256, secret.expose().as_bytes(), &Parts::new(&[token.as_bytes()]));
    let answer = format!("sha256={}", Encoding::Base64.encode(&mac));
    Some(Handshake::Answer(Reply::json(&serde_json::json!({ "response_token": answer }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;

    #[test]
    fn the_answer_to_a_crc_signs_no_event() {
        let config = Config { secrets: vec![Secret::new("secret".into())], ..Config::default() };
        let none = Headers::default();
        let ask = |query: &str| {
            let url = format!("https://in.example.com/?crc_token={query}");
            SOURCE.handshake(&Request { method: "GET", url: &url, headers: &none, body: b"" }, &config)
        };
        let Some(Handshake::Answer(reply)) = ask("abc+/%3D") else { panic!("an answer") };
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        let signature = answer["response_token"].as_str().unwrap();
        let headers: Headers = [("x-twitter-webhooks-signature", signature)].into_iter().collect();
        let forged = Request { method: "POST", url: "https://in.example.com/", headers: &headers, body: b"abc+/=" };
        let verified = MAC.verify(&forged, &config, &Resources::default(), Timestamp::from_unix_ms(0));
        assert_eq!(verified, Ok(()), "the signature itself is right");
        let verdict = SOURCE.verify(&forged, &config, &Resources::default(), Timestamp::from_unix_ms(0));
        assert!(matches!(verdict, crate::source::Verdict::Rejected(_)));
        assert!(matches!(ask("%7B%22for_user_id%22%3A%221%22%7D"), Some(Handshake::Refuse(_))));
    }
}
