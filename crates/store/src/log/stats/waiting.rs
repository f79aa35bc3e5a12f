//! How many deliveries were yet to be made when each step ended.

/// By how many more wait from each step on; fewer where it is negative.
#[derive(Clone, Debug)]
pub(super) struct Waiting(Vec<i64>);

impl Waiting {
    pub(super) fn new(n_steps: usize) -> Self {
        Self(vec![0; n_steps])
    }

    /// So many began to wait in this step, and ended in that one. What ends after all steps waits in the last one, too, and
    /// what begins after them in none.
    pub(super) fn add(&mut self, began: usize, ended: Option<usize>, n: i64) {
        let mut change = |step: usize, n: i64| self.0.get_mut(step).into_iter().for_each(|it| *it += n);
        change(began, n);
        ended.into_iter().for_each(|ended| change(ended, -n));
    }

    /// At the end of each step.
    pub(super) fn at_ends(&self) -> impl Iterator<Item = u64> {
        self.0.iter().scan(0, |n: &mut i64, change| {
            *n += change;
            Some(u64::try_from(*n).unwrap_or(0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_counted_until_it_ends() {
        let mut waiting = Waiting::new(4);
        for (began, ended, n) in [(0, Some(2), 5), (1, None, 3), (3, Some(3), 9), (2, Some(4), 1), (4, None, 7)] {
            waiting.add(began, ended, n);
        }
        assert_eq!(waiting.at_ends().collect::<Vec<_>>(), [5, 8, 4, 4]);
    }
}
