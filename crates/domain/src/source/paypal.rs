//! PayPal: RSA over id, instant, webhook id and the body's CRC-32, under a certificate that a header names.
//!
//! Source: developer.paypal.com, "Verify webhook signature"; PayPal-Python-SDK. Here the certificate's host is checked,
//! too, which the SDK leaves out; its chain leads to a public authority, and its name is `*.paypal.com`.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};

use super::{
    BadConfig, Config, Reason, Request, Resources, Setting, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{
        Certificate, RsaHash, Scheme, any_secret, certificates, required, sign_with_test_key, test_authority,
        test_certificates,
    },
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "paypal",
    name: "PayPal",
    secret_name: "Webhook ID",
    secret_help: "the webhook's ID: Developer Dashboard, Apps & Credentials, your app, Webhooks; it is part of what is signed",
    setup: "Developer Dashboard, Apps & Credentials, your app, Add webhook: Webhook URL is the inbound URL; then copy its ID.",
    settings: &[Setting {
        name: "trust_anchor_pem",
        is_required: false,
        help: "a certificate authority, as PEM, to trust in place of the public ones: for tests of your own",
    }],
    scheme: &Paypal,
    marks: &[Mark::Header(SIGNATURE)],
    event_type: |request| json::text(request.body, "/event_type"),
    provider_id: |request| json::text(request.body, "/id"),
    example: Example::json(
        r#"{"id":"WH-{id}","create_time":"{date}","resource_type":"sale","event_type":"PAYMENT.SALE.COMPLETED","resource":{}}"#,
    ),
    example_options: &[("trust_anchor_pem", test_authority())],
    ..Source::BASE
};

const ID: &str = "paypal-transmission-id";
const TIME: &str = "paypal-transmission-time";
const SIGNATURE: &str = "paypal-transmission-sig";
const CERT: &str = "paypal-cert-url";
const ALGORITHM: &str = "paypal-auth-algo";

#[derive(Debug)]
struct Paypal;

fn certificate_url(request: &Request<'_>) -> Result<String, Reason> {
    let url = required(request.headers, CERT)?;
    let untrusted = || Reason::UntrustedUrl(url.to_owned());
    let rest = url.strip_prefix("https://").ok_or_else(untrusted)?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let is_host = authority.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    let is_paypals = authority == "paypal.com" || authority.ends_with(".paypal.com");
    let parsed = url::Url::parse(url).map_err(|_| untrusted())?;
    let is_same = parsed.host_str() == Some(authority);
    let is_certificate = parsed.path().starts_with("/v1/notifications/certs/") && !url.contains(['?', '#']);
    (is_host && is_paypals && is_same && is_certificate).then(|| url.to_owned()).ok_or_else(untrusted)
}

fn content(request: &Request<'_>, webhook_id: &str) -> Result<String, Reason> {
    let (id, time) = (required(request.headers, ID)?, required(request.headers, TIME)?);
    Ok(format!("{id}|{time}|{webhook_id}|{}", crc32fast::hash(request.body)))
}

/// Leads the certificate to an authority that is trusted.
fn check_chain(chain: &[CertificateDer<'static>], config: &Config, now: Timestamp) -> Result<(), Reason> {
    let untrusted = |why: String| Reason::UntrustedCertificate(why);
    let own = match config.text("trust_anchor_pem") {
        Ok(Some(pem)) => certificates(pem.as_bytes())?,
        _ => Vec::new(),
    };
    let own: Vec<TrustAnchor<'_>> = own.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let anchors = if own.is_empty() { webpki_roots::TLS_SERVER_ROOTS } else { &own };
    let leaf = webpki::EndEntityCert::try_from(&chain[0]).map_err(|error| untrusted(error.to_string()))?;
    let at = UnixTime::since_unix_epoch(Duration::from_millis(now.unix_ms_unsigned()));
    let usage = webpki::KeyUsage::server_auth();
    leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, anchors, &chain[1..], at, usage, None, None)
        .map_err(|error| untrusted(error.to_string()))?;
    let certificate = Certificate::of(&chain[0])?;
    let name = certificate.common_name().unwrap_or_default();
    let is_paypals = name.ends_with(".paypal.com");
    is_paypals.then_some(()).ok_or_else(|| untrusted(format!("it is made out to {name:?}, not to PayPal")))
}

impl Scheme for Paypal {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let Some(pem) = config.text("trust_anchor_pem")? else { return Ok(()) };
        let is_one = certificates(pem.as_bytes()).is_ok_and(|all| webpki::anchor_from_trusted_cert(&all[0]).is_ok());
        is_one
            .then_some(())
            .ok_or_else(|| BadConfig("source_config.trust_anchor_pem must be a certificate as PEM".to_owned()))
    }

    fn resources(&self, request: &Request<'_>) -> Result<Vec<String>, Reason> {
        Ok(vec![certificate_url(request)?])
    }

    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if required(request.headers, ALGORITHM)? != "SHA256withRSA" {
            return Err(Reason::UnknownVersion);
        }
        let signature = STANDARD.decode(required(request.headers, SIGNATURE)?);
        let signature = signature.map_err(|_| Reason::HeaderMalformed(SIGNATURE.to_owned()))?;
        let pem = resources.get(&certificate_url(request)?).ok_or(Reason::UnusableKey("it was not fetched"))?;
        let chain = certificates(pem)?;
        check_chain(&chain, config, now)?;
        let certificate = Certificate::of(&chain[0])?;
        // Read here once, so that a missing header is said to be missing.
        content(request, "")?;
        let is_signed = any_secret(config, |webhook_id| {
            content(request, webhook_id.expose())
                .is_ok_and(|content| certificate.verify(RsaHash::Sha256, content.as_bytes(), &signature))
        });
        if is_signed { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn invent(&self, entropy: &[u8; 32]) -> super::scheme::Invented {
        super::scheme::Invented::symmetric(hex::encode_upper(&entropy[..8]))
    }

    fn sign(&self, draft: &mut Draft, webhook_id: &Secret) -> Result<(), BadConfig> {
        draft.set(ID, draft.id.clone());
        draft.set(TIME, draft.now.to_string());
        draft.set(ALGORITHM, "SHA256withRSA");
        let url = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-test";
        draft.set(CERT, url);
        let content = content(&draft.request(), webhook_id.expose()).map_err(|reason| BadConfig(reason.to_string()))?;
        draft.set(SIGNATURE, STANDARD.encode(sign_with_test_key(content.as_bytes())));
        draft.resources.insert(url.to_owned(), test_certificates().to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;

    #[test]
    fn certificates_come_from_paypal_alone() {
        let url_of = |url: &str| {
            let headers: Headers = [(CERT, url)].into_iter().collect();
            certificate_url(&Request { method: "POST", url: "", headers: &headers, body: b"" })
        };
        assert!(url_of("https://api.paypal.com/v1/notifications/certs/CERT-1").is_ok());
        for url in [
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
            "https://evilpaypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
            "https://evil.example/api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
            "https://api.paypal.com/v1/notifications/certs/CERT-1?n=2",
            "https://api.paypal.com/v1/notifications/certs/../../oauth2",
            "https://www.paypal.com/x",
            "https://evil.example\\.paypal.com/x",
        ] {
            assert_eq!(url_of(url), Err(Reason::UntrustedUrl(url.to_owned())));
        }
    }
}
