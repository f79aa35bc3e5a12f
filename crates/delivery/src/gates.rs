//! Which hints the breakers let through.

use std::{collections::HashMap, time::Duration};

use anyhook_domain::{DeliveryId, DestinationId, Timestamp, breaker::Gate, delivery::Hint};

use crate::{breakers::Breakers, lanes::Hold, parted::Parted};

/// After a try that went to another process.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Deliveries by whose attempts it is seen whether their destinations are well again.
pub(crate) type Tries = HashMap<DeliveryId, DestinationId>;

/// Parts hints. `lease_of` says for how long an attempt may take hold of a hint's delivery; of those without an answer none is
/// attempted. `n_running` attempts run at a destination, these hints left out.
pub(crate) async fn part(
    breakers: &Breakers,
    hints: Vec<Hint>,
    lease_of: impl Fn(&Hint) -> Option<Duration>,
    n_running: impl Fn(DestinationId) -> usize,
    now: Timestamp,
) -> (Parted, Tries) {
    let (mut parted, mut tries) = (Parted::default(), Tries::new());
    let mut n_gone: HashMap<DestinationId, usize> = HashMap::new();
    for hint in hints {
        let id = hint.destination_id;
        let Some(lease) = lease_of(&hint) else {
            parted.go.push(hint);
            continue;
        };
        let hold = |until| (id, Hold::Breaker(until));
        let goes = match breakers.gate(id) {
            _ if parted.wait.holds.contains_key(&id) => false,
            Gate::Open => true,
            Gate::Ajar(n) => {
                let n_gone = n_gone.entry(id).or_default();
                let goes = n_running(id) + *n_gone < n as usize;
                *n_gone += usize::from(goes);
                goes
            }
            Gate::Try => {
                let is_ours = breakers.take_try(id, now + lease).await;
                tries.extend(is_ours.then_some((hint.delivery_id, id)));
                parted.wait.holds.extend([hold(now + if is_ours { lease } else { LOOK_AGAIN })]);
                is_ours
            }
            Gate::Shut(until) => {
                parted.wait.holds.extend([hold(until)]);
                false
            }
        };
        if goes { &mut parted.go } else { &mut parted.wait.hints }.push(hint);
    }
    (parted, tries)
}

/// How many attempts may run at once; `None`: as many as without a breaker.
pub(crate) const fn places(gate: Gate) -> Option<usize> {
    match gate {
        Gate::Open => None,
        Gate::Ajar(n) => Some(n as usize),
        Gate::Try | Gate::Shut(_) => Some(1),
    }
}
