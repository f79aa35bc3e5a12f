//! Live updates: texts to whoever has subscribed to their topic, in every process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::{Notify, broadcast};

use crate::{Cache, remote::Remote};

/// Texts that wait for a slow subscriber; when there are more, it has missed some.
const MAX_WAITING: usize = 64;

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    Text(String),
    /// Something may have been announced that did not come here: the log knows.
    Missed,
}

/// The topics that somebody in this process has subscribed to.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    by_name: Mutex<HashMap<String, Topic>>,
    /// A topic came or went.
    pub(crate) changed: Notify,
}

#[derive(Debug)]
struct Topic {
    texts: broadcast::Sender<Announced>,
    n_subscribers: usize,
}

impl Topics {
    fn subscribe(self: &Arc<Self>, name: &str) -> Subscription {
        let mut topics = self.lock();
        let topic = topics.entry(name.to_owned()).or_insert_with(|| {
            self.changed.notify_one();
            Topic { texts: broadcast::channel(MAX_WAITING).0, n_subscribers: 0 }
        });
        topic.n_subscribers += 1;
        Subscription { texts: topic.texts.subscribe(), topic: name.to_owned(), topics: Arc::clone(self) }
    }

    fn leave(&self, name: &str) {
        let mut topics = self.lock();
        let Some(topic) = topics.get_mut(name) else { return };
        topic.n_subscribers -= 1;
        if topic.n_subscribers == 0 {
            topics.remove(name);
            self.changed.notify_one();
        }
    }

    pub(crate) fn announce(&self, name: &str, announced: Announced) {
        if let Some(topic) = self.lock().get(name) {
            // Nobody hears it when the last subscriber is just leaving.
            let _ = topic.texts.send(announced);
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Topic>> {
        self.by_name.lock().expect("no holder of this lock panics")
    }
}

/// One subscriber's ear; dropped, it hears no more.
#[derive(Debug)]
pub struct Subscription {
    topic: String,
    texts: broadcast::Receiver<Announced>,
    topics: Arc<Topics>,
}

impl Subscription {
    /// Waits for the next announcement. Cancelling loses none. Over Redis, the first subscription to a topic begins
    /// with [`Announced::Missed`], once it hears other processes, and says so again after each time that it did not.
    pub async fn next(&mut self) -> Announced {
        match self.texts.recv().await {
            Ok(announced) => announced,
            Err(broadcast::error::RecvError::Lagged(_)) => Announced::Missed,
            Err(broadcast::error::RecvError::Closed) => unreachable!("a topic stays while it has subscribers"),
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.topics.leave(&self.topic);
    }
}

impl Cache {
    /// Tells the topic's subscribers in all processes, without waiting. Those of this process hear it in any case.
    pub fn announce(&self, topic: &str, text: String) {
        if let Self::Remote(remote) = self {
            remote.announce(topic, &text);
        }
        self.memory().topics.announce(topic, Announced::Text(text));
    }

    /// Hears what is announced on the topic from now on.
    #[must_use]
    pub fn subscribe(&self, topic: &str) -> Subscription {
        self.memory().topics.subscribe(topic)
    }
}

impl Remote {
    /// Our own subscribers know it already: the name of the process goes with it.
    fn announce(&self, topic: &str, text: &str) {
        let mut message = self.origin.to_vec();
        message.extend_from_slice(text.as_bytes());
        self.outgoing.announce(redis::Cmd::publish(self.key("live", topic), message));
    }

    /// What came over Redis.
    pub(crate) fn hear(&self, channel: &[u8], message: &[u8]) {
        let Some((origin, text)) = message.split_first_chunk::<16>() else { return };
        if *origin == self.origin {
            return;
        }
        if channel == self.missed_channel() {
            self.memory.topics.names().iter().for_each(|topic| self.memory.topics.announce(topic, Announced::Missed));
        } else if let Some(topic) = channel.strip_prefix(self.key("live", "").as_slice()) {
            let text = Announced::Text(String::from_utf8_lossy(text).into_owned());
            self.memory.topics.announce(&String::from_utf8_lossy(topic), text);
        }
    }
}
