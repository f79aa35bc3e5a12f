//! SendGrid's signed event webhook: ECDSA (P-256, SHA-256) over instant and body.
//!
//! Source: twilio.com/docs/sendgrid, "Event webhook security features"; its helpers check no age.

use base64::{Engine, engine::general_purpose::STANDARD};
use p256::{
    ecdsa::{
        Signature, SigningKey, VerifyingKey,
        signature::hazmat::{PrehashSigner, PrehashVerifier},
    },
    pkcs8::{DecodePublicKey, EncodePublicKey},
};
use sha2::{Digest, Sha256};

use super::{
    BadConfig, Config, Reason, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Invented, NO_PRIVATE_KEY, Scheme, any_secret, required},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "sendgrid",
    name: "SendGrid",
    secret_name: "Verification key",
    secret_help: "the verification key, a public key in base64: Settings, Mail Settings, Event Webhooks, your webhook, Security",
    setup: "Settings, Mail Settings, Event Webhooks, Create new webhook: Post URL is the inbound URL; enable Signed Event \
            Webhook.",
    scheme: &Ecdsa,
    marks: &[Mark::Header(SIGNATURE)],
    event_type,
    provider_id,
    example: Example::json(
        "[{\"email\":\"hello@example.com\",\"event\":\"delivered\",\"sg_event_id\":\"{id}\",\"timestamp\":{now}}]\r\n",
    ),
    ..Source::BASE
};

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const STAMP: &str = "x-twilio-email-event-webhook-timestamp";

/// Of a batch the first one's.
fn event_type(request: &Request<'_>) -> Option<String> {
    json::text(request.body, "/0/event")
}

/// The id of the only event; a batch is the same as long as its bytes are.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let only = json::raw(request.body, "/1").is_none();
    if only { json::text(request.body, "/0/sg_event_id") } else { Some(json::body_id(request.body)) }
}

#[derive(Debug)]
struct Ecdsa;

fn public_key(secret: &Secret) -> Option<VerifyingKey> {
    VerifyingKey::from_public_key_der(&STANDARD.decode(secret.expose()).ok()?).ok()
}

fn digest(stamp: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(stamp).chain_update(body).finalize().into()
}

impl Scheme for Ecdsa {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let usable = config.secrets.iter().all(|secret| public_key(secret).is_some());
        usable.then_some(()).ok_or_else(|| {
            BadConfig("secret must be the verification key in base64, exactly as SendGrid shows it".to_owned())
        })
    }

    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let given = required(request.headers, SIGNATURE)?;
        let stamp = required(request.headers, STAMP)?;
        let signature = STANDARD.decode(given).ok().and_then(|der| Signature::from_der(&der).ok());
        let signature = signature.ok_or_else(|| Reason::HeaderMalformed(SIGNATURE.to_owned()))?;
        let digest = digest(stamp, request.body);
        let is_signed = any_secret(config, |secret| {
            public_key(secret).is_some_and(|key| key.verify_prehash(&digest, &signature).is_ok())
        });
        if is_signed { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn invent(&self, entropy: &[u8; 32]) -> Invented {
        let private = Secret::new(format!("private:{}", hex::encode(entropy)));
        let public = signing_key(&private).and_then(|key| key.verifying_key().to_public_key_der().ok());
        let public = public.map(|der| STANDARD.encode(der.as_bytes())).unwrap_or_default();
        Invented { secret: Secret::new(public), signs: private }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let key = signing_key(secret).ok_or_else(|| BadConfig(NO_PRIVATE_KEY.to_owned()))?;
        let stamp = draft.now.unix_seconds().to_string();
        let signature: Signature =
            key.sign_prehash(&digest(&stamp, &draft.body)).map_err(|_| BadConfig(NO_PRIVATE_KEY.to_owned()))?;
        draft.set(SIGNATURE, STANDARD.encode(signature.to_der()));
        draft.set(STAMP, stamp);
        Ok(())
    }
}

fn signing_key(secret: &Secret) -> Option<SigningKey> {
    SigningKey::from_slice(&hex::decode(secret.expose().strip_prefix("private:")?).ok()?).ok()
}
