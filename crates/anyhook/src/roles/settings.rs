//! What the services are set up with, alike in one process and in processes of their own.

use std::time::Duration;

use anyhook_domain::seal::Key;
use anyhook_tenants::{MailConfig, Quickstart};

use crate::config::{Accounts, Attempts};

/// How long a browser stays signed in.
const SESSION_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Passwords that are hashed at once: each takes tens of milliseconds and MiBs.
const MOST_HASHES: usize = 2;

/// Tenants that nobody has claimed yet; beyond it, quickstarts wait until some have ended.
const MOST_UNCLAIMED: u32 = 5_000;

#[must_use]
pub fn tenants(
    accounts: Accounts,
    master_key: Key,
    mail: MailConfig,
    ingress_url: Option<String>,
) -> anyhook_tenants::Config {
    let is_on = accounts.is_quickstart_on.unwrap_or(false);
    anyhook_tenants::Config {
        plans: accounts.plans,
        quickstart: Quickstart { is_on, most_unclaimed: MOST_UNCLAIMED },
        operators: accounts.operators,
        openid: accounts.openid,
        ingress_url,
        session_for: SESSION_FOR,
        master_key,
        mail,
        max_hashes: MOST_HASHES,
    }
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
