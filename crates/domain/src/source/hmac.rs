//! Any sender that signs its body with an HMAC: header, algorithm, encoding and prefix are the user's to set.

use super::{
    BadConfig, Config, Reason, Request, Resources, SecretUse, Setting, Source,
    mock::Draft,
    pick::is_token,
    scheme::{Algorithm, Encoding, Parts, Scheme, any_secret, hmac, hmac_matches, required},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "hmac",
    name: "HMAC of the body",
    secret: SecretUse::Required,
    secret_name: "Key",
    secret_help: "the key that the sender signs with; it is used as it is, as UTF-8 text",
    setup: "Enter the inbound URL and the key at the sender; then set header, algorithm, encoding and prefix as it signs.",
    settings: &[
        Setting {
            name: "header",
            is_required: false,
            help: "the header with the signature; X-Signature when left out",
        },
        Setting { name: "algorithm", is_required: false, help: "sha1, sha256 (when left out), sha384 or sha512" },
        Setting { name: "encoding", is_required: false, help: "hex (when left out) or base64" },
        Setting { name: "prefix", is_required: false, help: "what stands before the signature, such as sha256=" },
    ],
    scheme: &OfBody,
    ..Source::BASE
};

#[derive(Debug)]
struct OfBody;

/// As the settings say.
#[derive(Debug)]
struct Form<'a> {
    /// Lower case.
    header: String,
    algorithm: Algorithm,
    encoding: Encoding,
    prefix: &'a str,
}

impl<'a> Form<'a> {
    fn of(config: &'a Config) -> Result<Self, BadConfig> {
        let header = config.text("header")?.unwrap_or("x-signature");
        if !is_token(header) {
            return Err(BadConfig("source_config.header must be a header's name, such as X-Signature".to_owned()));
        }
        Ok(Self {
            header: header.to_ascii_lowercase(),
            algorithm: algorithm(config.text("algorithm")?.unwrap_or("sha256"))?,
            encoding: encoding(config.text("encoding")?.unwrap_or("hex"))?,
            prefix: config.text("prefix")?.unwrap_or_default(),
        })
    }
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
        "hex" => Ok(Encoding::AnyHex),
        "base64" => Ok(Encoding::AnyBase64),
        _ => Err(BadConfig("source_config.encoding must be hex or base64".to_owned())),
    }
}

impl Scheme for OfBody {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        Form::of(config).map(drop)
    }

    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let Ok(form) = Form::of(config) else { return Err(Reason::OtherSecret) };
        let value = required(request.headers, &form.header)?;
        let given = value.strip_prefix(form.prefix).and_then(|text| form.encoding.decode(text));
        let given = given.ok_or_else(|| Reason::HeaderMalformed(form.header.clone()))?;
        let parts = Parts::new(&[request.body]);
        let matches = |secret: &Secret| hmac_matches(form.algorithm, secret.expose().as_bytes(), &parts, &given);
        if any_secret(config, matches) { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let (header, value) = {
            let form = Form::of(&draft.config)?;
            let mac = hmac(form.algorithm, secret.expose().as_bytes(), &Parts::new(&[&draft.body]));
            (form.header, format!("{}{}", form.prefix, form.encoding.encode(&mac)))
        };
        draft.set(&header, value);
        Ok(())
    }
}
