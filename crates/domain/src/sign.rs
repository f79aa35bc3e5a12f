//! The signatures that AnyHook puts on its deliveries.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{Timestamp, secret::Secret};

/// `Anyhook-Signature`: `t=<unix seconds>,v1=<hex>[,v1=<hex>]`.
///
/// `v1` is the lower-case hex HMAC-SHA256 of `<t>.<body>`, keyed with the UTF-8 bytes of the whole secret string: no
/// prefix is cut, nothing is decoded. During a rotation every live secret signs.
#[must_use]
pub fn anyhook(secrets: &[Secret], at: Timestamp, body: &[u8]) -> String {
    let t = at.unix_seconds().to_string();
    let mut value = format!("t={t}");
    for secret in secrets {
        let mac = hmac_sha256(secret.expose().as_bytes(), &[t.as_bytes(), b".", body]);
        value.push_str(",v1=");
        value.push_str(&hex::encode(mac));
    }
    value
}

/// `webhook-signature` as in the Standard Webhooks specification: `v1,<base64>`, separated by spaces.
///
/// The key is the base64-decoded part after `whsec_`, the content `id.timestamp.body`.
#[must_use]
pub fn standard(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let t = at.unix_seconds().to_string();
    let sign = |secret: &Secret| {
        let key = standard_key(secret.expose())?;
        let mac = hmac_sha256(&key, &[id.as_bytes(), b".", t.as_bytes(), b".", body]);
        Some(format!("v1,{}", STANDARD.encode(mac)))
    };
    secrets.iter().filter_map(sign).collect::<Vec<_>>().join(" ")
}

/// The key bytes of a Standard Webhooks secret: base64 after an optional `whsec_`. `None` when it is not base64 or empty.
#[must_use]
pub fn standard_key(secret: &str) -> Option<Vec<u8>> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    STANDARD.decode(encoded).ok().filter(|key| !key.is_empty())
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_unix_ms(1_614_265_330_999);

    /// The example of the Standard Webhooks specification's libraries.
    #[test]
    fn standard_webhooks_example() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let value = standard(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, br#"{"test": 2432232314}"#);
        assert_eq!(value, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_live_secret_signs() {
        let secrets = [Secret::new("whsec_a".into()), Secret::new("plain".into())];
        let value = anyhook(&secrets, AT, b"\xff\x00");
        let [t, first, second] = value.split(',').collect::<Vec<_>>()[..] else { panic!("{value}") };
        assert_eq!(t, "t=1614265330");
        assert!(first.starts_with("v1=") && first.len() == 67);
        assert_ne!(first, second);
    }
}
