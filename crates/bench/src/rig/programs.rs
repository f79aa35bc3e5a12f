//! Where the programs are, and making them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

pub struct Programs {
    pub anyhook: PathBuf,
    pub blast: PathBuf,
    pub sink: PathBuf,
    /// Cargo's target folder; the data folders and the results go there too.
    pub target_dir: PathBuf,
    /// Whether `anyhook` was built from this tree, now.
    pub are_built: bool,
}

impl Programs {
    /// Takes the given `anyhook`, or builds it and the bench programs.
    ///
    /// # Errors
    /// When one is missing or cannot be built.
    pub fn find(anyhook: Option<PathBuf>) -> Result<Self> {
        let own = std::env::current_exe()?;
        let beside = own.parent().context("a program lies in a folder")?;
        let target_dir = beside.parent().context("cargo's target folder has one for each profile")?.to_owned();
        let are_built = anyhook.is_none();
        let (anyhook, folder) = match anyhook {
            Some(anyhook) => (anyhook.canonicalize().unwrap_or(anyhook), beside.to_owned()),
            None => {
                build(&target_dir, &["-p", "anyhook"])?;
                build(&target_dir, &["-p", "anyhook-bench", "--bins"])?;
                (target_dir.join("release/anyhook"), target_dir.join("release"))
            }
        };
        let programs = Self { anyhook, blast: folder.join("blast"), sink: folder.join("sink"), target_dir, are_built };
        for program in [&programs.anyhook, &programs.blast, &programs.sink] {
            ensure!(program.is_file(), "{} is missing; build it, or leave --anyhook out", program.display());
        }
        Ok(programs)
    }

    /// What `anyhook --version` prints.
    pub fn version(&self) -> Option<String> {
        output(Command::new(&self.anyhook).arg("--version"))
    }

    /// The commit that `anyhook` was built from, with `+` when the tree has other changes. Of a program that was given,
    /// nobody knows.
    pub fn commit(&self) -> Option<String> {
        let git = |args: &[&str]| output(Command::new("git").arg("-C").arg(here()).args(args));
        let commit = self.are_built.then(|| git(&["rev-parse", "HEAD"]))??;
        let is_changed = git(&["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
        Some(if is_changed { format!("{commit}+") } else { commit })
    }
}

/// One package at a time, as `make build` does it: built together they would share their dependencies' features.
fn build(target_dir: &Path, what: &[&str]) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["build", "--release"]).args(what).arg("--target-dir").arg(target_dir).current_dir(here());
    let status = command.status().context("cargo cannot be started; build anyhook, and name it with --anyhook")?;
    ensure!(status.success(), "cargo build --release {} failed", what.join(" "));
    Ok(())
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
