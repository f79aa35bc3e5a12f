//! The event log: events, their deliveries, their attempts.

mod anchors;
mod append;
mod breakers;
mod claim;
mod content;
mod days;
mod due;
mod end;
mod forget;
mod hold;
mod inspect;
mod list;
mod narrow;
mod once;
mod parked;
mod prune;
mod rehearse;
mod rejected;
mod replay;
mod replays;
mod sealed;
mod settle;
mod slots;
mod stats;
mod usage;
mod workload;

pub use anchors::{Anchor, AppRoot, EventLeaf, Folded, Sealing, Step};
pub use append::{Appended, NewDelivery, NewEvent};
pub(crate) use breakers::TRY_SOON;
pub use claim::{Claim, Seen};
pub use content::Content;
pub use days::Days;
pub use due::{Due, Overdue};
pub use forget::{Forget, Forgotten};
pub use hold::{Hold, Release};
pub use inspect::*;
pub use list::*;
pub use narrow::{FieldTerms, Narrowing};
pub(crate) use once::take_key;
pub use once::{Answered, Once, REMEMBERED_FOR};
pub use prune::Pruned;
pub use rejected::{Readmission, Readmitted, RejectedPage};
pub use replay::*;
pub use replays::{Count, MOST_RUNNING, NewReplay, Replay, ReplayState, ReplayStep, ReplayTarget, StartReplay};
pub use sealed::SealedRequest;
pub use settle::{AttemptRecord, Settlement};
pub use slots::ClaimedWithin;
pub use stats::{Backlog, Failing, Latencies, MOST_BACKLOG, MOST_FAILING, Stats, StatsPoint, StatsQuestion};
pub use workload::{Tally, Workload};

use anyhook_domain::{delivery::State, event::Verification};

use crate::StoreError;

/// A word in a row that this version does not know.
fn unknown_word(column: &str, word: &str) -> StoreError {
    StoreError::Broken(sqlx::Error::Decode(format!("{column} holds {word:?}").into()))
}

fn state(word: &str) -> Result<State, StoreError> {
    State::parse(word).ok_or_else(|| unknown_word("deliveries.state", word))
}

fn verification(word: &str) -> Result<Verification, StoreError> {
    Verification::parse(word).ok_or_else(|| unknown_word("events.verification", word))
}

/// Counters and sizes are small and never negative; a row that says otherwise reads as the nearest number.
fn small(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}
