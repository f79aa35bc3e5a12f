//! What the kernel says of a running process.

use std::{fs, iter::Sum, str::FromStr};

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

impl Sum for Usage {
    /// Of several processes; the sum of their peaks, which need not have been at one time.
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), |sum, usage| Self {
            cpu_s: sum.cpu_s + usage.cpu_s,
            rss_mib: sum.rss_mib + usage.rss_mib,
            peak_rss_mib: sum.peak_rss_mib + usage.peak_rss_mib,
            written_mib: sum.written_mib + usage.written_mib,
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

/// User's and system's time.
fn cpu_seconds(stat: &str) -> Option<f64> {
    Some((field::<f64>(stat, 11)? + field::<f64>(stat, 12)?) / TICKS_PER_SECOND)
}

/// The same with that of the children that have ended.
pub(super) fn cpu_seconds_with_ended(stat: &str) -> Option<f64> {
    Some(cpu_seconds(stat)? + (field::<f64>(stat, 13)? + field::<f64>(stat, 14)?) / TICKS_PER_SECOND)
}

/// Which process started this one.
pub(super) fn parent(stat: &str) -> Option<u32> {
    field(stat, 1)
}

/// One after the second field, which is the program's name and may hold blanks and brackets.
fn field<T: FromStr>(stat: &str, at: usize) -> Option<T> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(at)?.parse().ok()
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
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 100 25 20 0 3 0 100 1000 200";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds_with_ended(stat), Some(4.25));
        assert_eq!(parent(stat), Some(1));
        assert_eq!(number("VmPeak:\t  9 kB\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2048.0));
        assert_eq!(number("", "VmRSS:"), None);
        assert_eq!(busy_seconds("cpu  100 10 20 9000 500 1 2 3 70 0\ncpu0 1"), Some(1.36));
    }

    #[test]
    fn several_processes_are_added_up() {
        let one = Usage { cpu_s: 1.0, rss_mib: 2.0, peak_rss_mib: 3.0, written_mib: 4.0 };
        let sum: Usage = [one, one].into_iter().sum();
        assert_eq!((sum.cpu_s, sum.rss_mib, sum.peak_rss_mib, sum.written_mib), (2.0, 4.0, 6.0, 8.0));
    }

    #[test]
    fn knows_itself() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.rss_mib > 0.0 && usage.peak_rss_mib >= usage.rss_mib);
    }
}
