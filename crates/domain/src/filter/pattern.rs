//! Patterns of event types: `*` stands for any characters, or none.

use super::BadFilter;

const MAX_BYTES: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn read(text: &str) -> Result<Self, BadFilter> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_BYTES || text.chars().any(char::is_control) {
            let says = format!("Each of event_types must have 1 to {MAX_BYTES} characters, such as invoice.*.");
            return Err(BadFilter { field: "event_types", says });
        }
        Ok(Self(text.to_owned()))
    }

    /// An event without a type is matched by `*` alone.
    pub(super) fn matches(&self, event_type: Option<&str>) -> bool {
        match event_type {
            None => self.0 == "*",
            Some(text) => is_match(self.0.as_bytes(), text.as_bytes()),
        }
    }
}

/// Goes back to the last `*` only: that one can stand for more whenever an earlier one could.
fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, seen));
            at += 1;
        } else if pattern.get(at) == Some(&text[seen]) {
            at += 1;
            seen += 1;
        } else if let Some((star_at, stood_for)) = star {
            star = Some((star_at, stood_for + 1));
            at = star_at + 1;
            seen = stood_for + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let matches = |pattern: &str, text| Pattern::read(pattern).unwrap().matches(text);
        for (pattern, text) in [
            ("invoice.paid", "invoice.paid"),
            ("invoice.*", "invoice.paid"),
            ("invoice.*", "invoice."),
            ("*.paid", "a.b.paid"),
            ("*", ""),
            ("a*b*c", "axxbyybzc"),
            ("**", "x"),
            ("*ä", "oä"),
        ] {
            assert!(matches(pattern, Some(text)), "{pattern} {text}");
        }
        for (pattern, text) in
            [("invoice.*", "invoices"), ("invoice.*", "Invoice.paid"), ("a*b", "ab c"), ("a", "aa"), ("aa", "a")]
        {
            assert!(!matches(pattern, Some(text)), "{pattern} {text}");
        }
        assert!(matches("*", None) && !matches("a*", None));
        assert!(Pattern::read(" ").is_err() && Pattern::read(&"a".repeat(201)).is_err());
    }
}
