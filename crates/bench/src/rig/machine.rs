//! What the numbers depend on besides the programs.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::Instant,
};

use anyhow::Result;
use serde::Serialize;

use super::process::number;

const N_SYNCS: usize = 100;

#[derive(Debug, Serialize)]
pub struct Machine {
    pub cpu: Option<String>,
    pub n_cores: usize,
    pub memory_mib: f64,
    pub kernel: Option<String>,
    /// Median time to append 4 KiB to a file and to make them durable, where the data folders are.
    pub sync_ms: f64,
}

impl Machine {
    /// Looks at this machine.
    ///
    /// # Errors
    /// When nothing can be written to `folder`.
    pub fn look(folder: &Path) -> Result<Self> {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Ok(Self {
            cpu: cpus.lines().find(|line| line.starts_with("model name")).and_then(after_colon),
            n_cores: std::thread::available_parallelism()?.get(),
            memory_mib: number(&memory, "MemTotal:").unwrap_or(0.0) / 1024.0,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|release| release.trim().to_owned()),
            sync_ms: sync_ms(folder)?,
        })
    }
}

fn after_colon(line: &str) -> Option<String> {
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn sync_ms(folder: &Path) -> Result<f64> {
    let path = folder.join("anyhook-bench-sync");
    let mut file = File::create(&path)?;
    let mut took: Vec<_> = (0..N_SYNCS).map(|_| sync(&mut file)).collect::<Result<_>>()?;
    fs::remove_file(&path)?;
    took.sort_by(f64::total_cmp);
    Ok(took[N_SYNCS / 2])
}

fn sync(file: &mut File) -> Result<f64> {
    let start = Instant::now();
    file.write_all(&[7; 4096])?;
    file.sync_data()?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}
