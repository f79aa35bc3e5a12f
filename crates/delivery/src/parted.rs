//! Hints that were parted by something of their destinations: a breaker, a rate, or a bound.

use std::collections::HashMap;

use anyhook_domain::{DestinationId, delivery::Hint};

use crate::lanes::Hold;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parted {
    /// They may go now.
    pub(crate) go: Vec<Hint>,
    pub(crate) wait: Waiting,
}

/// They must wait.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// In order.
    pub(crate) hints: Vec<Hint>,
    /// Why, and until when, nothing more goes there.
    pub(crate) holds: HashMap<DestinationId, Hold>,
}
