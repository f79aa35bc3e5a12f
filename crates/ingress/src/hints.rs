//! The hints that follow from events that were stored.

use anyhook_domain::delivery::Hint;
use anyhook_store::log::{Appended, NewEvent};

/// One for each delivery that nothing holds back.
pub(crate) fn hints(events: &[NewEvent], appended: &[Option<Appended>]) -> Vec<Hint> {
    let stored = events.iter().zip(appended).filter(|(_, appended)| **appended == Some(Appended::Stored));
    let free = stored.flat_map(|(event, _)| event.deliveries.iter().filter(|it| it.held.is_none()));
    free.map(|it| Hint { delivery_id: it.id, destination_id: it.destination_id, attempts: 0 }).collect()
}
