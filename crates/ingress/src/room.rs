//! Room for what takes long to work out: elsewhere than on the threads that take requests, and little of it at once.

use std::thread::available_parallelism;

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
    task::block_in_place,
    time::{Instant, timeout_at},
};

use crate::rejection::Rejection;

/// As much as is worked out without room: a few milliseconds.
const SMALL: usize = 4 * 1024 * 1024;
/// A body that is sealed and read without room.
const SMALL_BODY: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Room(Semaphore);

impl Default for Room {
    /// Half of the processors go on with everything else.
    fn default() -> Self {
        let n_processors = available_parallelism().map_or(1, usize::from);
        Self(Semaphore::new((n_processors / 2).max(1)))
    }
}

/// Whether something over a body so long wants room, if so many bytes may be looked at for it.
pub(crate) const fn wants_room(body_bytes: usize, bytes_looked_at: usize) -> bool {
    body_bytes > SMALL_BODY || bytes_looked_at > SMALL
}

impl Room {
    /// Works something out, once there is room.
    ///
    /// # Errors
    /// [`Rejection::Unavailable`] when there was none in time.
    pub(crate) async fn work_out<T>(&self, by: Instant, work: impl FnOnce() -> T) -> Result<T, Rejection> {
        let place = timeout_at(by, self.0.acquire()).await.map_err(|_| Rejection::Unavailable)?;
        let _place = place.expect("nobody closes it");
        Ok(match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => block_in_place(work),
            // There is no other thread that the rest could go on with.
            _ => work(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use tokio::task::JoinSet;

    use super::*;

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_rest_goes_on_meanwhile() {
        let (say, heard) = mpsc::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let room = Room::default();
            room.work_out(in_a_minute(), move || heard.recv_timeout(Duration::from_secs(30))).await
        });
        // Runs on the only thread, behind what waits for it.
        tasks.spawn(async move { Ok(say.send(()).map_err(|_| mpsc::RecvTimeoutError::Timeout)) });
        while let Some(done) = tasks.join_next().await {
            assert_eq!(done.unwrap(), Ok(Ok(())));
        }
    }

    #[tokio::test]
    async fn whoever_finds_no_room_in_time_is_told() {
        let room = Room(Semaphore::new(1));
        let place = room.0.acquire().await.unwrap();
        assert_eq!(room.work_out(Instant::now(), || 1).await, Err(Rejection::Unavailable));
        drop(place);
        assert_eq!(room.work_out(in_a_minute(), || 2).await, Ok(2));
    }

    #[test]
    fn large_bodies_and_hard_questions_want_room() {
        assert_eq!(
            [(1_000, 1_000_000), (SMALL_BODY, 0), (SMALL_BODY + 1, 0), (1_000, SMALL + 1)]
                .map(|it| wants_room(it.0, it.1)),
            [false, false, true, true]
        );
    }
}
