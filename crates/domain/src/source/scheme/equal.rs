//! A secret that comes along with each request as it is: compared, in constant time.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Scheme, any_secret, same};
use crate::{
    Timestamp,
    secret::Secret,
    source::{BadConfig, Config, Reason, Request, Resources, SecretAt, mock::Draft},
};

/// Where the secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Place {
    /// A header's whole value; lower case.
    Header(String),
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …` of `user:password` (RFC 7617).
    Basic,
    /// The URL's last path part.
    Path,
    /// A parameter of the URL.
    Query(String),
}

/// One place, or one that the app's settings name.
#[derive(Debug)]
pub(in super::super) struct Equal(pub(in super::super) fn(&Config) -> Result<Place, BadConfig>);

impl Place {
    fn given<'a>(&self, request: &Request<'a>) -> Result<std::borrow::Cow<'a, [u8]>, Reason> {
        match self {
            Self::Header(name) => header(request, name).map(Into::into),
            Self::Bearer => {
                let value = header(request, "authorization")?;
                let (word, token) = value.split_at_checked(7).ok_or_else(|| malformed("authorization"))?;
                word.eq_ignore_ascii_case(b"bearer ").then(|| token.into()).ok_or_else(|| malformed("authorization"))
            }
            Self::Basic => {
                let value = header(request, "authorization")?;
                let (word, encoded) = value.split_at_checked(6).ok_or_else(|| malformed("authorization"))?;
                let decoded = STANDARD.decode(encoded).ok().filter(|_| word.eq_ignore_ascii_case(b"basic "));
                decoded.map(Into::into).ok_or_else(|| malformed("authorization"))
            }
            Self::Path => Ok(last_part(request.url).as_bytes().into()),
            Self::Query(name) => {
                let query = request.query().unwrap_or_default();
                let value = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name.as_str());
                value.map(|(_, value)| value.into_owned().into_bytes().into()).ok_or(Reason::WrongToken(self.words()))
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Header(name) => format!("header {name}"),
            Self::Bearer | Self::Basic => "header authorization".to_owned(),
            Self::Path => "the last part of the URL".to_owned(),
            Self::Query(name) => format!("the URL's parameter {name}"),
        }
    }
}

fn malformed(name: &str) -> Reason {
    Reason::HeaderMalformed(name.to_owned())
}

fn header<'a>(request: &Request<'a>, name: &str) -> Result<&'a [u8], Reason> {
    let mut values = request.headers.iter().filter(|(found, _)| *found == name).map(|(_, value)| value);
    let first =
        values.next().filter(|value| !value.is_empty()).ok_or_else(|| Reason::HeaderMissing(name.to_owned()))?;
    if values.any(|other| other != first) {
        return Err(Reason::HeaderRepeated(name.to_owned()));
    }
    Ok(first)
}

/// The last path part of a URL, without its query.
fn last_part(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

impl Scheme for Equal {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let place = (self.0)(config)?;
        let is_url_safe = |secret: &Secret| {
            secret.expose().len() >= 16
                && secret.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
        };
        if place == Place::Path && !config.secrets.iter().all(is_url_safe) {
            return Err(BadConfig(
                "secret must be at least 16 letters, digits, - or _: it is a part of the URL".to_owned(),
            ));
        }
        Ok(())
    }

    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let place = (self.0)(config).map_err(|_| Reason::OtherSecret)?;
        let given = place.given(request)?;
        let is_it = any_secret(config, |secret| same(secret.expose().as_bytes(), &given));
        if is_it { Ok(()) } else { Err(Reason::WrongToken(place.words())) }
    }

    fn secret_at(&self, config: &Config) -> SecretAt {
        match (self.0)(config) {
            Ok(Place::Header(name)) => SecretAt::Header(name),
            Ok(Place::Bearer | Place::Basic) => SecretAt::Header("authorization".to_owned()),
            Ok(Place::Path) => SecretAt::LastPathPart,
            Ok(Place::Query(name)) => SecretAt::Parameter(name),
            Err(_) => SecretAt::Nowhere,
        }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        match (self.0)(&draft.config)? {
            Place::Header(name) => draft.set(&name, secret.expose()),
            Place::Bearer => draft.set("authorization", format!("Bearer {}", secret.expose())),
            Place::Basic => draft.set("authorization", format!("Basic {}", STANDARD.encode(secret.expose()))),
            Place::Path => {
                let (path, query) = draft.url.split_at(draft.url.find('?').unwrap_or(draft.url.len()));
                draft.url = format!("{}/{}{query}", path.trim_end_matches('/'), secret.expose());
            }
            Place::Query(name) => {
                let pair =
                    url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, secret.expose()).finish();
                draft.url = format!("{}{}{pair}", draft.url, if draft.url.contains('?') { '&' } else { '?' });
            }
        }
        Ok(())
    }
}
