//! A queue that misbehaves as a broker may: for tests.

use std::sync::Mutex;

use anyhook_domain::delivery::Hint;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::local::Local;

/// How a queue misbehaves; each figure is a probability for one hint.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub seed: u64,
    pub lost: f64,
    pub doubled: f64,
    /// Whether the hints of one publication come in another order.
    pub reordered: bool,
}

/// A local queue behind those faults.
#[derive(Debug)]
pub struct Faulty {
    inner: Local,
    faults: Faults,
    rng: Mutex<StdRng>,
}

impl Faulty {
    pub(crate) fn new(capacity: usize, faults: Faults) -> Self {
        Self { inner: Local::new(capacity), rng: Mutex::new(StdRng::seed_from_u64(faults.seed)), faults }
    }

    pub(crate) fn publish(&self, hints: Vec<Hint>) {
        let arriving = self.misbehave(hints);
        self.inner.publish(arriving);
    }

    fn misbehave(&self, hints: Vec<Hint>) -> Vec<Hint> {
        let mut rng = self.rng.lock().expect("no holder of this lock panics");
        let mut arriving = Vec::with_capacity(hints.len());
        for hint in hints {
            if rng.random_bool(self.faults.lost) {
                continue;
            }
            arriving.push(hint);
            if rng.random_bool(self.faults.doubled) {
                arriving.push(hint);
            }
        }
        if self.faults.reordered {
            arriving.shuffle(&mut *rng);
        }
        arriving
    }

    pub(crate) async fn take(&self, most: usize) -> Vec<Hint> {
        self.inner.take(most).await
    }

    pub(crate) fn depth(&self) -> usize {
        self.inner.depth()
    }
}
