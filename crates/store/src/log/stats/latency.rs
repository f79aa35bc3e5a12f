//! How long things took, in classes: eight to each doubling, so that a figure is at most an eighth too small or large.

use std::collections::BTreeMap;

/// Below it, each millisecond is a class of its own.
const EXACT_BELOW_MS: u64 = 16;
/// All that is as long or longer is one class: attempts take five minutes at most.
const LONGEST_MS: u64 = EXACT_BELOW_MS << MOST_DOUBLINGS;
const MOST_DOUBLINGS: u32 = 15;

/// How many fall into each class, by the least number of milliseconds in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(BTreeMap<u64, u64>);

impl Latencies {
    /// `least_ms` is what [`class`] says.
    pub(super) fn add(&mut self, least_ms: i64, n: u64) {
        *self.0.entry(u64::try_from(least_ms).unwrap_or(0)).or_default() += n;
    }

    /// What so many hundredths of them took at most, in milliseconds; interpolated within its class. `None` of nothing.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let n: u64 = self.0.values().sum();
        let mut left = (n * percent).div_ceil(100).max(1);
        for (least_ms, count) in &self.0 {
            if left <= *count {
                return Some(least_ms + width(*least_ms) * (left - 1) / count);
            }
            left -= count;
        }
        None
    }
}

fn width(least_ms: u64) -> u64 {
    match least_ms {
        ..EXACT_BELOW_MS | LONGEST_MS.. => 1,
        _ => 1 << (least_ms.ilog2() - 3),
    }
}

/// The class of a column of milliseconds, as SQL.
pub(super) fn class(column: &str) -> String {
    let whens = (1..=MOST_DOUBLINGS).map(|doublings| {
        let (below, width) = (EXACT_BELOW_MS << doublings, 1u64 << doublings);
        format!(" WHEN {column} < {below} THEN {column} / {width} * {width}")
    });
    let whens: String = whens.collect();
    format!(
        "CASE WHEN {column} < {EXACT_BELOW_MS} THEN {column}{whens} WHEN {column} >= {LONGEST_MS} THEN {LONGEST_MS} END"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the SQL does.
    fn least(ms: u64) -> i64 {
        let doublings = (ms / EXACT_BELOW_MS).checked_ilog2().map_or(0, |doublings| doublings + 1);
        i64::try_from(ms >> doublings << doublings).unwrap()
    }

    #[test]
    fn a_percentile_is_an_eighth_off_at_most() {
        for n in [1, 2, 3, 10, 100, 1000, 100_000] {
            let mut latencies = Latencies::default();
            (1..=n).for_each(|ms| latencies.add(least(ms), 1));
            for percent in [1, 50, 95, 100] {
                let (exact, found) = ((n * percent).div_ceil(100).max(1), latencies.percentile(percent).unwrap());
                assert!(found.abs_diff(exact) * 8 <= exact, "{percent} of {n}: {found}, not {exact}");
            }
        }
        assert_eq!(Latencies::default().percentile(50), None);
    }

    #[test]
    fn few_and_equal_ones_are_what_they_are() {
        let mut latencies = Latencies::default();
        latencies.add(5, 3);
        assert_eq!((latencies.percentile(50), latencies.percentile(95)), (Some(5), Some(5)));
        latencies.add(i64::try_from(LONGEST_MS).unwrap(), 97);
        assert_eq!(latencies.percentile(50), Some(LONGEST_MS));
    }
}
