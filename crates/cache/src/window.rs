//! The sliding window of a limit, in this process's memory. The rule is written again in `admit.lua`.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use anyhook_domain::Timestamp;
use quick_cache::sync::Cache;

use crate::{Limit, Room};

/// Keys remembered at most, of up to 66 entries each: ten megabytes if all of them are busy.
const MAX_KEYS: usize = 10_000;

/// How many were admitted, by the instant that they count from.
#[derive(Debug, Default)]
struct Window(BTreeMap<i64, u32>);

impl Window {
    fn admit(&mut self, limit: Limit, now: i64) -> Room {
        let within = limit.within_ms();
        self.0.retain(|at, _| at.saturating_add(within) > now);
        let n_admitted: u64 = self.0.values().copied().map(u64::from).sum();
        if n_admitted >= limit.most.into() {
            let oldest = self.0.keys().next().copied().unwrap_or(now);
            return Room::refused(oldest.saturating_add(within).saturating_sub(now));
        }
        *self.0.entry(limit.counted_at(now)).or_default() += 1;
        let oldest = self.0.keys().next().copied().unwrap_or(now);
        let n_left = u64::from(limit.most) - n_admitted - 1;
        Room::admitted(u32::try_from(n_left).unwrap_or(u32::MAX), oldest.saturating_add(within).saturating_sub(now))
    }

    fn take_back(&mut self, at: i64) {
        if let Some(n) = self.0.get_mut(&at) {
            *n -= 1;
            if *n == 0 {
                self.0.remove(&at);
            }
        }
    }
}

/// The windows of all keys.
#[derive(Debug)]
pub(crate) struct Windows(Cache<String, Arc<Mutex<Window>>>);

impl Default for Windows {
    fn default() -> Self {
        Self(Cache::new(MAX_KEYS))
    }
}

impl Windows {
    pub(crate) fn admit(&self, key: &str, limit: Limit, now: Timestamp) -> Room {
        let Ok(window) = self.0.get_or_insert_with(key, || Ok::<_, Infallible>(Arc::default()));
        window.lock().expect("no holder of this lock panics").admit(limit, now.unix_ms())
    }

    pub(crate) fn take_back(&self, key: &str, limit: Limit, admitted_at: Timestamp) {
        if let Some(window) = self.0.get(key) {
            let at = limit.counted_at(admitted_at.unix_ms());
            window.lock().expect("no holder of this lock panics").take_back(at);
        }
    }

    pub(crate) fn forget(&self, key: &str) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Admission;

    fn limit(most: u32, within_ms: u64) -> Limit {
        Limit { most, within: Duration::from_millis(within_ms) }
    }

    #[test]
    fn a_small_limit_is_exact() {
        let mut window = Window::default();
        let limit = limit(3, 1000);
        assert!([0, 1, 1].into_iter().all(|now| window.admit(limit, now).is_admitted()));
        assert_eq!(window.admit(limit, 400).admission, Admission::refused(600));
        assert_eq!(window.admit(limit, 999).admission, Admission::refused(1));
        assert_eq!(window.admit(limit, 1000).admission, Admission::Admitted);
        assert_eq!(window.admit(limit, 1000).admission, Admission::refused(1));
    }

    /// More and more often, then never, then again; whatever the instants, no window holds too many.
    #[test]
    fn no_window_holds_more_than_the_limit_and_few_instants_are_kept() {
        for (most, within) in [(1, 1), (1, 1000), (64, 1000), (65, 1000), (1000, 60_000), (5000, 500)] {
            let (limit, mut window, mut admitted) = (limit(most, within), Window::default(), Vec::new());
            let within = i64::try_from(within).unwrap();
            for now in (0..20_000).map(|n| n * within / 4000 + (n / 7000) * within) {
                match window.admit(limit, now).admission {
                    Admission::Admitted => admitted.push(now),
                    Admission::Refused { after } => assert!(after <= limit.kept_for(), "{after:?}"),
                }
                assert!(window.0.len() <= 66, "{} instants", window.0.len());
            }
            let most = usize::try_from(most).unwrap();
            assert!(admitted.len() >= most, "{limit:?}: {}", admitted.len());
            assert!(admitted.windows(most + 1).all(|pair| pair[most] - pair[0] >= within), "{limit:?}");
        }
    }

    #[test]
    fn after_the_time_that_a_refusal_names_there_is_room() {
        for most in [1, 10, 100] {
            let (limit, mut window) = (limit(most, 1000), Window::default());
            let mut now = 0;
            for _ in 0..1000 {
                now += match window.admit(limit, now).admission {
                    Admission::Admitted => 1,
                    Admission::Refused { after } => {
                        let later = now + i64::try_from(after.as_millis()).unwrap();
                        assert_eq!(window.admit(limit, later).admission, Admission::Admitted);
                        later - now
                    }
                };
            }
        }
    }

    #[test]
    fn what_was_taken_back_does_not_count() {
        let (limit, mut window) = (limit(1, 1000), Window::default());
        assert_eq!(window.admit(limit, 5).admission, Admission::Admitted);
        window.take_back(4);
        assert_ne!(window.admit(limit, 6).admission, Admission::Admitted, "another one was taken back");
        window.take_back(5);
        assert_eq!(window.admit(limit, 6).admission, Admission::Admitted);
        assert_ne!(window.admit(limit, 6).admission, Admission::Admitted);
    }

    #[test]
    fn the_room_that_is_left_is_said() {
        let (limit, mut window) = (limit(3, 1000), Window::default());
        let mut said = |now| {
            let room = window.admit(limit, now);
            (room.is_admitted(), room.n_left, room.more_after.as_millis())
        };
        assert_eq!([0, 200, 300].map(&mut said), [(true, 2, 1000), (true, 1, 800), (true, 0, 700)]);
        assert_eq!([400, 1000].map(&mut said), [(false, 0, 600), (true, 0, 200)]);
    }

    #[test]
    fn nothing_is_admitted_where_the_limit_is_none() {
        assert_eq!(Window::default().admit(limit(0, 1000), 5).admission, Admission::refused(1000));
    }

    #[test]
    fn memory_is_bounded_and_what_is_full_stays_full() {
        let (limit, windows) = (limit(10, 900_000), Windows::default());
        let at = Timestamp::from_unix_ms;
        for _ in 0..11 {
            let _ = windows.admit("full", limit, at(0));
        }
        for n in 0..3 * MAX_KEYS {
            let _ = windows.admit(&n.to_string(), limit, at(1));
        }
        assert!(windows.0.len() <= MAX_KEYS);
        assert!(!windows.admit("full", limit, at(2)).is_admitted());
    }
}
