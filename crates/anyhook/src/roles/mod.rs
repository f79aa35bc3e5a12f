//! The roles of a process: which loops run, and in which order they end.

mod all;
mod process;
pub mod settings;
mod tasks;

pub use all::{Parts, run_all};
pub use process::Process;

use anyhook_tenants::StartError;

/// Why a process cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Start(#[from] StartError),
    /// Better to be started again than to go on without a part: what was acknowledged is in the log.
    #[error("a part of this process ended before its time: {0}; its log line says why")]
    Died(&'static str),
}
