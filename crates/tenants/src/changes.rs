//! Telling the callers that something which they cached is not true any more. The one place that publishes.

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use anyhook_domain::{AppId, DestinationId, TenantId};
use anyhook_rpc::tenants::v1::Change;
use anyhook_store::Store;
use tokio::sync::{
    broadcast::{self, Receiver, Sender},
    mpsc,
};

use crate::slugs;

/// Changes that a watcher may be behind; one that is further behind is cut off.
const MAX_BEHIND: usize = 1024;
/// Routes in one message; further ones go into further messages.
const MAX_ROUTES: usize = 1000;
/// Changes that wait to be told to the other processes.
const MAX_UNTOLD: usize = 4096;

pub(crate) struct Changes {
    watchers: Mutex<Sender<Change>>,
    /// The way to the other processes of this service, where there are such.
    others: OnceLock<mpsc::Sender<Change>>,
    is_ended: AtomicBool,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            watchers: Mutex::new(broadcast::channel(MAX_BEHIND).0),
            others: OnceLock::new(),
            is_ended: AtomicBool::new(false),
        }
    }
}

impl Changes {
    pub(crate) fn watch(&self) -> Receiver<Change> {
        if self.is_ended.load(Ordering::SeqCst) {
            // Its sender is gone at once, and so is the stream.
            return broadcast::channel(1).1;
        }
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).subscribe()
    }

    /// Ends all streams; their readers forget what they cached and come again.
    pub(crate) fn cut_off(&self) {
        *self.watchers.lock().unwrap_or_else(PoisonError::into_inner) = broadcast::channel(MAX_BEHIND).0;
    }

    /// Ends all streams, for good.
    pub(crate) fn end(&self) {
        self.is_ended.store(true, Ordering::SeqCst);
        self.cut_off();
    }

    /// What is to be told to the other processes from now on; `None` when somebody does that already.
    pub(crate) fn tell_others(&self) -> Option<mpsc::Receiver<Change>> {
        let (sender, receiver) = mpsc::channel(MAX_UNTOLD);
        self.others.set(sender).is_ok().then_some(receiver)
    }

    /// To be made before the change is, so that it is published even if the caller goes away in between.
    pub(crate) const fn pending(&self, tenant: TenantId, app: Option<AppId>) -> Pending<'_> {
        Pending { changes: self, tenant, app, destination: None, routes: Vec::new(), is_nothing: false }
    }

    fn send(&self, change: Change) {
        if let Some(others) = self.others.get()
            && others.try_send(change.clone()).is_err()
        {
            tracing::error!("a change is not told to the other processes; they notice it within a minute");
        }
        self.send_here(change);
    }

    /// To those who watch this process.
    pub(crate) fn send_here(&self, change: Change) {
        // With nobody watching there is nobody to tell.
        let _ = self.watchers.lock().unwrap_or_else(PoisonError::into_inner).send(change);
    }
}

/// A change that is published when this is dropped.
pub(crate) struct Pending<'a> {
    changes: &'a Changes,
    tenant: TenantId,
    app: Option<AppId>,
    pub(crate) destination: Option<DestinationId>,
    routes: Vec<String>,
    is_nothing: bool,
}

impl Pending<'_> {
    /// Names the routes that there are by now; without them the ids still say what changed.
    pub(crate) async fn name_routes(&mut self, store: &Store) {
        self.routes = slugs::all_routes(store, self.tenant, self.app).await.unwrap_or_default();
    }

    /// Tells nobody: a change without routes makes all watchers forget all routes, which a refused call must not do.
    pub(crate) fn nothing_changed(mut self) {
        self.is_nothing = true;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.is_nothing {
            return;
        }
        let change = Change {
            tenant_id: self.tenant.to_string(),
            app_id: self.app.map(|app| app.to_string()),
            destination_id: self.destination.map(|destination| destination.to_string()),
            routes: Vec::new(),
        };
        if self.routes.is_empty() {
            self.changes.send(change);
            return;
        }
        for routes in self.routes.chunks(MAX_ROUTES) {
            self.changes.send(Change { routes: routes.to_vec(), ..change.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast::error::TryRecvError;
    use uuid::Uuid;

    fn tenant() -> TenantId {
        TenantId(Uuid::from_u128(1))
    }

    #[test]
    fn published_when_dropped_in_pieces() {
        let changes = Changes::default();
        let mut watcher = changes.watch();
        drop(changes.pending(tenant(), None));
        assert_eq!(watcher.try_recv().unwrap().routes, Vec::<String>::new());
        let mut pending = changes.pending(tenant(), None);
        pending.routes = (0..2500).map(|n| n.to_string()).collect();
        drop(pending);
        let pieces: Vec<_> = std::iter::from_fn(|| watcher.try_recv().ok()).map(|change| change.routes.len()).collect();
        assert_eq!(pieces, [1000, 1000, 500]);
    }

    #[test]
    fn what_was_refused_is_not_published() {
        let changes = Changes::default();
        let mut watcher = changes.watch();
        changes.pending(tenant(), None).nothing_changed();
        assert_eq!(watcher.try_recv().unwrap_err(), TryRecvError::Empty);
    }

    #[test]
    fn who_lags_or_is_cut_off_notices() {
        let changes = Changes::default();
        let (mut slow, mut cut) = (changes.watch(), changes.watch());
        for _ in 0..=MAX_BEHIND {
            drop(changes.pending(tenant(), None));
        }
        assert_eq!(slow.try_recv().unwrap_err(), TryRecvError::Lagged(1));
        changes.cut_off();
        while let Ok(_) | Err(TryRecvError::Lagged(_)) = cut.try_recv() {}
        assert_eq!(cut.try_recv().unwrap_err(), TryRecvError::Closed);
    }
}
