//! Hints that came from the broker, or from this process while the broker is away, and that nobody has taken yet.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhook_domain::delivery::Hint;
use lapin::Acker;
use tokio::sync::{Notify, mpsc};

use super::topology::{self, N_SHARDS};
use crate::{Receipt, Taken};

/// A message of the broker; acknowledged when all of its hints are settled.
#[derive(Debug)]
pub(super) struct Message {
    acker: Acker,
    n_unsettled: AtomicUsize,
    acks: mpsc::UnboundedSender<Acker>,
}

impl Message {
    pub(super) fn new(acker: Acker, n_hints: usize, acks: mpsc::UnboundedSender<Acker>) -> Self {
        Self { acker, n_unsettled: AtomicUsize::new(n_hints), acks }
    }

    fn settle_one(&self) {
        if self.n_unsettled.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Without a worker, nobody acknowledges: the broker delivers it again, to whoever is there.
            let _ = self.acks.send(self.acker.clone());
        }
    }
}

/// What remembers hints until they are claimed; counts them meanwhile.
#[derive(Debug)]
pub(crate) struct Unclaimed {
    messages: Vec<Arc<Message>>,
    n_hints: usize,
    n_in_all: Arc<AtomicUsize>,
}

impl Unclaimed {
    pub(crate) fn settle(self) {
        self.messages.iter().for_each(|message| message.settle_one());
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        self.n_in_all.fetch_sub(self.n_hints, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Waiting {
    hint: Hint,
    /// `None`: it never went through the broker.
    message: Option<Arc<Message>>,
}

#[derive(Debug, Default)]
struct Shards {
    shards: [VecDeque<Waiting>; N_SHARDS],
    /// Whose turn it is.
    turn: usize,
    n_waiting: usize,
}

impl Shards {
    fn push(&mut self, waiting: Waiting) {
        self.shards[topology::shard(waiting.hint.destination_id)].push_back(waiting);
        self.n_waiting += 1;
    }

    /// One of each shard in turn, so that a flood in one of them keeps the others waiting no longer than one hint.
    fn pop(&mut self) -> Option<Waiting> {
        for _ in 0..N_SHARDS {
            let turn = self.turn;
            self.turn = (turn + 1) % N_SHARDS;
            if let Some(waiting) = self.shards[turn].pop_front() {
                self.n_waiting -= 1;
                return Some(waiting);
            }
        }
        None
    }
}

#[derive(Debug)]
pub(super) struct Incoming {
    shards: Mutex<Shards>,
    arrived: Notify,
    n_unclaimed: Arc<AtomicUsize>,
    capacity: usize,
}

impl Incoming {
    pub(super) fn new(capacity: usize) -> Self {
        Self { shards: Mutex::default(), arrived: Notify::new(), n_unclaimed: Arc::default(), capacity }
    }

    /// What the broker brings; how much that can be, its prefetch limits.
    pub(super) fn push(&self, hints: Vec<Hint>, message: &Arc<Message>) {
        let mut shards = self.shards();
        hints.into_iter().for_each(|hint| shards.push(Waiting { hint, message: Some(Arc::clone(message)) }));
        drop(shards);
        self.arrived.notify_one();
    }

    /// What this process hints itself at; how many did not fit.
    pub(super) fn push_own(&self, hints: Vec<Hint>) -> usize {
        let mut shards = self.shards();
        let room = self.capacity.saturating_sub(shards.n_waiting);
        let n_lost = hints.len().saturating_sub(room);
        hints.into_iter().take(room).for_each(|hint| shards.push(Waiting { hint, message: None }));
        drop(shards);
        self.arrived.notify_one();
        n_lost
    }

    /// Forgets what came over a connection that is gone: the broker brings it again.
    pub(super) fn forget_delivered(&self) {
        let shards = &mut *self.shards();
        shards.shards.iter_mut().for_each(|shard| shard.retain(|waiting| waiting.message.is_none()));
        shards.n_waiting = shards.shards.iter().map(VecDeque::len).sum();
    }

    pub(super) async fn take(&self, most: usize) -> Taken {
        loop {
            // Registered before looking, so that a hint pushed in between is not slept through.
            let arrived = self.arrived.notified();
            if let Some(taken) = self.take_now(most) {
                return taken;
            }
            arrived.await;
        }
    }

    fn take_now(&self, most: usize) -> Option<Taken> {
        let mut shards = self.shards();
        let taken: Vec<_> = std::iter::from_fn(|| shards.pop()).take(most).collect();
        self.n_unclaimed.fetch_add(taken.len(), Ordering::Relaxed);
        if shards.n_waiting > 0 {
            // More for whoever else waits.
            self.arrived.notify_one();
        }
        drop(shards);
        if taken.is_empty() {
            return None;
        }
        let (hints, messages): (Vec<_>, Vec<_>) = taken.into_iter().map(|it| (it.hint, it.message)).unzip();
        let unclaimed = Unclaimed {
            n_hints: hints.len(),
            messages: messages.into_iter().flatten().collect(),
            n_in_all: Arc::clone(&self.n_unclaimed),
        };
        Some(Taken { hints, receipt: Receipt::remote(unclaimed) })
    }

    /// What waits here or was taken and is not settled yet.
    pub(super) fn depth(&self) -> usize {
        self.shards().n_waiting + self.n_unclaimed.load(Ordering::Relaxed)
    }

    fn shards(&self) -> MutexGuard<'_, Shards> {
        self.shards.lock().expect("no holder of this lock panics")
    }
}
