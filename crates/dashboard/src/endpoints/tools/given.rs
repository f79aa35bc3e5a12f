//! A request as clients describe it.

use std::fmt;

use anyhook_domain::Timestamp;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderName, HeaderValue};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};
use url::Url;

use crate::problem::Problem;

/// The bytes of a body that is given as text, or in base64.
pub(super) fn body(text: Option<String>, base64: Option<String>) -> Result<Option<Vec<u8>>, Problem> {
    /// People paste it with and without its padding.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    match (text, base64) {
        (Some(_), Some(_)) => Err(Problem::bad_field("body_base64", "Give either body or body_base64, not both.")),
        (text, None) => Ok(text.map(String::into_bytes)),
        (None, Some(base64)) => {
            let packed: String = base64.split_ascii_whitespace().collect();
            let decoded = LENIENT.decode(packed).map(Some);
            decoded
                .map_err(|_| Problem::bad_field("body_base64", "body_base64 is not base64: give the body's bytes so."))
        }
    }
}

/// A URL as a provider would call it: with its scheme and host, which some sign.
pub(super) fn check_url(field: &'static str, url: &str) -> Result<(), Problem> {
    let is_web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    if is_web && is_plain {
        return Ok(());
    }
    Err(Problem::bad_field(field, format!("{field} must be a whole URL, such as https://in.example/acme/shop.")))
}

/// Header fields: an object of names and values, where a value may be a list of values; or a list of pairs
/// `[name, value]` or of objects `{name, value}`.
#[derive(Debug, Default)]
pub(super) struct Headers(pub(super) Vec<(String, String)>);

impl Headers {
    /// # Errors
    /// [`Problem`] for what HTTP cannot carry.
    pub(super) fn check(&self) -> Result<(), Problem> {
        for (name, value) in &self.0 {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(Problem::bad_field("headers", format!("headers: {name:?} is not the name of a header.")));
            }
            if HeaderValue::from_bytes(value.as_bytes()).is_err() {
                return Err(Problem::bad_field(
                    "headers",
                    format!("headers: the value of {name} has a line break in it."),
                ));
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values, or a list of pairs [name, value]")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, Values(values))) = map.next_entry::<String, Values>()? {
                    fields.extend(values.into_iter().map(|value| (name.clone(), trimmed(&value))));
                }
                Ok(Headers(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Headers, A::Error> {
                let mut fields = Vec::new();
                while let Some(Pair(name, value)) = items.next_element()? {
                    fields.push((name, trimmed(&value)));
                }
                Ok(Headers(fields))
            }
        }
        deserializer.deserialize_any(Fields)
    }
}

/// As HTTP does it.
fn trimmed(value: &str) -> String {
    value.trim_matches([' ', '\t', '\r', '\n']).to_owned()
}

/// One value or several.
struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<Values, E> {
                Ok(Values(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// A field of a list.
struct Pair(String, String);

#[derive(Deserialize)]
struct NameAndValue {
    name: String,
    value: String,
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Field;
        impl<'de> Visitor<'de> for Field {
            type Value = Pair;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pair [name, value]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Pair, A::Error> {
                let name = items.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let value = items.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                match items.next_element::<IgnoredAny>()? {
                    None => Ok(Pair(name, value)),
                    Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
                }
            }

            /// As an event's headers are shown.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Pair, A::Error> {
                let NameAndValue { name, value } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Pair(name, value))
            }
        }
        deserializer.deserialize_any(Field)
    }
}

/// Unix seconds, or RFC 3339.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct When;
        impl Visitor<'_> for When {
            type Value = Instant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("unix seconds, or an instant such as 2026-01-31T12:00:00Z")
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Instant, E> {
                let read = jiff::Timestamp::from_second(seconds);
                read.map(instant).map_err(|_| E::invalid_value(Unexpected::Signed(seconds), &self))
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Instant, E> {
                self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Instant, E> {
                let read = jiff::SignedDuration::try_from_secs_f64(seconds).and_then(jiff::Timestamp::from_duration);
                read.map(instant).map_err(|_| E::invalid_value(Unexpected::Float(seconds), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
                match text.trim().parse::<i64>() {
                    Ok(seconds) => self.visit_i64(seconds),
                    Err(_) => {
                        let read = text.trim().parse().map(instant);
                        read.map_err(|_: jiff::Error| E::invalid_value(Unexpected::Str(text), &self))
                    }
                }
            }
        }
        deserializer.deserialize_any(When)
    }
}

fn instant(instant: jiff::Timestamp) -> Instant {
    Instant(Timestamp::from_unix_ms(instant.as_millisecond()))
}

#[cfg(test)]
mod tests;
