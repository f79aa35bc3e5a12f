//! Whether the log can be written to now, as far as this process knows.

use tokio::sync::watch;

/// Shared by who appends and who drains the spool; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Away(watch::Sender<bool>);

impl Away {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn is_away(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) fn set(&self, is_away: bool) {
        if self.0.send_replace(is_away) == is_away {
            return;
        }
        if is_away {
            tracing::warn!("the event log is away: events go into the spool");
        } else {
            tracing::info!("the event log is back");
        }
    }

    /// Waits until it is away.
    pub(crate) async fn gone(&self) {
        // The sender lives as long as this value.
        let _ = self.0.subscribe().wait_for(|is_away| *is_away).await;
    }
}
