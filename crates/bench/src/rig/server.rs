//! Servers that AnyHook uses: each is a process and all that descend from it.

use std::{collections::HashMap, convert::Infallible, fs, future::Future, str::FromStr, time::Duration};

use anyhow::{Context, Result};

use super::process::{Usage, cpu_seconds_with_ended, forget_peak, number, parent};

/// Between two looks at the memory: each walks the page tables of every process.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A server's name, and its first process.
#[derive(Clone, Debug)]
pub struct Server {
    pub name: String,
    pub pid: u32,
}

/// What a server's processes use together.
#[derive(Clone, Copy, Debug)]
pub struct Together {
    /// The peak is the first process's own.
    pub usage: Usage,
    /// Whether memory that several share is counted once.
    pub shares_are_split: bool,
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let server = text.split_once('=').and_then(|(name, pid)| {
            let pid = pid.trim().parse().ok()?;
            (!name.is_empty()).then(|| Self { name: name.to_owned(), pid })
        });
        server.ok_or_else(|| format!("{text:?} is not NAME=PID, such as postgres=1234"))
    }
}

impl Server {
    /// What it uses now, the CPU time of its processes that have ended included.
    ///
    /// # Errors
    /// When its first process is gone, or this is not Linux.
    pub fn look(&self) -> Result<Together> {
        let stats = stats();
        let first = Usage::of(self.pid).with_context(|| format!("{} has ended", self.name))?;
        let mut together =
            Together { usage: Usage { peak_rss_mib: first.peak_rss_mib, ..Usage::default() }, shares_are_split: true };
        for pid in descendants(self.pid, &stats) {
            let cpu_s = stats.get(&pid).and_then(|stat| cpu_seconds_with_ended(stat)).unwrap_or(0.0);
            together.usage.cpu_s += cpu_s;
            // Others than the first may end at any time.
            let Ok(usage) = Usage::of(pid) else { continue };
            together.usage.written_mib += usage.written_mib;
            let share = proportional_mib(pid);
            together.shares_are_split &= share.is_some() || usage.rss_mib == 0.0;
            together.usage.rss_mib += share.unwrap_or(usage.rss_mib);
        }
        Ok(together)
    }
}

/// Memory whose pages are divided by the number of those that share them.
fn proportional_mib(pid: u32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(number(&rollup, "Pss:")? / 1024.0)
}

/// What the kernel says of every process.
fn stats() -> HashMap<u32, String> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))).collect()
}

/// A process and those that it started, and those that they started.
fn descendants(first: u32, stats: &HashMap<u32, String>) -> Vec<u32> {
    let mut found = vec![first];
    let mut at = 0;
    while let Some(&of) = found.get(at) {
        found.extend(stats.iter().filter(|(_, stat)| parent(stat) == Some(of)).map(|(pid, _)| *pid));
        at += 1;
    }
    found
}

/// Looks at all of them.
///
/// # Errors
/// When one has ended.
pub fn look(servers: &[Server]) -> Result<Vec<Together>> {
    servers.iter().map(Server::look).collect()
}

/// Does the work and watches the servers' memory meanwhile; the most of each, in MiB.
///
/// # Errors
/// When a server has ended before the work.
pub async fn watched<T>(servers: &[Server], work: impl Future<Output = Result<T>>) -> Result<(T, Vec<f64>)> {
    servers.iter().for_each(|server| forget_peak(server.pid));
    let mut peaks = vec![0.0; servers.len()];
    let watch = async {
        loop {
            note_peaks(servers, &mut peaks)?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let done = tokio::select! {
        done = work => done?,
        ended = watch => {
            let Err::<Infallible, _>(error) = ended;
            return Err(error);
        }
    };
    note_peaks(servers, &mut peaks)?;
    Ok((done, peaks))
}

fn note_peaks(servers: &[Server], peaks: &mut [f64]) -> Result<()> {
    for (peak, now) in peaks.iter_mut().zip(look(servers)?) {
        *peak = peak.max(now.usage.rss_mib).max(now.usage.peak_rss_mib);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::rig::running::Running;

    #[test]
    fn a_server_is_named_with_its_process() {
        let server: Server = "postgres=17".parse().unwrap();
        assert_eq!((server.name.as_str(), server.pid), ("postgres", 17));
        for wrong in ["postgres", "=17", "postgres=x", ""] {
            assert!(wrong.parse::<Server>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn descendants_are_found_at_any_depth() {
        let stat = |parent: u32| format!("1 (x) S {parent} 1");
        let stats = [(1, stat(0)), (5, stat(1)), (6, stat(5)), (7, stat(6)), (8, stat(1))].into();
        let mut found = descendants(5, &stats);
        found.sort_unstable();
        assert_eq!(found, [5, 6, 7]);
    }

    #[tokio::test]
    async fn the_cpu_time_of_ended_children_counts() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; exec sleep 60"]);
        let shell = Running::start("sh", &mut shell).unwrap();
        let server = Server { name: "sh".to_owned(), pid: shell.pid() };
        let until = std::time::Instant::now() + Duration::from_secs(60);
        while descendants(server.pid, &stats()).len() > 1 || server.look().unwrap().usage.cpu_s < 0.05 {
            assert!(std::time::Instant::now() < until, "{:?}", server.look());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (done, peaks) = watched(std::slice::from_ref(&server), async { Ok(7) }).await.unwrap();
        assert_eq!(done, 7);
        assert!(peaks[0] > 0.0);
    }

    #[tokio::test]
    async fn a_server_that_ends_is_an_error() {
        let nobody = Server { name: "nobody".to_owned(), pid: u32::MAX };
        let never = std::future::pending::<Result<()>>();
        let error = watched(&[nobody], never).await.unwrap_err().to_string();
        assert!(error.contains("nobody has ended"), "{error}");
    }
}
