//! `anyhook up`: everything in one process, on embedded storage.

use std::net::SocketAddr;

use anyhook_cache::Cache;
use anyhook_egress::{Egress, EgressConfig};
use anyhook_queue::{Queue, Spool};
use anyhook_store::{Clock, Store};
use anyhow::Result;

use crate::{
    config::UpSettings,
    data_dir::DataDir,
    lifecycle::Lifecycle,
    listen::{Listener, raise_file_limit},
    roles::{self, Parts},
    telemetry,
};

/// Hints that wait in this process; beyond it deliveries are found when they are overdue.
pub const QUEUE_CAPACITY: usize = 100_000;
/// Starts, tells where it is, and runs until a signal.
///
/// # Errors
/// A sentence that says what kept it from starting.
pub async fn run(settings: UpSettings) -> Result<()> {
    let _telemetry = telemetry::start(&settings.telemetry, "anyhook")?;
    raise_file_limit();
    let folder = DataDir::take(&settings.data_dir)?;
    let store = Store::open_with(&settings.database_url(), settings.database.options()).await?;
    store.migrate().await?;
    let is_new = !store.has_master_key().await?;
    let master_key = folder.master_key(settings.master_key_file.as_deref(), is_new)?;

    let ingress_listener = Listener::bind(settings.ingress.addr, "ANYHOOK_INGRESS_ADDR").await?;
    let dashboard_listener = Listener::bind(settings.dashboard_addr, "ANYHOOK_DASHBOARD_ADDR").await?;
    let own_ingress_url = public_url(None, ingress_listener.address()?);
    let ingress_url = public_url(settings.public_ingress_url.as_deref(), ingress_listener.address()?);
    let dashboard_url = public_url(settings.public_dashboard_url.as_deref(), dashboard_listener.address()?);

    let lifecycle = Lifecycle::default();
    #[expect(clippy::disallowed_methods, reason = "ends with the process")]
    let signals = tokio::spawn(lifecycle.clone().follow_signals(settings.stopping));
    let parts = Parts {
        store: store.clone(),
        queue: Queue::local(QUEUE_CAPACITY),
        spool: Spool::none(),
        cache: Cache::local(),
        egress: Egress::new(EgressConfig { allow: settings.allow_destinations(), ..EgressConfig::default() })?,
        clock: Clock::system(),
        tenants: roles::settings::tenants(
            settings.accounts(),
            master_key,
            settings.mail(&dashboard_url),
            Some(own_ingress_url),
        ),
        ingress: anyhook_ingress::Config {
            public_url: ingress_url.clone(),
            max_body_bytes: settings.ingress.max_body_bytes,
            ..anyhook_ingress::Config::default()
        },
        delivery: roles::settings::delivery(settings.attempts),
        dashboard: anyhook_dashboard::Config {
            public_ingress_url: ingress_url.clone(),
            public_dashboard_url: dashboard_url.clone(),
            replay_grace: anyhook_delivery::Config::default().hint_grace,
            hears_others: true,
            requests_per_minute: settings.api_requests_per_minute,
            trusted_proxies: settings.trusted_proxies.clone(),
        },
        ingress_listener,
        dashboard_listener,
    };
    greet(is_new, &settings, &ingress_url, &dashboard_url);
    roles::run_all(parts, lifecycle).await?;
    signals.abort();
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn public_url(given: Option<&str>, bound: SocketAddr) -> String {
    given.map_or_else(|| format!("http://{bound}"), str::to_owned)
}

/// What a person needs to know, on standard output; the log goes to standard error.
fn greet(is_new: bool, settings: &UpSettings, ingress_url: &str, dashboard_url: &str) {
    println!("AnyHook is up.");
    println!("  Dashboard and API  {dashboard_url}   (reference: {dashboard_url}/reference)");
    println!("  Inbound URLs       {ingress_url}/{{tenant}}/{{app}}");
    println!("  Data folder        {}", settings.data_dir.display());
    if is_new {
        println!();
        println!("The database is new. Keep a copy of the master key (master.key in the data folder) apart from it:");
        println!("without that key nothing in it can be read.");
        println!("Sign up, and keep the apiKey of the answer:");
        println!();
        println!("  curl {dashboard_url}/api/v1/signup -H 'Content-Type: application/json' \\");
        println!(
            "    -d '{{\"email\":\"you@example.com\",\"password\":\"at least 8 characters\",\"tenant\":{{\"name\":\"Acme\"}}}}'"
        );
        println!();
        println!("Or watch the whole story first, in a second terminal:  anyhook demo");
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_comes_from_the_setting_or_the_socket() {
        let bound: SocketAddr = "127.0.0.1:4401".parse().unwrap();
        assert_eq!(public_url(None, bound), "http://127.0.0.1:4401");
        assert_eq!(public_url(Some("https://in.example"), bound), "https://in.example");
    }
}
