//! What the sender is told to be safe: the event, in the log or the spool, within the plan.

use std::time::Duration;

use anyhook_domain::{EventId, Month, Timestamp, delivery::HeldReason, forward, plan::Standing, source::Verdict};
use anyhook_store::log::{Appended, NewEvent};

use crate::{
    accept::{Due, accept},
    rejection::Rejection,
    room,
    service::{Service, Visit},
};

/// Within this, a sender that was turned away for the plan comes back.
const MOST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

impl Service {
    /// A delivery whose hint cannot arrive is the sweep's at once.
    fn hint_grace(&self) -> Duration {
        if self.hints.is_connected() { self.hint_grace } else { Duration::ZERO }
    }

    /// Returns once the event is durable, with its id or that of the one that it repeats.
    pub(crate) async fn keep(&self, visit: Visit<'_>, verdict: &Verdict) -> Result<EventId, Rejection> {
        let Visit { route, provider, arrived, memory, deadline, .. } = visit;
        if forward::hops(&arrived.headers) >= forward::MOST_HOPS {
            return Err(Rejection::Loop);
        }
        let (version, key) = self.routes.keys.newest(route.tenant_id).await.map_err(|_| Rejection::Unavailable)?;
        let at = arrived.at;
        let due = Due(at + self.hint_grace());
        let wants_room = room::wants_room(arrived.body.len(), arrived.most_bytes_looked_at(route));
        let accept = || accept(arrived, verdict, (route, &provider), (version, &key), due);
        let mut event = if wants_room { self.room.work_out(deadline, accept).await? } else { accept() };
        // What was rejected neither counts nor is turned away for the plan.
        let limit = route.events_per_month.filter(|_| event.rejection.is_none());
        if let Some(limit) = limit {
            self.hold_to_plan(&mut event, limit).await?;
        }
        let id = event.id;
        match self.appender.append(event, memory, deadline).await? {
            Appended::Stored => {
                if limit.is_some() {
                    self.quota.count(route.tenant_id, at).await;
                }
                Ok(id)
            }
            Appended::Duplicate { first } => Ok(first),
        }
    }

    /// Over the plan's number an event is held back, also where a pause held it already: resuming must not let it go.
    async fn hold_to_plan(&self, event: &mut NewEvent, limit: u64) -> Result<(), Rejection> {
        let standing = self.quota.standing(event.tenant_id, limit, event.received_at).await;
        // A repeat of what was taken is answered as ever.
        if standing == Standing::Exhausted && !self.repeats.is_known(event).await {
            return Err(Rejection::OverQuota { retry_after: retry_after(event.received_at, rand::random()) });
        }
        if standing != Standing::Within {
            event.deliveries.iter_mut().for_each(|it| it.held = Some(HeldReason::OverQuota));
        }
        Ok(())
    }
}

/// When a sender that was turned away for the plan should come back: in the new month, and within the hour, so that a
/// change of plan helps soon. Spread over the month's first minute: all senders wait for the same instant.
fn retry_after(now: Timestamp, entropy: u8) -> Duration {
    let spread = Duration::from_secs(1 + u64::from(entropy) % 60);
    (Month::of(now).ends_at().since(now) + spread).min(MOST_RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_over_the_plan_comes_back_in_the_new_month_or_within_the_hour() {
        let end = Month::of(Timestamp::from_unix_ms(1_750_000_000_000)).ends_at();
        let seconds = |before, entropy| retry_after(end - Duration::from_secs(before), entropy).as_secs();
        assert_eq!([seconds(24 * 3600, 0), seconds(3600, 0), seconds(3599, 255)], [3600; 3]);
        assert_eq!([seconds(100, 0), seconds(100, 59), seconds(100, 60), seconds(1, 0)], [101, 160, 101, 2]);
    }
}
