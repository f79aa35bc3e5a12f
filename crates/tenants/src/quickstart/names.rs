//! Slugs that people can read out and nobody can guess.

use anyhook_domain::slug::Slug;

use crate::random;

const HOW: [&str; 16] = [
    "amber", "bright", "calm", "clever", "copper", "early", "gentle", "golden", "lucky", "quiet", "rapid", "silver",
    "sunny", "swift", "vivid", "warm",
];
const WHAT: [&str; 16] = [
    "badger", "beaver", "crane", "falcon", "finch", "heron", "lynx", "marmot", "otter", "owl", "panda", "puffin",
    "raven", "seal", "swan", "wren",
];

/// Such as `quiet-otter-k3x9f0`.
pub(super) fn slug() -> Slug {
    let [how, what] = random::bytes();
    let slug = format!("{}-{}-{}", pick(&HOW, how), pick(&WHAT, what), random::slug_tail());
    slug.parse().expect("words and digits make a slug")
}

const fn pick(words: &[&'static str; 16], byte: u8) -> &'static str {
    words[(byte & 15) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn all_words_make_slugs_that_are_not_the_same() {
        let slugs: HashSet<_> = (0..200).map(|_| slug()).collect();
        assert_eq!(slugs.len(), 200);
        for (how, what) in HOW.iter().zip(WHAT) {
            assert!(format!("{how}-{what}-abc123").parse::<Slug>().is_ok());
        }
        assert_eq!([pick(&HOW, 0), pick(&HOW, 255)], ["amber", "warm"]);
    }
}
