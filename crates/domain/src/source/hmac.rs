//! Any sender that signs its body with an HMAC: header, algorithm, encoding and prefix are the user's to set.

use ::hmac::{Hmac, KeyInit, Mac};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{BadConfig, Config, Reason, Request, SecretUse, Source, body};
use crate::Timestamp;

pub(super) const SOURCE: Source = Source {
    slug: "hmac",
    name: "HMAC of the body",
    secret: SecretUse::Required,
    secret_help: "the key that the sender signs with; it is used as it is, as UTF-8 text",
    check_config: |config| Scheme::of(config).map(drop),
    verify,
    event_type: |request| body::event_type(request.body),
    provider_id: |_, _| None,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Hex,
    Base64,
}

#[derive(Debug, PartialEq, Eq)]
struct Scheme {
    /// Lower case.
    header: String,
    algorithm: Algorithm,
    encoding: Encoding,
    prefix: String,
}

const OPTIONS: &[&str] = &["header", "algorithm", "encoding", "prefix"];

impl Scheme {
    fn of(config: &Config) -> Result<Self, BadConfig> {
        if let Some(unknown) = config.options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
            return Err(BadConfig(format!("source_config.{unknown} is unknown; known: {}", OPTIONS.join(", "))));
        }
        Ok(Self {
            header: header_name(text(config, "header", "x-signature")?)?,
            algorithm: algorithm(text(config, "algorithm", "sha256")?)?,
            encoding: encoding(text(config, "encoding", "hex")?)?,
            prefix: text(config, "prefix", "")?.to_owned(),
        })
    }

    fn decode(&self, value: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(value).ok()?.strip_prefix(&self.prefix)?;
        match self.encoding {
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => {
                [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|code| code.decode(text).ok())
            }
        }
    }
}

fn text<'a>(config: &'a Config, name: &str, default: &'a str) -> Result<&'a str, BadConfig> {
    match config.options.get(name) {
        None | Some(serde_json::Value::Null) => Ok(default),
        Some(serde_json::Value::String(text)) => Ok(text),
        Some(_) => Err(BadConfig(format!("source_config.{name} must be a string"))),
    }
}

fn header_name(name: &str) -> Result<String, BadConfig> {
    let is_token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let bad = || BadConfig("source_config.header must be a header's name, such as X-Signature".to_owned());
    is_token.then(|| name.to_ascii_lowercase()).ok_or_else(bad)
}

fn algorithm(word: &str) -> Result<Algorithm, BadConfig> {
    match word {
        "sha1" => Ok(Algorithm::Sha1),
        "sha256" => Ok(Algorithm::Sha256),
        "sha384" => Ok(Algorithm::Sha384),
        "sha512" => Ok(Algorithm::Sha512),
        _ => Err(BadConfig("source_config.algorithm must be sha1, sha256, sha384 or sha512".to_owned())),
    }
}

fn encoding(word: &str) -> Result<Encoding, BadConfig> {
    match word {
        "hex" => Ok(Encoding::Hex),
        "base64" => Ok(Encoding::Base64),
        _ => Err(BadConfig("source_config.encoding must be hex or base64".to_owned())),
    }
}

fn verify(request: &Request<'_>, config: &Config, _: Timestamp) -> Result<(), Reason> {
    let Ok(scheme) = Scheme::of(config) else { return Err(Reason::OtherSecret) };
    let value = request.headers.one(&scheme.header).map_err(|_| Reason::HeaderRepeated(scheme.header.clone()))?;
    let value = value.ok_or_else(|| Reason::HeaderMissing(scheme.header.clone()))?;
    let given = scheme.decode(value).ok_or_else(|| Reason::HeaderMalformed(scheme.header.clone()))?;
    let check = match scheme.algorithm {
        Algorithm::Sha1 => matches::<Hmac<Sha1>>,
        Algorithm::Sha256 => matches::<Hmac<Sha256>>,
        Algorithm::Sha384 => matches::<Hmac<Sha384>>,
        Algorithm::Sha512 => matches::<Hmac<Sha512>>,
    };
    let n_matches = config.secrets.iter().filter(|secret| check(secret.expose(), request.body, &given)).count();
    if n_matches > 0 { Ok(()) } else { Err(Reason::OtherSecret) }
}

fn matches<M: Mac + KeyInit>(key: &str, body: &[u8], given: &[u8]) -> bool {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    Mac::update(&mut mac, body);
    mac.verify_slice(given).is_ok()
}
