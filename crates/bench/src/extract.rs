//! Pull single fields out of a JSON body without building a tree.

use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap};

/// The raw text of the value at a dotted path (`data.id`), objects only.
pub fn field<'a>(body: &'a [u8], path: &str) -> Option<&'a str> {
    let mut current = std::str::from_utf8(body).ok()?;
    for key in path.split('.') {
        let object: HashMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(current).ok()?;
        current = object.get(key)?.get();
    }
    Some(current)
}

/// A field as an identifier: a string without its quotes, or a number as is.
pub fn id<'a>(body: &'a [u8], path: &str) -> Option<Cow<'a, str>> {
    let raw = field(body, path)?;
    if raw.starts_with('"') { serde_json::from_str(raw).ok() } else { Some(Cow::Borrowed(raw)) }
}

pub fn u64_field(body: &[u8], path: &str) -> Option<u64> {
    field(body, path)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_dotted_paths() {
        let body = br#"{"a":{"id":"x\"y","n":7},"t_us":12345,"id":"top"}"#;
        assert_eq!(id(body, "id").as_deref(), Some("top"));
        assert_eq!(id(body, "a.id").as_deref(), Some("x\"y"));
        assert_eq!(id(body, "a.n").as_deref(), Some("7"));
        assert_eq!(u64_field(body, "t_us"), Some(12345));
        assert_eq!(id(body, "b.id"), None);
        assert_eq!(id(b"not json", "id"), None);
    }
}
