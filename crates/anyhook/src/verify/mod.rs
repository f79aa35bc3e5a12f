//! `anyhook verify`: holds requests that are written down, or one that was captured, against the sources.

mod captured;
mod case;
mod handshake;
mod signature;

use std::{fmt, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 when all is as expected, or the captured request is its provider's; else 1.")]
pub(crate) struct Args {
    /// Files of cases: JSON with `vectors` (requests, and whether they verify) or `handshakes` (and what is answered)
    files: Vec<PathBuf>,
    #[command(flatten)]
    captured: captured::Captured,
}

/// # Errors
/// When a file cannot be read, or a case is not as expected; all are listed before.
pub(crate) async fn run(args: Args) -> Result<()> {
    if args.files.is_empty() == args.captured.source.is_none() {
        bail!("name files of cases, or one captured request by --source and what goes with it; see --help");
    }
    if args.captured.source.is_some() {
        return args.captured.run().await;
    }
    let mut outcomes = Vec::new();
    for path in &args.files {
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file: File = serde_json::from_slice(&text).with_context(|| {
            format!("{} is no file of cases: it has neither vectors nor handshakes", path.display())
        })?;
        outcomes.extend(file.play());
    }
    outcomes.iter().for_each(|outcome| println!("{outcome}"));
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|it| wanted(it)).count();
    let n_failed = count(|it| matches!(it, Outcome::Failed { .. }));
    let (n_ok, n_open) = (count(|it| matches!(it, Outcome::Ok(_))), count(|it| matches!(it, Outcome::Open { .. })));
    println!("{n_ok} ok, {n_failed} failed, {n_open} not asserted, {} in all", outcomes.len());
    if n_failed > 0 {
        bail!("{n_failed} of {} cases are not as expected", outcomes.len());
    }
    Ok(())
}

/// What became of one case.
#[derive(Debug)]
enum Outcome {
    Ok(String),
    Failed {
        id: String,
        why: String,
    },
    /// The case asserts nothing.
    Open {
        id: String,
        got: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(id) => write!(f, "ok {id}"),
            Self::Failed { id, why } => write!(f, "FAIL {id}: {why}"),
            Self::Open { id, got } => write!(f, "-- {id}: {got}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Vectors { vectors: Vec<signature::Vector> },
    Handshakes { handshakes: Vec<handshake::Case> },
}

impl File {
    fn play(&self) -> Vec<Outcome> {
        match self {
            Self::Vectors { vectors } => vectors.iter().map(signature::Vector::play).collect(),
            Self::Handshakes { handshakes } => handshakes.iter().map(handshake::Case::play).collect(),
        }
    }
}
