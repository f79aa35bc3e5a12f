//! Hints that were taken, and the word that they are done with.

use anyhook_domain::delivery::Hint;

use crate::rabbit::Unclaimed;

/// Hints, and what to do once the rows that they name have been looked at.
#[derive(Debug)]
pub struct Taken {
    pub hints: Vec<Hint>,
    pub receipt: Receipt,
}

/// To be settled right after the claim, whether that was won or lost, and never as late as after the attempt: a broker
/// takes back what is unsettled for long. Dropped without that, the hints come again when the connection to the broker
/// ends, to this process or another; until then their places in the broker's window are taken.
#[derive(Debug)]
#[must_use = "the broker gives the hints again unless the receipt is settled"]
pub struct Receipt(Option<Unclaimed>);

impl Receipt {
    /// For hints that no broker remembers.
    pub const fn empty() -> Self {
        Self(None)
    }

    pub(crate) const fn remote(unclaimed: Unclaimed) -> Self {
        Self(Some(unclaimed))
    }

    /// The hints have served. Does not wait.
    pub fn settle(self) {
        if let Some(unclaimed) = self.0 {
            unclaimed.settle();
        }
    }
}

impl From<Vec<Hint>> for Taken {
    fn from(hints: Vec<Hint>) -> Self {
        Self { hints, receipt: Receipt::empty() }
    }
}
