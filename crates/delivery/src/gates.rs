//! Which hints the breakers let through.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use anyhook_domain::{DeliveryId, DestinationId, Timestamp, breaker::Gate, delivery::Hint};

use crate::breakers::Breakers;

/// After a try that went to another process.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Hints that were parted by their destinations' breakers.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// They may go now.
    pub(crate) go: Vec<Hint>,
    /// They must wait, in order.
    pub(crate) wait: Vec<Hint>,
    /// Those of `go` by whose attempt it is seen whether their destination is well again.
    pub(crate) tries: HashSet<DeliveryId>,
    /// Until when nothing more goes there.
    pub(crate) until: HashMap<DestinationId, Timestamp>,
}

/// Parts hints. `lease_of` says for how long an attempt may take hold of a hint's delivery; of those without an answer none is
/// attempted. `n_running` attempts run at a destination, these hints left out.
pub(crate) async fn part(
    breakers: &Breakers,
    hints: Vec<Hint>,
    lease_of: impl Fn(&Hint) -> Option<Duration>,
    n_running: impl Fn(DestinationId) -> usize,
    now: Timestamp,
) -> Passed {
    let mut passed = Passed::default();
    let mut n_gone: HashMap<DestinationId, usize> = HashMap::new();
    for hint in hints {
        let id = hint.destination_id;
        let Some(lease) = lease_of(&hint) else {
            passed.go.push(hint);
            continue;
        };
        let goes = match breakers.gate(id) {
            _ if passed.until.contains_key(&id) => false,
            Gate::Open => true,
            Gate::Ajar(n) => {
                let n_gone = n_gone.entry(id).or_default();
                let goes = n_running(id) + *n_gone < n as usize;
                *n_gone += usize::from(goes);
                goes
            }
            Gate::Try => {
                let is_ours = breakers.take_try(id, now + lease).await;
                passed.tries.extend(is_ours.then_some(hint.delivery_id));
                passed.until.insert(id, now + if is_ours { lease } else { LOOK_AGAIN });
                is_ours
            }
            Gate::Shut(until) => {
                passed.until.insert(id, until);
                false
            }
        };
        if goes { &mut passed.go } else { &mut passed.wait }.push(hint);
    }
    passed
}

/// How many attempts may run at once; `None`: as many as without a breaker.
pub(crate) const fn places(gate: Gate) -> Option<usize> {
    match gate {
        Gate::Open => None,
        Gate::Ajar(n) => Some(n as usize),
        Gate::Try | Gate::Shut(_) => Some(1),
    }
}
