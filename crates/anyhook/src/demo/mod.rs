//! `anyhook demo`: the whole story against a running AnyHook, with a handler of its own.

mod api;
mod handler;
mod replicate;
mod story;

use std::time::Duration;

use anyhow::Result;

/// Which AnyHook, and what kind of handler.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The dashboard's URL of the running AnyHook
    #[arg(long, env = "ANYHOOK_PUBLIC_DASHBOARD_URL", default_value = "http://127.0.0.1:4400", value_name = "URL")]
    url: String,
    /// How long the demo's handler takes for a delivery
    #[arg(long, default_value = "2s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    handler_takes: Duration,
}

/// Tells the story; each line is printed when it has happened.
///
/// # Errors
/// When a step did not go as it must.
pub async fn run(args: Args) -> Result<()> {
    story::tell(&args.url, args.handler_takes).await
}
