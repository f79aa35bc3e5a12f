//! `anyhook anchors`: checks the chain over each day's events, without trusting whoever gave it.

mod answers;
mod chain;
mod fetch;
mod proofs;

use std::{fmt, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use answers::Answer;
use chain::Chain;
use proofs::Proofs;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check anchors, and proofs of single events, from an API or from files
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A day is checked against the day before it; with its apps' roots, its anchor is computed anew. A file that was kept from \
earlier, beside --url, shows whether the chain has changed since.

Exit status: 0 when all is as it must be, else 1.")]
struct Verify {
    /// Fetch the whole chain from this API, such as http://127.0.0.1:4400
    #[arg(long)]
    url: Option<String>,
    /// Files with answers of /api/v1/anchors, with or without a day, or of /api/v1/events/{id}/proof
    files: Vec<PathBuf>,
}

/// What was found out about a day or an event.
enum Finding {
    Ok(String),
    /// It is too early to say.
    Open(String),
    Failed(String),
}

/// # Errors
/// When something cannot be read, or is not as it must be; all findings are listed before.
pub(crate) async fn run(args: Args) -> Result<()> {
    let Command::Verify(args) = args.command;
    if args.url.is_none() && args.files.is_empty() {
        bail!("name an API by --url, or files with its answers; see --help");
    }
    let (mut chain, mut proofs) = (Chain::default(), Proofs::default());
    for path in &args.files {
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let answer = serde_json::from_slice(&text).with_context(|| {
            format!("{} is neither an answer of /api/v1/anchors nor one of /api/v1/events/{{id}}/proof", path.display())
        })?;
        match answer {
            Answer::Anchors { anchors, .. } => chain.add(anchors),
            Answer::Proof(proof) => proofs.add(*proof),
        }
    }
    if let Some(url) = &args.url {
        chain.is_whole = true;
        fetch::chain(url, &mut chain).await?;
    }
    report(chain.check().into_iter().chain(proofs.check(&chain)).collect())
}

fn report(findings: Vec<Finding>) -> Result<()> {
    findings.iter().for_each(|finding| println!("{finding}"));
    let n_failed = findings.iter().filter(|it| matches!(it, Finding::Failed(_))).count();
    if n_failed > 0 {
        bail!("{n_failed} of {} are not as they must be", findings.len());
    }
    Ok(())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(text) => write!(f, "ok {text}"),
            Self::Open(text) => write!(f, "-- {text}"),
            Self::Failed(text) => write!(f, "FAIL {text}"),
        }
    }
}
