//! A blind index: events are found by values inside them, while the log holds neither the values nor what they are of.
//!
//! For each field that an app names and a request has, the log gets a term: the first 16 bytes of HMAC-SHA256 over the
//! app, the field and the value, under a key that is derived from the tenant's key. Equal values of a field make equal
//! terms, so that whoever has the log alone learns how often one comes again, and nothing else.
//!
//! The value is text: a string as it is (JSON's escapes undone), a number as it stands in the body (`1.50` is not `1.5`),
//! `true` or `false`. Strings and other values of the same text are the same. Null, lists and objects have no term. It may
//! have any length.

mod find;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{AppId, Headers, seal::Key};

pub use find::find;

/// Of one app, at once.
pub const MOST_FIELDS: usize = 8;
const MOST_BYTES: usize = 200;

/// What stands for a field's value.
pub type Term = [u8; 16];

/// A place in a request that values are found at: a JSON Pointer (RFC 6901) into the body, `header:NAME`, or
/// `query:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field(String);

/// A field that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a field is a JSON Pointer as /data/object/customer, header:NAME or query:NAME, of at most {MOST_BYTES} bytes")]
pub struct NotAField;

/// The parts of a request that fields point into.
#[derive(Clone, Copy, Debug)]
pub struct Indexed<'a> {
    pub headers: &'a Headers,
    pub query: Option<&'a str>,
    pub body: &'a [u8],
}

enum Place<'a> {
    Body(&'a str),
    Header(&'a str),
    Query(&'a str),
}

impl Field {
    /// # Errors
    /// [`NotAField`].
    pub fn parse(text: &str) -> Result<Self, NotAField> {
        if text.len() > MOST_BYTES || text.chars().any(char::is_control) {
            return Err(NotAField);
        }
        let is_named = |prefix: &str| text.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
        if text.starts_with('/') || is_named("query:") {
            return Ok(Self(text.to_owned()));
        }
        // Names of headers have no case.
        if is_named("header:") { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAField) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the field and a colon, in a text that asks for its value.
    #[must_use]
    pub fn value_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (name, rest) = text.split_at_checked(self.0.len())?;
        let is_name = if self.0.starts_with("header:") { name.eq_ignore_ascii_case(&self.0) } else { name == self.0 };
        if is_name { rest.strip_prefix(':') } else { None }
    }

    fn place(&self) -> Place<'_> {
        match self.0.split_once(':') {
            Some(("header", name)) => Place::Header(name),
            Some(("query", name)) => Place::Query(name),
            _ => Place::Body(&self.0),
        }
    }
}

/// Makes the terms of one app.
#[derive(Debug)]
pub struct Terms {
    key: Key,
    app: AppId,
}

impl Terms {
    /// From the tenant's key.
    #[must_use]
    pub fn new(tenant_key: &Key, app: AppId) -> Self {
        Self { key: tenant_key.for_terms(), app }
    }

    /// What stands for this value of a field.
    #[must_use]
    pub fn of(&self, field: &Field, value: &str) -> Term {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(self.key.expose()).expect("HMAC takes keys of any length");
        // The length between field and value: no two pairs make the same bytes.
        for part in
            [self.app.0.as_bytes(), &(field.0.len() as u64).to_be_bytes()[..], field.0.as_bytes(), value.as_bytes()]
        {
            Mac::update(&mut mac, part);
        }
        let mut term = Term::default();
        term.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        term
    }

    /// One for each of the fields that a request has a value for; the body is read once, and only if a field points into
    /// it.
    #[must_use]
    pub fn of_request(&self, fields: &[Field], request: &Indexed<'_>) -> Vec<Term> {
        let values = find(fields, request);
        let found = fields.iter().zip(&values).filter_map(|(field, value)| Some(self.of(field, value.as_deref()?)));
        let mut terms: Vec<_> = found.collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn field(text: &str) -> Field {
        Field::parse(text).unwrap()
    }

    #[test]
    fn fields_are_pointers_headers_and_parameters() {
        for good in ["/", "/data/object/customer", "/a:b", "header:X-Shop", "query:customId"] {
            assert!(Field::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "data", "header:", "query:", "cookie:x", "/a\n", &format!("/{}", "a".repeat(200))] {
            assert_eq!(Field::parse(bad), Err(NotAField), "{bad:?}");
        }
        assert_eq!(field("header:X-Shop").as_str(), "header:x-shop");
    }

    #[test]
    fn a_wish_names_its_field_and_a_value() {
        assert_eq!(field("/a").value_in("/a:b:c"), Some("b:c"));
        assert_eq!(field("/a:b").value_in("/a:b:c"), Some("c"));
        assert_eq!(field("header:x-shop").value_in("header:X-Shop:1"), Some("1"));
        assert_eq!(
            [field("/a").value_in("/ab:c"), field("/a").value_in("/a"), field("/ä").value_in("/a:b")],
            [None; 3]
        );
        assert_eq!(field("/a").value_in("/a:"), Some(""));
    }

    #[test]
    fn terms_tell_tenants_apps_fields_and_values_apart() {
        let terms = |key: u8, app: u128| Terms::new(&Key::new([key; 32]), AppId(Uuid::from_u128(app)));
        let own = terms(1, 1).of(&field("/a"), "bc");
        assert_eq!(own, terms(1, 1).of(&field("/a"), "bc"));
        assert_eq!(hex::encode(own), "27b33bbd26646d15bb98ea9a96b70aff");
        for other in [
            terms(2, 1).of(&field("/a"), "bc"),
            terms(1, 2).of(&field("/a"), "bc"),
            terms(1, 1).of(&field("/ab"), "c"),
            terms(1, 1).of(&field("/a"), "bd"),
            terms(1, 1).of(&field("/a"), &"bc".repeat(1_000_000)),
        ] {
            assert_ne!(own, other);
        }
    }

    #[test]
    fn a_request_has_a_term_for_each_value() {
        let headers: Headers = [("X-Shop", b"s1".to_vec())].into_iter().collect();
        let request = Indexed { headers: &headers, query: Some("a=1&b=x%20y"), body: br#"{"c":{"d":7}}"# };
        let fields = ["/c/d", "header:x-shop", "query:b", "/c/e"].map(field);
        let terms = Terms::new(&Key::new([1; 32]), AppId(Uuid::from_u128(1)));
        let mut expected =
            [("/c/d", "7"), ("header:x-shop", "s1"), ("query:b", "x y")].map(|(it, value)| terms.of(&field(it), value));
        expected.sort_unstable();
        assert_eq!(terms.of_request(&fields, &request), expected);
        assert!(terms.of_request(&[], &request).is_empty());
    }
}
