//! Text that must not be shown.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret as a user pasted it or as we made it. Prints as `[secret]`, is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// A destination's signing secret: `whsec_` and 32 random bytes in base64.
    #[must_use]
    pub fn signing(entropy: &[u8; 32]) -> Self {
        Self(format!("whsec_{}", STANDARD.encode(entropy)))
    }

    /// The text itself; the name is long so that a reader stops at it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four characters, to tell secrets apart without showing one; shorter ones give nothing away.
    #[must_use]
    pub fn hint(&self) -> String {
        let n_chars = self.0.chars().count();
        if n_chars < 12 {
            return "…".into();
        }
        format!("…{}", self.0.chars().skip(n_chars - 4).collect::<String>())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_itself() {
        let secret = Secret::signing(&[7; 32]);
        assert_eq!(secret.expose(), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.hint(), "…Bwc=");
        assert_eq!(Secret::new("short".into()).hint(), "…");
    }
}
