//! The command line.

use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{anchors, check, config, demo, migrate, services, up, verify};

/// An inbound webhook gateway: point a provider at AnyHook, keep your handler.
#[derive(Parser)]
#[command(name = "anyhook", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in one process, on embedded storage
    Up(Box<config::UpArgs>),
    /// Run the inbound URLs: where providers post to
    Ingress(Box<config::IngressServiceArgs>),
    /// Run the deliveries: attempts, retries, pruning
    Delivery(Box<config::DeliveryServiceArgs>),
    /// Run the tenants service: accounts, apps, secrets and keys, over gRPC
    Tenants(Box<config::TenantsServiceArgs>),
    /// Run the REST API and the dashboard
    Dashboard(Box<config::DashboardServiceArgs>),
    /// Bring the database's schema up to date
    Migrate(Box<config::StorageArgs>),
    /// Ask a service's /readyz or /healthz, and end with 0 if it says yes: for containers' health checks
    Check(check::Args),
    /// Hold requests against the sources: files of cases, or one captured request
    Verify(Box<verify::Args>),
    /// Check the chain over each day's events
    Anchors(anchors::Args),
    /// Send a webhook through a running `anyhook up` and show what happens
    Demo(demo::Args),
}

/// Reads the command line and does what it says.
///
/// # Errors
/// A sentence for the person at the terminal.
pub fn run() -> Result<()> {
    let command = config::with_file(Cli::command())?;
    for name in config::unknown_variables(&command) {
        eprintln!(
            "anyhook: {name} is no setting, and is ignored: is it misspelt? The --help of the service lists them"
        );
    }
    let cli = Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")?;
    let done = runtime.block_on(dispatch(cli.command));
    // Nothing is waited for any more: who must finish has finished.
    runtime.shutdown_background();
    done
}

async fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Up(args) => up::run(args.check()?).await,
        Command::Ingress(args) => services::ingress(args.check()?).await,
        Command::Delivery(args) => services::delivery(args.check()?).await,
        Command::Tenants(args) => services::tenants(args.check()?).await,
        Command::Dashboard(args) => services::dashboard(args.check()?).await,
        Command::Migrate(args) => migrate::run(args.check()?).await,
        Command::Check(args) => check::run(args).await,
        Command::Verify(args) => verify::run(*args).await,
        Command::Anchors(args) => anchors::run(args).await,
        Command::Demo(args) => demo::run(args).await,
    }
}
