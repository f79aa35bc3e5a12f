//! Spooled messages that this process holds, in order, and the one batch of them that is out.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// How long nobody takes before that is thought to be meant: between two batches, it is not.
const LINGERS: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub body: Bytes,
    /// The broker's number for it, within a session.
    pub tag: u64,
}

/// A message that is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub tag: u64,
    /// All before it are, too.
    pub and_before: bool,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Message>,
    n_out: usize,
    /// Counts the connections to the broker: it delivers again what came over the last one.
    session: u64,
    /// What the broker was not told yet.
    settled: Vec<Settled>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    state: Mutex<State>,
    arrived: Notify,
    settled: Notify,
    /// Those who take or have a batch.
    n_takers: watch::Sender<usize>,
    batch_bytes: usize,
}

/// Spooled messages, oldest first, and what to do once they are committed or are not.
#[derive(Debug)]
pub struct SpooledBatch {
    /// At least one.
    pub messages: Vec<Bytes>,
    pub receipt: SpoolReceipt,
}

/// Dropped, it gives the batch back.
#[derive(Debug)]
#[must_use = "the batch comes again unless the receipt is settled"]
pub struct SpoolReceipt {
    batch: Vec<Message>,
    session: u64,
    taker: Taker,
}

/// Somebody who takes, or has a batch.
#[derive(Debug)]
struct Taker(Arc<Waiting>);

impl SpoolReceipt {
    /// The messages are committed, or will never be: they may be forgotten. Does not wait.
    pub fn settle(mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.taker.0.settle(&batch, self.session);
    }

    /// Some of the messages are committed, by their places in the batch; what becomes of the others is still open.
    pub fn settle_some(&mut self, is_settled: impl Fn(usize) -> bool) {
        let batch = std::mem::take(&mut self.batch).into_iter().enumerate();
        let (settled, open): (Vec<_>, Vec<_>) = batch.partition(|(n, _)| is_settled(*n));
        self.batch = open.into_iter().map(|(_, message)| message).collect();
        self.taker.0.settle_singly(settled.into_iter().map(|(_, message)| message.tag), self.session);
    }

    /// The log is away again: the next batch begins with the same messages, in the same order. Who waits for the log
    /// after that without taking leaves them to other processes.
    pub fn give_back(self) {}
}

impl Drop for SpoolReceipt {
    fn drop(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.taker.0.give_back(batch, self.session);
        }
    }
}

impl Taker {
    fn new(waiting: &Arc<Waiting>) -> Self {
        waiting.n_takers.send_modify(|n| *n += 1);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.0.n_takers.send_modify(|n| *n -= 1);
    }
}

impl Waiting {
    pub(super) fn new(batch_bytes: usize) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Notify::new(),
            settled: Notify::new(),
            n_takers: watch::Sender::new(0),
            batch_bytes,
        }
    }

    pub(super) fn push(&self, messages: Vec<Message>) {
        self.state().waiting.extend(messages);
        self.arrived.notify_one();
    }

    /// Whether there was room for it.
    pub(super) fn push_within(&self, message: Message, capacity: usize) -> bool {
        let mut state = self.state();
        let is_room = state.waiting.len() + state.n_out < capacity;
        if is_room {
            state.waiting.push_back(message);
            self.arrived.notify_one();
        }
        is_room
    }

    /// What waits or is out.
    pub(super) fn len(&self) -> usize {
        let state = self.state();
        state.waiting.len() + state.n_out
    }

    pub(super) async fn take(self: &Arc<Self>, most: usize) -> SpooledBatch {
        let taker = Taker::new(self);
        loop {
            // Registered before looking, so that what arrives in between is not slept through.
            let arrived = self.arrived.notified();
            if let Some((batch, session)) = self.take_now(most) {
                let messages = batch.iter().map(|message| message.body.clone()).collect();
                return SpooledBatch { messages, receipt: SpoolReceipt { batch, session, taker } };
            }
            arrived.await;
        }
    }

    fn take_now(&self, most: usize) -> Option<(Vec<Message>, u64)> {
        let mut state = self.state();
        if state.n_out > 0 || state.waiting.is_empty() {
            return None;
        }
        let n = self.n_in_batch(&state.waiting, most);
        state.n_out = n;
        Some((state.waiting.drain(..n).collect(), state.session))
    }

    fn n_in_batch(&self, waiting: &VecDeque<Message>, most: usize) -> usize {
        let mut n_bytes = 0_usize;
        let fits = |message: &&Message| {
            n_bytes = n_bytes.saturating_add(message.body.len());
            n_bytes <= self.batch_bytes
        };
        waiting.iter().take(most).take_while(fits).count().max(1)
    }

    fn settle(&self, batch: &[Message], session: u64) {
        let mut state = self.state();
        state.n_out = 0;
        if state.session == session
            && let Some(last) = batch.last()
        {
            // It says the same of all that were settled before.
            state.settled.clear();
            state.settled.push(Settled { tag: last.tag, and_before: true });
            self.settled.notify_one();
        }
        self.arrived.notify_one();
    }

    fn settle_singly(&self, tags: impl Iterator<Item = u64>, session: u64) {
        let mut state = self.state();
        if state.session == session {
            state.settled.extend(tags.map(|tag| Settled { tag, and_before: false }));
            self.settled.notify_one();
        }
    }

    fn give_back(&self, batch: Vec<Message>, session: u64) {
        let mut state = self.state();
        state.n_out = 0;
        if state.session == session {
            batch.into_iter().rev().for_each(|message| state.waiting.push_front(message));
        }
        self.arrived.notify_one();
    }

    /// Waits for messages to be settled.
    pub(super) async fn settled(&self) -> Vec<Settled> {
        loop {
            let settled = std::mem::take(&mut self.state().settled);
            if !settled.is_empty() {
                return settled;
            }
            self.settled.notified().await;
        }
    }

    /// Forgets what came over a connection that is gone: the broker delivers it again, here or elsewhere.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.session += 1;
        state.waiting.clear();
        state.settled.clear();
    }

    pub(super) async fn wait_for_taker(&self) {
        let mut n_takers = self.n_takers.subscribe();
        n_takers.wait_for(|n| *n > 0).await.expect("its sender is borrowed");
    }

    /// Waits until nobody has taken for a while.
    pub(super) async fn wait_for_none(&self) {
        let mut n_takers = self.n_takers.subscribe();
        loop {
            n_takers.wait_for(|n| *n == 0).await.expect("its sender is borrowed");
            if timeout(LINGERS, self.wait_for_taker()).await.is_err() {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}
