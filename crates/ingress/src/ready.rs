//! Whether the ingress can keep its promise now: tried on the real path.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhook_queue::Spool;
use anyhook_store::Store;

use crate::{Deps, routes::Routes};

/// Tells whether senders should be sent here; cheap to clone.
#[derive(Clone)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    store: Store,
    spool: Spool,
    routes: Arc<Routes>,
    has_been: AtomicBool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error("the event log cannot be written to, and there is no spool in its place")]
    NoLog,
    #[error("the tenants service does not answer")]
    NoTenants,
}

impl Readiness {
    pub(crate) fn new(deps: &Deps, routes: Arc<Routes>) -> Self {
        let Deps { store, spool, .. } = deps.clone();
        Self(Arc::new(Inner { store, spool, routes, has_been: AtomicBool::new(false) }))
    }

    /// The first time everything must work: an event is written to the log, read and rolled back, and the tenants
    /// service answers. Later the spool is as good as the log, and known apps need no tenants service.
    ///
    /// # Errors
    /// [`NotReady`].
    pub async fn check(&self) -> Result<(), NotReady> {
        let has_been = self.0.has_been.load(Ordering::Relaxed);
        if has_been && self.0.spool.is_ready() {
            // Not even asked: a log that is away may take its time to say so, and whoever asks here does not wait.
            return Ok(());
        }
        // Anybody may ask: why, is for the log alone.
        self.0.store.try_append().await.map_err(|error| {
            tracing::warn!(%error, "the event log cannot be written to");
            NotReady::NoLog
        })?;
        if !has_been {
            self.0.routes.try_ask().await.map_err(|_| NotReady::NoTenants)?;
            self.0.has_been.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}
