//! What follows from events that were stored: hints for their deliveries, and news for those who look on.

use anyhook_cache::Cache;
use anyhook_domain::delivery::Hint;
use anyhook_queue::Queue;
use anyhook_store::log::{Appended, NewEvent};

/// Tells of those that are new in the log.
pub(crate) fn tell(queue: &Queue, cache: &Cache, events: &[NewEvent], appended: &[Option<Appended>]) {
    let stored = events.iter().zip(appended).filter(|(_, appended)| **appended == Some(Appended::Stored));
    let stored: Vec<_> = stored.map(|(event, _)| event).collect();
    queue.publish(hints(&stored));
    cache.announce_events(stored.iter().map(|event| (event.tenant_id, event.id)));
}

/// One for each delivery that nothing holds back.
fn hints(stored: &[&NewEvent]) -> Vec<Hint> {
    let free = stored.iter().flat_map(|event| event.deliveries.iter().filter(|it| it.held.is_none()));
    free.map(|it| Hint { delivery_id: it.id, destination_id: it.destination_id, attempts: 0 }).collect()
}
