//! How many attempts may begin in a second, counted by all processes together.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use anyhook_cache::{Admission, Cache, Limit};
use anyhook_domain::{DeliveryId, DestinationId, Timestamp, delivery::Hint};
use futures::future::join_all;

use crate::{lanes::Hold, parted::Parted};

const SECOND: Duration = Duration::from_secs(1);

/// Those of the hints that go that were counted, each with its rate.
#[derive(Debug)]
pub(crate) struct Counted {
    hints: Vec<(Hint, u32)>,
    at: Timestamp,
}

/// Counts each hint whose destination has a rate. What is over one waits, and so does what comes after it.
pub(crate) async fn part(
    cache: &Cache,
    hints: Vec<Hint>,
    rate_of: impl Fn(&Hint) -> Option<u32>,
    now: Timestamp,
) -> (Parted, Counted) {
    let mut parted = Parted::default();
    let mut hints_counted = Vec::new();
    let mut rated: HashMap<DestinationId, (u32, usize)> = HashMap::new();
    for hint in &hints {
        if let Some(rate) = rate_of(hint) {
            rated.entry(hint.destination_id).or_insert((rate, 0)).1 += 1;
        }
    }
    let counted = rated.into_iter().map(async |(id, (rate, n))| (id, rate, count(cache, id, rate, n, now).await));
    let mut admitted: HashMap<_, _> = HashMap::new();
    for (id, rate, (n, until)) in join_all(counted).await {
        parted.wait.holds.extend(until.map(|until| (id, Hold::Rate(until))));
        admitted.insert(id, (rate, n));
    }
    for hint in hints {
        match admitted.get_mut(&hint.destination_id) {
            None => parted.go.push(hint),
            Some((_, 0)) => parted.wait.hints.push(hint),
            Some((rate, n)) => {
                *n -= 1;
                hints_counted.push((hint, *rate));
                parted.go.push(hint);
            }
        }
    }
    (parted, Counted { hints: hints_counted, at: now })
}

/// How many of `n` may begin now at a destination; if not all of them: when there is room for more.
async fn count(
    cache: &Cache,
    destination: DestinationId,
    rate: u32,
    n: usize,
    now: Timestamp,
) -> (usize, Option<Timestamp>) {
    for n_admitted in 0..n {
        if let Admission::Refused { after } = cache.admit(&key(destination, rate), limit(rate), now).await {
            return (n_admitted, Some(now + after));
        }
    }
    (n, None)
}

impl Counted {
    /// Those that were counted and did not come to an attempt do not count.
    pub(crate) async fn take_back(&self, cache: &Cache, begun: &HashSet<DeliveryId>) {
        for (hint, rate) in self.hints.iter().filter(|(hint, _)| !begun.contains(&hint.delivery_id)) {
            cache.take_back(&key(hint.destination_id, *rate), limit(*rate), self.at).await;
        }
    }
}

const fn limit(rate: u32) -> Limit {
    Limit { most: rate, within: SECOND }
}

/// A key has one limit: a changed rate begins anew.
fn key(destination: DestinationId, rate: u32) -> String {
    format!("rate:{destination}:{rate}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::hint;

    #[tokio::test]
    async fn what_is_over_the_rate_waits_in_order() {
        let (cache, at) = (Cache::local(), Timestamp::from_unix_ms);
        let rate_of = |it: &Hint| (it.destination_id == hint(0, 1).destination_id).then_some(2);
        let hints = vec![hint(1, 1), hint(2, 2), hint(3, 1), hint(4, 1), hint(5, 2), hint(6, 1)];
        let (parted, counted) = part(&cache, hints, rate_of, at(100)).await;
        assert_eq!(parted.go, [hint(1, 1), hint(2, 2), hint(3, 1), hint(5, 2)]);
        assert_eq!(parted.wait.hints, [hint(4, 1), hint(6, 1)]);
        assert_eq!(parted.wait.holds, [(hint(0, 1).destination_id, Hold::Rate(at(1_100)))].into());
        counted.take_back(&cache, &[hint(1, 1).delivery_id].into()).await;
        let (parted, _) = part(&cache, vec![hint(4, 1), hint(6, 1)], rate_of, at(200)).await;
        assert_eq!((parted.go, parted.wait.hints), (vec![hint(4, 1)], vec![hint(6, 1)]));
    }
}
