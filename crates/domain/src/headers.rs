//! A request's or an answer's header fields: lower-case names, values as bytes, in order, repeats kept.

use serde::{Deserialize, Serialize};

/// Header fields in the order in which they came.
///
/// Names are lower case (they are case-insensitive, RFC 9110 section 5.1); values are bytes, since not every sender
/// keeps to ASCII.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    pub fn push(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// All values of a name, which must be given in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The only value of a name. Several equal ones count as one; several different ones are nobody's word.
    ///
    /// # Errors
    /// [`Ambiguous`] when the name has different values.
    pub fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a [u8]>, Ambiguous> {
        let mut values = self.all(name);
        let first = values.next();
        if values.any(|other| Some(other) != first) { Err(Ambiguous) } else { Ok(first) }
    }

    /// Like [`Headers::one`], as text; `None` also for values that are not UTF-8 or that contradict each other.
    #[must_use]
    pub fn text<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.one(name).ok().flatten().and_then(|value| std::str::from_utf8(value).ok())
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: AsRef<str>, V: Into<Vec<u8>>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in fields {
            headers.push(name.as_ref(), value);
        }
        headers
    }
}

/// A header that must be single came several times with different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ambiguous;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_kept_and_contradictions_noticed() {
        let headers: Headers = [("X-A", "1"), ("x-b", "2"), ("x-a", "1"), ("X-B", "3")].into_iter().collect();
        assert_eq!(headers.len(), 4);
        assert_eq!(headers.one("x-a"), Ok(Some(&b"1"[..])));
        assert_eq!(headers.one("x-b"), Err(Ambiguous));
        assert_eq!(headers.one("x-c"), Ok(None));
        assert_eq!(headers.all("x-b").count(), 2);
        assert_eq!(headers.text("x-b"), None);
    }
}
