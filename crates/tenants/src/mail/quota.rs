//! Telling a tenant's people that they come near what their plan gives: at 80 and at 100 percent, once a month each.

use std::time::Duration;

use anyhook_domain::{Month, TenantId};
use anyhook_store::{
    StoreError,
    config::{MonthlyUse, QuotaNotice},
};
use uuid::Uuid;

use super::letter::{Errand, QuotaUsed};
use crate::{Service, Tenants};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Tenants looked at with one statement.
const STRETCH: u32 = 500;
/// The largest first: whoever rushes past both is told of that one only.
const TOLD_AT: [i64; 2] = [100, 80];

impl Tenants {
    /// Looks every minute what tenants have used, and puts mails into the outbox. Any number of processes may.
    pub async fn watch_quotas(self) {
        loop {
            if let Err(error) = self.0.look_at_quotas().await {
                tracing::warn!(%error, "what tenants have used could not be looked at; it is tried again");
            }
            self.0.clock.sleep(LOOK_EVERY).await;
        }
    }
}

impl Service {
    async fn look_at_quotas(&self) -> Result<(), StoreError> {
        let month = Month::of(self.now());
        let mut after = TenantId(Uuid::nil());
        loop {
            let stretch = self.store.monthly_use(month, after, STRETCH).await?;
            for used in &stretch {
                self.look_at(month, used).await?;
            }
            match stretch.last() {
                Some(last) if stretch.len() == STRETCH as usize => after = last.tenant_id,
                _ => return Ok(()),
            }
        }
    }

    async fn look_at(&self, month: Month, row: &MonthlyUse) -> Result<(), StoreError> {
        let Some(plan_name) = row.plan.as_deref() else { return Ok(()) };
        let plan = self.plan_of(plan_name);
        let Some(events_per_month) = plan.events_per_month else { return Ok(()) };
        let Some(percent) = to_tell(row.n_events, events_per_month, row.told_percent) else { return Ok(()) };
        let used = QuotaUsed { percent, n_events: row.n_events, events_per_month, month: month.number() };
        let mail = self.errand(Errand::quota_used(row.tenant_id, &plan.name, used));
        let notice = QuotaNotice { tenant: row.tenant_id, plan: plan_name, month, percent };
        if self.store.note_quota(notice, &mail, self.now()).await? {
            self.mail.wake();
        }
        Ok(())
    }
}

/// Which share people are to be told of now, if any.
fn to_tell(n_events: i64, events_per_month: u64, told_percent: i64) -> Option<i64> {
    let (n_events, of) = (i128::from(n_events), i128::from(events_per_month));
    let reached = TOLD_AT.into_iter().find(|percent| n_events * 100 >= i128::from(*percent) * of)?;
    (reached > told_percent).then_some(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_once_of_each_share() {
        let told = |n_events, told_percent| to_tell(n_events, 3_000, told_percent);
        assert_eq!([told(0, 0), told(2_399, 0)], [None; 2]);
        assert_eq!([told(2_400, 0), told(2_999, 0)], [Some(80); 2]);
        assert_eq!([told(2_400, 80), told(2_999, 80)], [None; 2]);
        assert_eq!([told(3_000, 80), told(9_000, 0)], [Some(100); 2]);
        assert_eq!([told(3_000, 100), told(i64::MAX, 100)], [None; 2]);
        assert_eq!(to_tell(4, 5, 0), Some(80));
    }
}
