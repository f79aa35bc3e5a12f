//! Stopping: a soft end first, a hard one after it.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Stopping;

/// The ends of a process.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// The end has been announced: say so to whoever asks, and go on.
    pub stopping: CancellationToken,
    /// Take nothing new, finish what runs.
    pub soft: CancellationToken,
    /// Stop now.
    pub hard: CancellationToken,
}

impl Lifecycle {
    /// Waits for signals: the first ends softly, after a delay; a second one or the end of the grace period hard.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub async fn follow_signals(self, Stopping { delay, grace }: Stopping) -> std::io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut next = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
        next().await;
        self.stopping.cancel();
        tracing::info!("stopping: what runs is finished; a second signal stops at once");
        let is_second = tokio::select! { () = next() => true, () = tokio::time::sleep(delay) => false };
        self.soft.cancel();
        if !is_second {
            tokio::select! { () = next() => {}, () = tokio::time::sleep(grace) => {} }
        }
        tracing::warn!("stopping now: attempts that are running are cut off, and made again later");
        self.hard.cancel();
        Ok(())
    }
}
