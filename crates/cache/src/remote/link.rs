//! The connection that questions go over, and the breaker in it.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use redis::{ErrorKind, RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::{sync::Notify, time::timeout};

use super::connect::Ended;

/// INVARIANT: after the first question that is not answered in time, nobody asks again until the worker has opened
/// another connection: a Redis that hangs is waited for once, not once a question.
pub(super) struct Link {
    state: Mutex<State>,
    gave_up: Notify,
    answers_within: Duration,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections: who waited for an old one has nothing to say about the new one.
    generation: u64,
    ended: Option<Ended>,
}

impl Link {
    pub(super) fn new(answers_within: Duration) -> Self {
        Self { state: Mutex::default(), gave_up: Notify::new(), answers_within }
    }

    pub(super) fn is_up(&self) -> bool {
        self.state().connection.is_some()
    }

    pub(super) fn set_up(&self, connection: MultiplexedConnection) {
        let mut state = self.state();
        state.generation += 1;
        state.connection = Some(connection);
        state.ended = None;
    }

    pub(super) fn set_down(&self) {
        self.state().connection = None;
    }

    /// Waits until somebody has given the connection up.
    pub(super) async fn down(&self) -> Ended {
        while self.is_up() {
            self.gave_up.notified().await;
        }
        self.state().ended.take().unwrap_or(Ended::Gone)
    }

    pub(super) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> Option<T> {
        let (connection, generation) = {
            let state = self.state();
            (state.connection.clone()?, state.generation)
        };
        match timeout(self.answers_within, question(connection)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) if is_about_the_key(&error) => tracing::debug!(%error, "Redis holds something else there"),
            Ok(Err(error)) => self.give_up(generation, error.into()),
            Err(_) => self.give_up(generation, Ended::NoAnswer),
        }
        None
    }

    fn give_up(&self, generation: u64, ended: Ended) {
        let mut state = self.state();
        if state.generation == generation && state.connection.take().is_some() {
            state.ended = Some(ended);
            self.gave_up.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

/// Whether other questions may be answered all the same.
pub(super) fn is_about_the_key(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedReturnType) || matches!(error.code(), Some("ERR" | "WRONGTYPE"))
}
