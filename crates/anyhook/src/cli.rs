//! The command line.

use anyhook_store::Store;
use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{config, config::RawSettings, data_dir::DataDir, demo, telemetry, up};

/// An inbound webhook gateway: point a provider at AnyHook, keep your handler.
#[derive(Debug, Parser)]
#[command(name = "anyhook", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in one process, on embedded storage
    Up(RawSettings),
    /// Bring the database's schema up to date
    Migrate(RawSettings),
    /// Send a webhook through a running `anyhook up` and show what happens
    Demo(demo::Args),
}

/// Reads the command line and does what it says.
///
/// # Errors
/// A sentence for the person at the terminal.
pub fn run() -> Result<()> {
    let command = config::with_file(Cli::command())?;
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
        Command::Up(settings) => up::run(settings.check()?).await,
        Command::Migrate(settings) => migrate(settings.check()?).await,
        Command::Demo(args) => demo::run(args).await,
    }
}

async fn migrate(settings: config::Settings) -> Result<()> {
    let _telemetry = telemetry::start(&settings.telemetry)?;
    let _folder = DataDir::take(&settings.data_dir)?;
    let store = Store::open(&settings.database()?).await?;
    store.migrate().await?;
    store.close().await;
    println!("The schema is up to date.");
    Ok(())
}
