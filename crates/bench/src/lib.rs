//! Shared parts of the bench programs; each program lives in `src/bin`.

pub mod body;
pub mod dist;
pub mod extract;
pub mod latency;
pub mod lists;
pub mod rig;
pub mod rng;
pub mod sign;
pub mod size;
pub mod template;

use std::time::{SystemTime, UNIX_EPOCH};

/// Wall-clock time in microseconds since the Unix epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "times are compared between processes, so it is the wall clock that counts"
)]
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as u64)
}

/// A runtime with `threads` workers; one thread means the cheaper
/// current-thread runtime, which matters when the load generator shares its
/// cores with the system under test.
pub fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = if threads <= 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        let mut b = tokio::runtime::Builder::new_multi_thread();
        b.worker_threads(threads);
        b
    };
    builder.enable_all().build()
}
