//! Which events have just moved: ids only, on a topic for each tenant.

use std::collections::BTreeMap;

use anyhook_domain::{EventId, TenantId};

use crate::{Announced, Cache, Subscription};

/// Ids in one announcement: two kilobytes; more of them go into several.
const MOST_IDS: usize = 64;

/// What the viewer of a tenant's events hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsMoved {
    /// These arrived, or their deliveries moved.
    These(Vec<EventId>),
    /// Something may have moved that was not heard of: the log knows.
    Missed,
}

/// A viewer's ear; dropped, it hears no more.
#[derive(Debug)]
pub struct EventSubscription(Subscription);

impl Cache {
    /// Tells the viewers of each tenant that these events arrived or moved, without waiting. To be called once the log
    /// has it: who hears of it reads it there.
    pub fn announce_events(&self, moved: impl IntoIterator<Item = (TenantId, EventId)>) {
        let mut by_tenant = BTreeMap::<TenantId, Vec<EventId>>::new();
        for (tenant, event) in moved {
            by_tenant.entry(tenant).or_default().push(event);
        }
        for (tenant, mut events) in by_tenant {
            events.sort_unstable();
            events.dedup();
            let topic = topic(tenant);
            events.chunks(MOST_IDS).for_each(|some| self.announce(&topic, encode(some)));
        }
    }

    /// Hears which of the tenant's events move from now on.
    #[must_use]
    pub fn subscribe_events(&self, tenant: TenantId) -> EventSubscription {
        EventSubscription(self.subscribe(&topic(tenant)))
    }
}

impl EventSubscription {
    /// Waits for the next announcement; as [`Subscription::next`].
    pub async fn next(&mut self) -> EventsMoved {
        match self.0.next().await {
            Announced::Text(text) => decode(&text),
            Announced::Missed => EventsMoved::Missed,
        }
    }
}

fn topic(tenant: TenantId) -> String {
    format!("events:{tenant}")
}

fn encode(events: &[EventId]) -> String {
    events.iter().map(EventId::to_string).collect::<Vec<_>>().join(" ")
}

/// What cannot be read comes from a newer version, or from none of ours.
fn decode(text: &str) -> EventsMoved {
    let events = text.split(' ').take(MOST_IDS + 1).map(str::parse).collect::<Result<Vec<_>, _>>();
    events.ok().filter(|events| events.len() <= MOST_IDS).map_or(EventsMoved::Missed, EventsMoved::These)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn events(n: usize) -> Vec<EventId> {
        (0..n as u128).map(|n| EventId(Uuid::from_u128(n))).collect()
    }

    #[test]
    fn lists_come_back_and_are_bounded() {
        for n in [1, 2, MOST_IDS] {
            assert_eq!(decode(&encode(&events(n))), EventsMoved::These(events(n)));
        }
        for text in [encode(&events(MOST_IDS + 1)), String::new(), "evt_1".into(), format!("{} ", encode(&events(1)))] {
            assert_eq!(decode(&text), EventsMoved::Missed, "{text}");
        }
    }

    #[tokio::test]
    async fn each_tenant_hears_of_its_own_events_only() {
        let (cache, [one, other]) = (Cache::local(), [1, 2].map(|n| TenantId(Uuid::from_u128(n))));
        let (mut ear, mut others) = (cache.subscribe_events(one), cache.subscribe_events(other));
        let events = events(MOST_IDS + 2);
        let moved = events[1..].iter().rev().map(|event| (one, *event));
        cache.announce_events(moved.chain([(other, events[0]), (one, events[1])]));
        assert_eq!(ear.next().await, EventsMoved::These(events[1..=MOST_IDS].to_vec()));
        assert_eq!(ear.next().await, EventsMoved::These(events[MOST_IDS + 1..].to_vec()));
        assert_eq!(others.next().await, EventsMoved::These(events[..1].to_vec()));
    }
}
