//! How often something may happen: at most so many times in any stretch of so long.

use std::{
    sync::{LazyLock, atomic::Ordering},
    time::Duration,
};

use anyhook_domain::Timestamp;
use redis::Script;

use crate::{Cache, remote::Remote};

/// Instants kept of a window, about: more than that many admissions are counted together.
const MAX_INSTANTS: u32 = 64;

/// Redis keeps a window so much longer than it counts: the callers' clocks are not Redis's.
const SLACK: Duration = Duration::from_secs(60);

static ADMIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("admit.lua")));
static TAKE_BACK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take_back.lua")));

/// At most `most` in any stretch of `within`, which is from a millisecond to a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub most: u32,
    pub within: Duration,
}

impl Limit {
    pub(crate) fn within_ms(self) -> i64 {
        i64::try_from(self.within.min(crate::LONGEST).as_millis()).expect("a year is not that long").max(1)
    }

    /// Up to 64 admissions are counted from their own instants; of more, those that are close together from the end of
    /// their grain, so that never too many are admitted, and the next one about a 64th of the stretch too late.
    fn grain_ms(self) -> i64 {
        if self.most <= MAX_INSTANTS { 1 } else { self.within_ms() / i64::from(MAX_INSTANTS) + 1 }
    }

    pub(crate) fn counted_at(self, now: i64) -> i64 {
        let grain = self.grain_ms();
        now.saturating_add(grain - 1).div_euclid(grain) * grain
    }

    /// For how long one that was admitted may count.
    pub(crate) fn kept_for(self) -> Duration {
        Duration::from_millis(self.within_ms().saturating_add(self.grain_ms()).unsigned_abs())
    }
}

/// Whether there is room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an admission counts"]
pub enum Admission {
    Admitted,
    /// There is room again after this time, if nobody else takes it.
    Refused {
        after: Duration,
    },
}

/// A limit after somebody asked to be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub admission: Admission,
    /// How many more would be admitted now.
    pub n_left: u32,
    /// When there is more room, if nobody else takes it: the oldest of those admitted counts no longer.
    pub more_after: Duration,
}

impl Room {
    pub(crate) fn admitted(n_left: u32, more_after_ms: i64) -> Self {
        let more_after = Duration::from_millis(more_after_ms.max(1).unsigned_abs());
        Self { admission: Admission::Admitted, n_left, more_after }
    }

    pub(crate) fn refused(more_after_ms: i64) -> Self {
        let after = Duration::from_millis(more_after_ms.max(1).unsigned_abs());
        Self { admission: Admission::Refused { after }, n_left: 0, more_after: after }
    }

    #[must_use]
    pub fn is_admitted(&self) -> bool {
        self.admission == Admission::Admitted
    }
}

impl Admission {
    #[cfg(test)]
    pub(crate) fn refused(after_ms: i64) -> Self {
        Self::Refused { after: Duration::from_millis(after_ms.max(1).unsigned_abs()) }
    }
}

impl Cache {
    /// Counts one more under the key, or refuses it when there were too many. While Redis is away, each process allows
    /// that many of its own. A key has one limit; nothing that names a person belongs into it.
    pub async fn admit(&self, key: &str, limit: Limit, now: Timestamp) -> Admission {
        self.admit_into(key, limit, now).await.admission
    }

    /// The same, and says how much room is left.
    pub async fn admit_into(&self, key: &str, limit: Limit, now: Timestamp) -> Room {
        let own = self.memory().windows.admit(key, limit, now);
        match self {
            Self::Local(_) => own,
            Self::Remote(remote) => remote.admit(key, limit, now, own).await,
        }
    }

    /// One that was admitted at this instant does not count.
    pub async fn take_back(&self, key: &str, limit: Limit, admitted_at: Timestamp) {
        self.memory().windows.take_back(key, limit, admitted_at);
        if let Self::Remote(remote) = self {
            remote.take_back(key, limit, admitted_at).await;
        }
    }

    /// None of those admitted so far counts.
    pub async fn forget(&self, key: &str) {
        self.memory().windows.forget(key);
        if let Self::Remote(remote) = self {
            let key = remote.key("limit", key);
            remote.ask(async |mut redis| redis::cmd("DEL").arg(key).exec_async(&mut redis).await).await;
        }
    }
}

impl Remote {
    /// `own` is what this process's own admissions alone allow. Redis knows better, unless it was away not long ago:
    /// then it has not seen all of them.
    async fn admit(&self, key: &str, limit: Limit, now: Timestamp, own: Room) -> Room {
        if !own.is_admitted() && self.was_away_since(now - limit.kept_for()) {
            return own;
        }
        let mut script = ADMIT.key(self.key("limit", key));
        script.arg(now.unix_ms()).arg(limit.within_ms()).arg(limit.most);
        script.arg(limit.counted_at(now.unix_ms())).arg(crate::expiry(limit.kept_for() + SLACK));
        match self.ask(async |mut redis| script.invoke_async::<(i64, i64)>(&mut redis).await).await {
            Some((n_left, more_after_ms)) if n_left >= 0 => {
                Room::admitted(u32::try_from(n_left).unwrap_or(u32::MAX), more_after_ms)
            }
            Some((_, more_after_ms)) => {
                if own.is_admitted() {
                    self.memory.windows.take_back(key, limit, now);
                }
                Room::refused(more_after_ms)
            }
            None => {
                self.away_at.fetch_max(now.unix_ms(), Ordering::Relaxed);
                own
            }
        }
    }

    fn was_away_since(&self, then: Timestamp) -> bool {
        self.away_at.load(Ordering::Relaxed) >= then.unix_ms()
    }

    async fn take_back(&self, key: &str, limit: Limit, admitted_at: Timestamp) {
        let mut script = TAKE_BACK.key(self.key("limit", key));
        script.arg(limit.counted_at(admitted_at.unix_ms()));
        self.ask(async |mut redis| script.invoke_async::<()>(&mut redis).await).await;
    }
}
