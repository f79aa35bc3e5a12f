//! What each process, and each server, used.

use serde::Serialize;

use super::{process::Usage, server::Together};

/// A process, or a server with its processes.
#[derive(Debug, Serialize)]
pub struct Part {
    pub name: String,
    pub kind: Kind,
    pub cpu_s_per_1000: f64,
    pub rss_mib: f64,
    pub peak_rss_mib: f64,
    /// Whether memory that several of a server's processes share was counted for each of them.
    pub counts_shared_repeatedly: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Anyhook,
    Server,
    /// The load generator and the sink.
    Load,
}

impl Part {
    /// What a process used between two moments.
    pub fn process(name: &str, kind: Kind, n_events: u64, before: &Usage, after: &Usage) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            cpu_s_per_1000: (after.cpu_s - before.cpu_s) * 1000.0 / n_events as f64,
            rss_mib: after.rss_mib,
            peak_rss_mib: after.peak_rss_mib,
            counts_shared_repeatedly: false,
        }
    }

    /// What a server used between two moments, and the most memory that was seen meanwhile.
    pub fn server(name: &str, n_events: u64, before: &Together, after: &Together, peak_rss_mib: f64) -> Self {
        let part = Self::process(name, Kind::Server, n_events, &before.usage, &after.usage);
        Self { peak_rss_mib, counts_shared_repeatedly: !after.shares_are_split, ..part }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_before_does_not_count() {
        let usage = |cpu_s: f64, rss_mib: f64| Usage { cpu_s, rss_mib, peak_rss_mib: rss_mib + 1.0, written_mib: 0.0 };
        let (before, after) = (usage(1.0, 10.0), usage(3.0, 20.0));
        let process = Part::process("ingress", Kind::Anyhook, 4000, &before, &after);
        assert_eq!((process.cpu_s_per_1000, process.rss_mib, process.peak_rss_mib), (0.5, 20.0, 21.0));
        let together = |usage| Together { usage, shares_are_split: false };
        let server = Part::server("postgres", 4000, &together(before), &together(after), 30.0);
        assert_eq!((server.cpu_s_per_1000, server.peak_rss_mib), (0.5, 30.0));
        assert!(server.counts_shared_repeatedly);
    }
}
