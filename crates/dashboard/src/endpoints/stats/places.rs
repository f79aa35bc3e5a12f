//! Room for counting, which reads much: for few at once, and for one request of a tenant's at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhook_domain::TenantId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::problem::Problem;

/// So many at once leave room for everybody else.
const AT_ONCE: usize = 2;
/// A page asks several questions, one behind the other.
const WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    /// Of those tenants that count or wait.
    tenants: Mutex<HashMap<TenantId, Arc<Semaphore>>>,
}

/// Held while something is counted.
#[derive(Debug)]
pub(super) struct Place {
    _of_tenant: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for Places {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), tenants: Mutex::default() }
    }
}

impl Places {
    /// # Errors
    /// [`Problem`] when there was no place in time.
    pub(super) async fn take(&self, tenant: TenantId) -> Result<Place, Problem> {
        self.take_within(tenant, WITHIN).await
    }

    async fn take_within(&self, tenant: TenantId, within: Duration) -> Result<Place, Problem> {
        let of_tenant = self.of_tenant(tenant);
        let taken = timeout(within, async {
            // Its own first: whoever waits for it takes nobody else's.
            let _of_tenant = of_tenant.acquire_owned().await?;
            Ok(Place { _of_tenant, _of_all: self.all.clone().acquire_owned().await? })
        });
        let place: Result<_, tokio::sync::AcquireError> =
            taken.await.map_err(|_| Problem::unavailable("stats: others are counted"))?;
        Ok(place.expect("nobody closes them"))
    }

    fn of_tenant(&self, tenant: TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().expect("no holder of this lock panics");
        tenants.retain(|_, places| Arc::strong_count(places) > 1);
        tenants.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn one_tenant_takes_one_place_and_all_of_them_few() {
        let places = Places::default();
        let take = async |n| places.take_within(TenantId(Uuid::from_u128(n)), Duration::from_millis(1)).await;
        let first = take(1).await.unwrap();
        assert_eq!(take(1).await.expect_err("it has one").seen().0, 503);
        let second = take(2).await.unwrap();
        assert_eq!(take(3).await.expect_err("all are taken").seen().1, "unavailable");
        drop(first);
        let third = take(1).await.unwrap();
        drop((second, third));
        assert!(take(3).await.is_ok());
        assert_eq!(places.tenants.lock().unwrap().len(), 1, "those that count nothing are forgotten");
    }
}
