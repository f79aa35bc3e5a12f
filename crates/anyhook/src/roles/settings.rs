//! What the services are set up with, alike in one process and in processes of their own.

use std::time::Duration;

use anyhook_domain::{plan::Plan, seal::Key};

use crate::config::Attempts;

/// How long a browser stays signed in.
const SESSION_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Passwords that are hashed at once: each takes tens of milliseconds and MiBs.
const MOST_HASHES: usize = 2;

#[must_use]
pub fn tenants(default_plan: Plan, master_key: Key) -> anyhook_tenants::Config {
    anyhook_tenants::Config { default_plan, session_for: SESSION_FOR, master_key, max_hashes: MOST_HASHES }
}

#[must_use]
pub fn delivery(attempts: Attempts) -> anyhook_delivery::Config {
    anyhook_delivery::Config {
        max_in_flight: attempts.max_in_flight,
        max_per_destination: attempts.max_per_destination,
        lease_margin: attempts.lease_margin,
        ..anyhook_delivery::Config::default()
    }
}
