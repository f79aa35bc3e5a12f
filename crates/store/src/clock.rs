//! The one place that reads the wall clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhook_domain::Timestamp;
use tokio::sync::watch;

/// What time it is, and waiting for a later time; handed to everything that asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(watch::Receiver<i64>, Arc<AtomicI64>),
}

/// Moves a manual clock.
#[derive(Debug)]
pub struct Hand {
    ticks: watch::Sender<i64>,
    now_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until its hand is moved.
    #[must_use]
    pub fn manual(start: Timestamp) -> (Self, Hand) {
        let (ticks, seen) = watch::channel(start.unix_ms());
        let now_ms = Arc::new(AtomicI64::new(start.unix_ms()));
        (Self(Source::Manual(seen, now_ms.clone())), Hand { ticks, now_ms })
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(_, now_ms) => Timestamp::from_unix_ms(now_ms.load(Ordering::SeqCst)),
        }
    }

    /// Waits for so long on this clock, counted from the call. On the machine's clock the wait is monotonic: setting
    /// the clock back does not prolong it.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let (source, until) = (self.0.clone(), self.now() + duration);
        let deadline = tokio::time::Instant::now() + duration;
        async move {
            match source {
                Source::System => tokio::time::sleep_until(deadline).await,
                Source::Manual(mut seen, _) => {
                    if seen.wait_for(|now| *now >= until.unix_ms()).await.is_err() {
                        // The hand is gone: nothing will ever be due again.
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }
}

impl Hand {
    /// Moves the clock on and wakes whoever waited for a time that has come.
    pub fn advance(&self, duration: Duration) {
        let moved = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let now = self.now_ms.fetch_add(moved, Ordering::SeqCst) + moved;
        self.ticks.send_replace(now);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn system_now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(0) + since_epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers() {
        let (clock, hand) = Clock::manual(Timestamp::from_unix_ms(1_000));
        let sleeper = clock.clone();
        let mut asleep = std::pin::pin!(sleeper.sleep(Duration::from_secs(20)));
        hand.advance(Duration::from_secs(19));
        assert!(futures_poll(&mut asleep).await.is_none());
        hand.advance(Duration::from_secs(1));
        asleep.await;
        assert_eq!(clock.now(), Timestamp::from_unix_ms(21_000));
    }

    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        tokio::select! { biased; out = future => Some(out), () = std::future::ready(()) => None }
    }
}
