//! The tasks of one process.

use std::{future::Future, panic::AssertUnwindSafe};

use futures::FutureExt;
use tokio::task::JoinSet;

use super::RunError;
use crate::lifecycle::Lifecycle;

/// Tasks by name; dropped, they stop.
#[derive(Default)]
pub(super) struct Tasks(JoinSet<&'static str>);

impl Tasks {
    pub(super) fn start(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(async move {
            // A panic is a defect of ours; caught here, it has a name.
            match AssertUnwindSafe(work).catch_unwind().await {
                Ok(()) => tracing::debug!(part = name, "a part of this process has ended"),
                Err(_) => tracing::error!(part = name, "a part of this process panicked"),
            }
            name
        });
    }

    /// Waits until all have ended, which they may only after the soft end.
    pub(super) async fn join_all(&mut self, lifecycle: &Lifecycle) -> Result<(), RunError> {
        while let Some(ended) = self.0.join_next().await {
            if !lifecycle.soft.is_cancelled() {
                return Err(RunError::Died(ended.unwrap_or("aborted")));
            }
        }
        Ok(())
    }

    /// Waits for one that ends although it should not.
    pub(super) async fn first_end(&mut self) -> &'static str {
        match self.0.join_next().await {
            Some(ended) => ended.unwrap_or("aborted"),
            None => std::future::pending().await,
        }
    }
}
