//! The connection on which announcements come.

use std::{collections::HashSet, convert::Infallible, sync::atomic::Ordering};

use futures::StreamExt;
use redis::aio::PubSubSink;
use tokio::time::MissedTickBehavior;

use super::{
    Remote,
    connect::{self, ANSWERS_WITHIN, Attempts, Ended, LOOK_EVERY, within},
};
use crate::Announced;

/// Keeps a connection for ever, from the first subscription on.
pub(super) async fn run(remote: &Remote) -> Infallible {
    let mut attempts = Attempts::new("announcements");
    while remote.memory.topics.is_empty() {
        remote.memory.topics.changed.notified().await;
    }
    loop {
        let Err(ended) = session(remote).await;
        remote.is_listening.store(false, Ordering::Relaxed);
        attempts.wait_after(&ended).await;
    }
}

async fn session(remote: &Remote) -> Result<Infallible, Ended> {
    let (mut sink, mut messages) = connect::open_pubsub(&remote.client).await?.split();
    within(ANSWERS_WITHIN, sink.subscribe(remote.missed_channel())).await?;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = HashSet::new();
    follow(remote, &mut sink, &mut heard).await?;
    remote.is_listening.store(true, Ordering::Relaxed);
    loop {
        tokio::select! {
            message = messages.next() => {
                let message = message.ok_or(Ended::Gone)?;
                remote.hear(message.get_channel_name().as_bytes(), message.get_payload_bytes());
            }
            () = remote.memory.topics.changed.notified() => follow(remote, &mut sink, &mut heard).await?,
            _ = looks.tick() => within(ANSWERS_WITHIN, sink.ping::<()>()).await?,
        }
    }
}

/// Makes the topics that are heard those that somebody has subscribed to.
async fn follow(remote: &Remote, sink: &mut PubSubSink, heard: &mut HashSet<String>) -> Result<(), Ended> {
    let wanted: HashSet<String> = remote.memory.topics.names().into_iter().collect();
    let channels = |names: &[String]| names.iter().map(|name| remote.key("live", name)).collect::<Vec<_>>();
    let old: Vec<_> = heard.difference(&wanted).cloned().collect();
    if !old.is_empty() {
        within(ANSWERS_WITHIN, sink.unsubscribe(channels(&old))).await?;
    }
    let new: Vec<_> = wanted.difference(heard).cloned().collect();
    if !new.is_empty() {
        within(ANSWERS_WITHIN, sink.subscribe(channels(&new))).await?;
    }
    // Whatever was announced before now was not heard.
    new.iter().for_each(|topic| remote.memory.topics.announce(topic, Announced::Missed));
    *heard = wanted;
    Ok(())
}
