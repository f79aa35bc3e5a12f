//! Bytes as JSON strings: themselves where they are UTF-8, base64 where they are not.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;

use super::redacted::{Hidden, REDACTED};

/// How bytes stand in a JSON string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    Utf8,
    Base64,
}

pub(crate) fn text(bytes: Vec<u8>) -> (String, Encoding) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, Encoding::Utf8),
        Err(error) => (STANDARD.encode(error.as_bytes()), Encoding::Base64),
    }
}

/// One header field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderField {
    #[schema(examples("content-type"))]
    name: String,
    #[schema(examples("application/json"))]
    value: String,
    /// `base64` where the value is not UTF-8; otherwise absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<Encoding>,
}

pub(crate) fn fields(headers: &anyhook_domain::Headers) -> Vec<HeaderField> {
    let field = |(name, value): (&str, &[u8])| {
        let (value, encoding) = text(value.to_vec());
        HeaderField { name: name.to_owned(), value, encoding: Some(encoding).filter(|it| *it == Encoding::Base64) }
    };
    headers.iter().map(field).collect()
}

/// The same, without the values of some.
pub(crate) fn fields_without(hidden: &Hidden, headers: &anyhook_domain::Headers) -> Vec<HeaderField> {
    let shown = |field: HeaderField| match hidden.has_header(&field.name) {
        true => HeaderField { value: REDACTED.to_owned(), encoding: None, ..field },
        false => field,
    };
    fields(headers).into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        assert_eq!(text(b"{\"a\":1}".to_vec()), ("{\"a\":1}".into(), Encoding::Utf8));
        assert_eq!(text(vec![]), (String::new(), Encoding::Utf8));
        assert_eq!(text(vec![0xff, 0x00]), ("/wA=".into(), Encoding::Base64));
        let headers = [("A", b"x".to_vec()), ("b", vec![0xe4]), ("a", b"y".to_vec())].into_iter().collect();
        let json = serde_json::to_string(&fields(&headers)).unwrap();
        assert_eq!(
            json,
            r#"[{"name":"a","value":"x"},{"name":"b","value":"5A==","encoding":"base64"},{"name":"a","value":"y"}]"#
        );
    }

    #[test]
    fn a_secret_is_not_shown_in_any_encoding() {
        let headers = [("Cookie", vec![0xe4]), ("b", b"x".to_vec())].into_iter().collect();
        let json = serde_json::to_string(&fields_without(&Hidden::of("generic", None), &headers)).unwrap();
        assert_eq!(json, r#"[{"name":"cookie","value":"[redacted]"},{"name":"b","value":"x"}]"#);
    }
}
