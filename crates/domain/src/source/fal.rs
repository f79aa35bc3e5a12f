//! fal: Ed25519 over ids, instant and the body's SHA-256, under keys of a published set.
//!
//! Source: docs.fal.ai, "Webhooks"; several public implementations. The set is kept for at most a day.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    BadConfig, Config, Reason, Request, Resources, SecretUse, Setting, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Age, Ed25519Pair, Parts, Scheme, parse_digits, required, verify_ed25519},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "fal",
    name: "fal",
    secret: SecretUse::Published,
    secret_name: "",
    secret_help: "none: fal publishes its keys. They sign for all of its users: set user_id to yours",
    setup: "Give the inbound URL as fal_webhook when you submit to the queue.",
    settings: &[Setting {
        name: "user_id",
        is_required: false,
        help: "your user id at fal, such as github|1234567, or a list of them, as X-Fal-Webhook-User-Id has it; without it \
               jobs of all of fal's users are accepted",
    }],
    scheme: &Fal,
    marks: &[Mark::Header(SIGNATURE)],
    event_type: |request| json::text(request.body, "/status"),
    provider_id: |request| request.headers.text(REQUEST).map(str::to_owned),
    example: Example::json(
        r#"{"request_id":"{id}","gateway_request_id":"{id}","status":"OK","payload":{"images":[]}}"#,
    ),
    ..Source::BASE
};

const REQUEST: &str = "x-fal-webhook-request-id";
const USER: &str = "x-fal-webhook-user-id";
const STAMP: &str = "x-fal-webhook-timestamp";
const SIGNATURE: &str = "x-fal-webhook-signature";
const KEYS: &str = "https://rest.alpha.fal.ai/.well-known/jwks.json";
const AGE: Age = Age::both_ways(300);
/// Keys of the set that are tried.
const MOST_KEYS: usize = 16;

/// A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037).
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
}

impl KeySet {
    fn of(body: &[u8]) -> Result<Vec<[u8; 32]>, Reason> {
        let set: Self = serde_json::from_slice(body).map_err(|_| Reason::UnusableKey("it is not a key set"))?;
        let ed25519 = set.keys.iter().filter(|key| key.crv == "Ed25519").take(MOST_KEYS);
        Ok(ed25519
            .filter_map(|key| URL_SAFE_NO_PAD.decode(key.x.trim_end_matches('=')).ok()?.try_into().ok())
            .collect())
    }
}

fn content(request: &Request<'_>) -> Result<String, Reason> {
    let of = |name| required(request.headers, name);
    let hash = hex::encode(Sha256::digest(request.body));
    Ok(format!("{}\n{}\n{}\n{hash}", of(REQUEST)?, of(USER)?, of(STAMP)?))
}

#[derive(Debug)]
struct Fal;

impl Scheme for Fal {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        config.texts("user_id").map(drop)
    }

    fn resources(&self, request: &Request<'_>) -> Result<Vec<String>, Reason> {
        required(request.headers, SIGNATURE)?;
        Ok(vec![KEYS.to_owned()])
    }

    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let malformed = |name: &str| Reason::HeaderMalformed(name.to_owned());
        let given = hex::decode(required(request.headers, SIGNATURE)?).map_err(|_| malformed(SIGNATURE))?;
        let seconds = parse_digits(required(request.headers, STAMP)?).ok_or_else(|| malformed(STAMP))?;
        AGE.check_seconds(seconds, config, now)?;
        let keys = KeySet::of(resources.get(KEYS).ok_or(Reason::UnusableKey("it was not fetched"))?)?;
        let content = content(request)?;
        let parts = Parts::new(&[content.as_bytes()]);
        let is_signed = keys.iter().any(|key| verify_ed25519(key, &parts, &given));
        if !is_signed {
            return Err(Reason::OtherSecret);
        }
        let (own, user) = (config.texts("user_id").unwrap_or_default(), required(request.headers, USER)?);
        if own.is_empty() || own.contains(&user) {
            return Ok(());
        }
        Err(Reason::NotAllowed { what: "user", given: user.to_owned(), setting: "user_id" })
    }

    fn invent(&self, entropy: &[u8; 32]) -> super::scheme::Invented {
        super::scheme::Invented::symmetric(hex::encode(entropy))
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let seed = hex::decode(secret.expose()).unwrap_or_default();
        let pair = Ed25519Pair::of(&seed).ok_or_else(|| BadConfig("fal has no secret: leave secret out".to_owned()))?;
        draft.set(REQUEST, draft.id.clone());
        draft.set(USER, "github|1234567890");
        draft.set(STAMP, draft.now.unix_seconds().to_string());
        let content = content(&draft.request()).map_err(|reason| BadConfig(reason.to_string()))?;
        draft.set(SIGNATURE, hex::encode(pair.sign(&Parts::new(&[content.as_bytes()]))));
        let x = URL_SAFE_NO_PAD.encode(pair.public());
        let set = serde_json::json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x }] });
        draft.resources.insert(KEYS.to_owned(), set.to_string().into_bytes());
        Ok(())
    }
}
