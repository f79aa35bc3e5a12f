//! `anyhook migrate`: brings the schema up to date.

use anyhook_store::Store;
use anyhow::Result;

use crate::{config::Storage, data_dir::DataDir, telemetry};

/// # Errors
/// A sentence that says why it was not done.
pub(crate) async fn run(settings: Storage) -> Result<()> {
    let _telemetry = telemetry::start(&settings.telemetry, "anyhook-migrate")?;
    let _folder = settings.folder().map(DataDir::take).transpose()?;
    let store = Store::open_with(&settings.database_url(), settings.database.options()).await?;
    store.migrate().await?;
    store.close().await;
    println!("The schema is up to date.");
    Ok(())
}
