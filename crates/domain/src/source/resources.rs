//! What providers publish for those who verify: certificates and key sets, fetched by whoever may.

use std::collections::BTreeMap;

/// Published keys by their addresses, as they were fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, Vec<u8>>);

impl Resources {
    #[must_use]
    pub fn get(&self, url: &str) -> Option<&[u8]> {
        self.0.get(url).map(Vec::as_slice)
    }

    pub fn insert(&mut self, url: String, content: Vec<u8>) {
        self.0.insert(url, content);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(url, content)| (url.as_str(), content.as_slice()))
    }
}

impl FromIterator<(String, Vec<u8>)> for Resources {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}
