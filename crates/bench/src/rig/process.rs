//! What the kernel says of a running process.

use std::{fs, str::FromStr};

use anyhow::{Context, Result};

/// Clock ticks per second in `/proc/PID/stat`: 100 on every Linux architecture in use.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub cpu_s: f64,
    pub rss_mib: f64,
    pub peak_rss_mib: f64,
    /// What it caused to be written to a disk.
    pub written_mib: f64,
}

impl Usage {
    /// Asks for a process.
    ///
    /// # Errors
    /// When it is gone, or this is not Linux.
    pub fn of(pid: u32) -> Result<Self> {
        let read = |file: &str| {
            let path = format!("/proc/{pid}/{file}");
            fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))
        };
        let (stat, status) = (read("stat")?, read("status")?);
        // Not to be had under some sandboxes.
        let io = read("io").unwrap_or_default();
        Ok(Self {
            cpu_s: cpu_seconds(&stat).context("the kernel's stat names the CPU's ticks")?,
            rss_mib: number(&status, "VmRSS:").unwrap_or(0.0) / 1024.0,
            peak_rss_mib: number(&status, "VmHWM:").unwrap_or(0.0) / 1024.0,
            written_mib: number(&io, "write_bytes:").unwrap_or(0.0) / 1024.0 / 1024.0,
        })
    }
}

/// CPU time that the whole machine has spent since it started, a hypervisor's other guests included.
pub fn machine_cpu_s() -> f64 {
    fs::read_to_string("/proc/stat").ok().and_then(|stat| busy_seconds(&stat)).unwrap_or(0.0)
}

/// The first line: user, nice, system, idle, iowait, irq, softirq, steal.
fn busy_seconds(stat: &str) -> Option<f64> {
    let fields: Vec<f64> = stat.lines().next()?.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    let is_idle = |at: usize| at == 3 || at == 4;
    let busy = fields.iter().take(8).enumerate().filter(|(at, _)| !is_idle(*at)).map(|(_, ticks)| ticks);
    Some(busy.sum::<f64>() / TICKS_PER_SECOND)
}

/// Makes the peak of the resident memory begin anew.
pub fn forget_peak(pid: u32) {
    // Where it is refused, the peak is that of the whole run.
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// User's and system's time. The second field is the program's name, which may hold blanks and brackets.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| f64::from_str(ticks).ok());
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// The number after a label at the beginning of a line.
pub(super) fn number(text: &str, label: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_writes() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 100 1000 200";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(number("VmPeak:\t  9 kB\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2048.0));
        assert_eq!(number("", "VmRSS:"), None);
        assert_eq!(busy_seconds("cpu  100 10 20 9000 500 1 2 3 70 0\ncpu0 1"), Some(1.36));
    }

    #[test]
    fn knows_itself() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.rss_mib > 0.0 && usage.peak_rss_mib >= usage.rss_mib);
    }
}
