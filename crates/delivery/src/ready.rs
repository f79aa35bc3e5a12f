//! Whether deliveries can be made now: tried on the real path.

use std::sync::Arc;

use anyhook_domain::{DeliveryId, DestinationId, LeaseId};
use anyhook_store::{
    StoreError,
    log::{Claim, Seen},
};
use uuid::Uuid;

use crate::Shared;

/// Tells whether this process can work; cheap to clone.
#[derive(Clone)]
pub struct Readiness(Arc<Shared>);

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error("deliveries cannot be claimed: {0}")]
    NoLog(#[from] StoreError),
    #[error("the tenants service does not answer")]
    NoTenants,
}

impl Readiness {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Claims a delivery that there is not, and asks for a destination that there is not.
    ///
    /// # Errors
    /// [`NotReady`].
    pub async fn check(&self) -> Result<(), NotReady> {
        let now = self.0.deps.clock.now();
        let claim = Claim {
            seen: Seen { delivery_id: DeliveryId(Uuid::nil()), attempts: 0 },
            lease_id: LeaseId(Uuid::nil()),
            claimed_at: now,
            until: now,
            due_by: now,
        };
        self.0.deps.store.claim(&[claim]).await?;
        self.0.destinations.try_ask(DestinationId(Uuid::nil())).await.map_err(|_| NotReady::NoTenants)
    }
}
