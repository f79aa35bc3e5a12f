//! Stopping: a soft end first, a hard one after it.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two ends of a process.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Take nothing new, finish what runs.
    pub soft: CancellationToken,
    /// Stop now.
    pub hard: CancellationToken,
}

impl Lifecycle {
    /// Waits for signals: the first ends softly, a second one or the end of the grace period hard.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub async fn follow_signals(self, grace: Duration) -> std::io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut next = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
        next().await;
        tracing::info!("stopping: nothing new is taken; a second signal stops at once");
        self.soft.cancel();
        tokio::select! { () = next() => {}, () = tokio::time::sleep(grace) => {} }
        tracing::warn!("stopping now: attempts that are running are cut off, and made again later");
        self.hard.cancel();
        Ok(())
    }
}
