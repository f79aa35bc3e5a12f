//! What runs in a process, put together from the services' parts.

use std::time::Duration;

use anyhook_delivery::Delivery;
use anyhook_ingress::Ingress;
use anyhook_queue::Queue;
use anyhook_store::Clock;
use anyhook_tenants::{Guard, Tenants};
use axum::Router;
use tokio::net::TcpListener;

use super::{RunError, tasks::Tasks};
use crate::{lifecycle::Lifecycle, listen::Listener};

/// Between two removals of expired sessions and secrets.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// Between two looks for tenants whose time is over unclaimed.
const END_EVERY: Duration = Duration::from_secs(60);
/// After the hard end: what was cut off is handed back within this.
const CUT_WITHIN: Duration = Duration::from_secs(5);
/// At the end: hints that are still here reach the broker within this, or their rows are found by a sweep.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// The loops of one process.
pub struct Process {
    /// These run for as long as the others do.
    background: Tasks,
    /// These end by themselves once nothing can come to them any more.
    foreground: Tasks,
    lifecycle: Lifecycle,
}

impl Process {
    #[must_use]
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { background: Tasks::default(), foreground: Tasks::default(), lifecycle }
    }

    /// Serves HTTP until the soft end.
    pub fn serve(&mut self, name: &'static str, listener: Listener, router: Router) {
        self.foreground.start(name, listener.serve(router, self.lifecycle.clone()));
    }

    /// Something that runs for as long as the process does.
    pub fn keep(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.background.start(name, work);
    }

    pub fn ingress(&mut self, ingress: Ingress, listener: Listener, health: Router) {
        self.keep("ingress watcher", ingress.watcher.run());
        self.keep("drain of the spool", ingress.drain.run());
        self.keep("counter of repeats", ingress.repeat_counter.run());
        self.serve("ingress", listener, health.merge(ingress.router));
        for worker in ingress.append_workers {
            self.foreground.start("append worker", worker.run());
        }
    }

    pub fn delivery(&mut self, delivery: Delivery) {
        self.keep("delivery watcher", delivery.watcher.run());
        self.keep("releaser", delivery.releaser.run());
        self.keep("replayer", delivery.replayer.run());
        self.keep("pruner", delivery.pruner.run());
        self.keep("sealer", delivery.sealer.run());
        self.keep("sweeper", delivery.sweeper.run());
        let Lifecycle { soft, hard, .. } = self.lifecycle.clone();
        self.foreground.start("dispatcher", delivery.dispatcher.run(soft, hard));
        self.foreground.start("settler", delivery.settler.run());
    }

    /// Answers gRPC until the soft end.
    pub fn tenants(&mut self, tenants: Tenants, listener: TcpListener, guard: Guard) {
        let soft = self.lifecycle.soft.clone();
        self.foreground.start("tenants", async move {
            if let Err(error) = tenants.serve(listener, guard, soft).await {
                tracing::error!(error = ?error, "the tenants service cannot be served");
            }
        });
    }

    /// Sends mails until the soft end, and looks for reasons for them.
    pub fn mail(&mut self, tenants: &Tenants) {
        let soft = self.lifecycle.soft.clone();
        self.foreground.start("mail sender", tenants.clone().send_mails(soft));
        self.keep("quota watcher", tenants.clone().watch_quotas());
    }

    pub fn forget_expired(&mut self, tenants: Tenants, clock: Clock) {
        self.keep("quickstarts", end_quickstarts(tenants.clone(), clock.clone()));
        self.keep("expiry", forget_expired(tenants, clock));
    }

    /// Runs until the lifecycle ends it, and flushes the queue, if there is one.
    ///
    /// # Errors
    /// [`RunError::Died`].
    pub async fn run(mut self, queue: Option<&Queue>) -> Result<(), RunError> {
        let cut = async {
            self.lifecycle.hard.cancelled().await;
            tokio::time::sleep(CUT_WITHIN).await;
        };
        tokio::select! {
            ended = self.foreground.join_all(&self.lifecycle) => ended?,
            dead = self.background.first_end() => return Err(RunError::Died(dead)),
            () = cut => {}
        }
        if let Some(queue) = queue {
            queue.flush(FLUSH_WITHIN).await;
        }
        Ok(())
    }
}

/// Sessions and secrets past their time do not work in any case; this only keeps them from piling up.
async fn forget_expired(tenants: Tenants, clock: Clock) {
    loop {
        if let Err(error) = tenants.forget_expired().await {
            tracing::warn!(%error, "expired sessions and secrets could not be removed; it is tried again");
        }
        clock.sleep(FORGET_EVERY).await;
    }
}

/// What nobody has claimed in time goes.
async fn end_quickstarts(tenants: Tenants, clock: Clock) {
    loop {
        if let Err(error) = tenants.end_quickstarts().await {
            tracing::warn!(%error, "tenants that nobody has claimed could not be removed; it is tried again");
        }
        clock.sleep(END_EVERY).await;
    }
}
