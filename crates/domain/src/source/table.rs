//! All sources.

use super::{Source, generic, hmac, replicate, standard_webhooks};

/// All sources, by slug.
pub const SOURCES: &[&Source] = &[&generic::SOURCE, &hmac::SOURCE, &replicate::SOURCE, &standard_webhooks::SOURCE];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_sorted() {
        let slugs: Vec<_> = SOURCES.iter().map(|source| source.slug).collect();
        assert!(slugs.windows(2).all(|pair| pair[0] < pair[1]), "{slugs:?}");
        assert!(Source::named("replicate").is_some());
        assert!(Source::named("no-such-source").is_none());
    }
}
