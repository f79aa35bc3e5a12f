//! The outcomes for people.

use super::{machine::Machine, outcome::Outcome, parts::Part};

const HEAD: &str = "                    accepted  delivered      ack ms                delivery ms         CPU s per   RSS   peak\n\
                    scenario                  /s         /s     p50     p99   p99.9     p50      p99  1,000 events   MiB    MiB";

pub fn head(machine: &Machine) -> String {
    format!(
        "{} cores ({}), {:.0} MiB, Linux {}; a durable write takes {:.2} ms\n\n{HEAD}",
        machine.n_cores,
        machine.cpu.as_deref().unwrap_or("unknown"),
        machine.memory_mib,
        machine.kernel.as_deref().unwrap_or("unknown"),
        machine.sync_ms,
    )
}

pub fn row(outcome: &Outcome) -> String {
    let (ack, delivery) = (outcome.ack_ms.as_ref(), outcome.delivery_ms.as_ref());
    format!(
        "{:<17} {:>10} {:>10} {:>7} {:>7} {:>7} {:>7} {:>8} {:>13} {:>5.0} {:>6.0}",
        outcome.scenario,
        cell(Some(outcome.accepted_per_s), 0),
        cell(outcome.delivered_per_s, 0),
        cell(ack.map(|ms| ms.p50), 2),
        cell(ack.map(|ms| ms.p99), 1),
        cell(ack.map(|ms| ms.p999), 1),
        cell(delivery.map(|ms| ms.p50), 1),
        cell(delivery.map(|ms| ms.p99), 1),
        cell(Some(outcome.cpu_s_per_1000), 3),
        outcome.rss_mib,
        outcome.peak_rss_mib,
    )
}

/// Two tables with a column for each process and each server: CPU seconds per 1,000 events, and the most memory.
pub fn parts(outcomes: &[Outcome]) -> String {
    let cpu = parts_table("CPU seconds per 1,000 events", outcomes, |part| cell(Some(part.cpu_s_per_1000), 3));
    let memory = parts_table("Peak of the resident memory, MiB", outcomes, |part| cell(Some(part.peak_rss_mib), 0));
    format!("{cpu}\n{memory}")
}

fn parts_table(title: &str, outcomes: &[Outcome], value: impl Fn(&Part) -> String) -> String {
    let row = |name: &str, parts: &[Part], of: &dyn Fn(&Part) -> String| {
        let cells = parts.iter().map(|part| format!(" {:>width$}", of(part), width = part.name.len().max(8)));
        format!("{name:<17}{}\n", cells.collect::<String>())
    };
    let head = outcomes.first().map(|outcome| row("scenario", &outcome.parts, &|part| part.name.clone()));
    let rows = outcomes.iter().map(|outcome| row(outcome.scenario, &outcome.parts, &value));
    format!("{title}\n{}", head.into_iter().chain(rows).collect::<String>())
}

/// From here on the other programs of the machine make a difference.
const MANY_OTHERS: f64 = 0.2;

/// What stands under the table.
pub fn notes(outcome: &Outcome) -> Vec<String> {
    let name = outcome.scenario;
    let mut notes = Vec::new();
    if let (Some(per_s), None) = (outcome.delivered_per_s_while_loading, outcome.target_per_s) {
        notes.push(format!("{name}: {per_s:.0} delivered/s while events were still posted"));
    }
    if let Some(fair) = &outcome.fairness {
        notes.push(format!(
            "{name}: of {} destinations, delivery p50 {:.1} to {:.1} ms, p99 {:.1} to {:.1} ms, at most {} at once to one",
            fair.n_destinations,
            fair.lowest_p50,
            fair.highest_p50,
            fair.lowest_p99,
            fair.highest_p99,
            fair.n_in_flight_max,
        ));
    }
    let repeated = outcome.parts.iter().filter(|part| part.counts_shared_repeatedly);
    notes.extend(repeated.map(|part| {
        format!("{name}: the memory that processes of {} share is counted for each; run as root to split it", part.name)
    }));
    if outcome.others_cores > MANY_OTHERS {
        notes
            .push(format!("{name}: other programs took {:.1} cores meanwhile; measure it again", outcome.others_cores));
    }
    notes.extend(outcome.problems.iter().map(|problem| format!("{name}: FAILED, {problem}")));
    notes
}

fn cell(value: Option<f64>, n_decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.n_decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_short() {
        assert_eq!(cell(Some(1.256), 2), "1.26");
        assert_eq!(cell(Some(1234.5), 0), "1234");
        assert_eq!(cell(None, 1), "-");
    }
}
