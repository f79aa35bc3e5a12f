//! What is sent to Redis without waiting for an answer, and the connection for all commands.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicBool, Ordering},
};

use redis::{Cmd, aio::MultiplexedConnection};
use tokio::{sync::mpsc, time::MissedTickBehavior};

use super::{
    Remote,
    connect::{self, ANSWERS_WITHIN, Attempts, Ended, LOOK_EVERY, within},
    link::is_about_the_key,
};

/// Commands sent in one go.
const MOST_AT_ONCE: usize = 256;

/// The way into the buffer. What does not fit is dropped.
pub(crate) struct Outgoing {
    buffer: mpsc::Sender<Cmd>,
    /// Whether an announcement was lost on its way to the other processes, and they have not been told.
    has_lost: AtomicBool,
}

impl Outgoing {
    pub(super) fn new(buffer: mpsc::Sender<Cmd>) -> Self {
        Self { buffer, has_lost: AtomicBool::new(false) }
    }

    /// For what may be lost unnoticed.
    pub(crate) fn push(&self, command: Cmd) {
        let _ = self.buffer.try_send(command);
    }

    pub(crate) fn announce(&self, command: Cmd) {
        if self.buffer.try_send(command).is_err() {
            self.lose();
        }
    }

    fn lose(&self) {
        self.has_lost.store(true, Ordering::SeqCst);
    }
}

/// Keeps a connection for ever.
pub(super) async fn run(remote: &Remote, mut buffer: mpsc::Receiver<Cmd>) -> Infallible {
    let mut attempts = Attempts::new("commands");
    loop {
        let Err(ended) = session(remote, &mut buffer).await;
        remote.link.set_down();
        attempts.wait_after(&ended).await;
    }
}

async fn session(remote: &Remote, buffer: &mut mpsc::Receiver<Cmd>) -> Result<Infallible, Ended> {
    let connection = connect::open(&remote.client).await?;
    // What was meant for the time when Redis was away is old by now.
    while buffer.try_recv().is_ok() {
        remote.outgoing.lose();
    }
    remote.link.set_up(connection.clone());
    tracing::info!("connected to Redis");

    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::with_capacity(MOST_AT_ONCE);
    loop {
        tokio::select! {
            ended = remote.link.down() => return Err(ended),
            _ = buffer.recv_many(&mut batch, MOST_AT_ONCE) => {}
            _ = looks.tick() => {}
        }
        send(remote, connection.clone(), batch.drain(..)).await?;
    }
}

/// Sends them in one go, or just looks whether Redis is there.
async fn send(
    remote: &Remote,
    mut connection: MultiplexedConnection,
    commands: impl Iterator<Item = Cmd>,
) -> Result<(), Ended> {
    let mut pipeline = redis::pipe();
    pipeline.ping();
    commands.for_each(|command| {
        pipeline.add_command(command);
    });
    if remote.outgoing.has_lost.swap(false, Ordering::SeqCst) {
        pipeline.publish(remote.missed_channel(), &remote.origin);
    }
    let sent = within(ANSWERS_WITHIN, pipeline.exec_async(&mut connection)).await;
    if sent.is_err() {
        remote.outgoing.lose();
    }
    match sent {
        Err(Ended::Redis(error)) if is_about_the_key(&error) => Ok(()),
        sent => sent,
    }
}
