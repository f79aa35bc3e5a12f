//! Receiving a request's body: bounded in size, time and memory, since anybody may send one; and the memory for what is
//! on its way out.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, HttpBody};
use bytes::BytesMut;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::problem::Problem;

/// The most that one body may have, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// The most that all bodies may have that are on their way in, or being read.
const MAX_BYTES_IN_MEMORY: usize = 64 * 1024 * 1024;
const WITHIN: Duration = Duration::from_secs(10);

/// The most that large events may have that are on their way out.
const MAX_BYTES_LEAVING: usize = 64 * 1024 * 1024;
/// How long whoever reads one waits for that.
const LEAVING_WITHIN: Duration = Duration::from_secs(30);

/// The memory that bodies share, a permit a byte: those that come, and those that leave.
#[derive(Debug)]
pub(crate) struct Bodies(Semaphore, Arc<Semaphore>);

/// A body, and its share of the memory.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    pub(crate) bytes: BytesMut,
    /// Held for as long as the bytes are.
    memory: SemaphorePermit<'a>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self(Semaphore::new(MAX_BYTES_IN_MEMORY), Arc::new(Semaphore::new(MAX_BYTES_LEAVING)))
    }
}

impl Bodies {
    /// # Errors
    /// [`Problem`] for a body that is too large, too slow or broken off, and when memory is short.
    pub(crate) async fn receive(&self, body: Body) -> Result<Received<'_>, Problem> {
        if body.size_hint().lower() > MAX_BYTES as u64 {
            return Err(Problem::too_large());
        }
        let received = tokio::time::timeout(WITHIN, self.collect(body)).await;
        received.unwrap_or_else(|_| Err(Problem::too_slow()))
    }

    /// Waits until there is memory for so many bytes that leave; it is theirs for as long as the permit is held.
    ///
    /// # Errors
    /// [`Problem`] when others hold it for too long.
    pub(crate) async fn leave(&self, n_bytes: u64) -> Result<OwnedSemaphorePermit, Problem> {
        let n_bytes = u32::try_from(n_bytes.min(MAX_BYTES_LEAVING as u64)).unwrap_or(u32::MAX);
        let memory = self.1.clone().acquire_many_owned(n_bytes);
        let memory = tokio::time::timeout(LEAVING_WITHIN, memory).await.ok().and_then(Result::ok);
        memory.ok_or_else(|| Problem::unavailable("too many large events are on their way out"))
    }

    /// Memory is taken for what has come, not for what was announced: announcing costs a sender nothing.
    async fn collect(&self, mut body: Body) -> Result<Received<'_>, Problem> {
        let mut received = Received { bytes: BytesMut::new(), memory: self.memory(0)? };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::bad_request("The body broke off; send the request again."))?;
            // Trailers say nothing to us.
            let Ok(chunk) = frame.into_data() else { continue };
            if received.bytes.len() + chunk.len() > MAX_BYTES {
                return Err(Problem::too_large());
            }
            received.memory.merge(self.memory(chunk.len())?);
            received.bytes.extend_from_slice(&chunk);
        }
        Ok(received)
    }

    fn memory(&self, n_bytes: usize) -> Result<SemaphorePermit<'_>, Problem> {
        let n_bytes = u32::try_from(n_bytes).unwrap_or(u32::MAX);
        self.0.try_acquire_many(n_bytes).map_err(|_| Problem::unavailable("too many bodies are on their way in"))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures::{StreamExt, stream};

    use super::*;

    /// Sends so many bytes and then nothing, not even its end.
    fn stalled(n_bytes: usize) -> Body {
        let sent = stream::iter([Ok::<_, Infallible>(Bytes::from(vec![b' '; n_bytes]))]);
        Body::from_stream(sent.chain(stream::pending()))
    }

    async fn refused(bodies: &Bodies, body: Body) -> (u16, String) {
        let problem = bodies.receive(body).await.expect_err("it is refused");
        (problem.seen().0, problem.seen().1.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stalls_is_sent_away_and_gives_its_memory_back() {
        let bodies = Bodies::default();
        assert_eq!(refused(&bodies, stalled(MAX_BYTES)).await, (408, "body_too_slow".into()));
        assert_eq!(bodies.0.available_permits(), MAX_BYTES_IN_MEMORY);
    }

    #[tokio::test(start_paused = true)]
    async fn all_bodies_share_a_bounded_memory() {
        let bodies = Bodies::default();
        let all = stream::iter(0..65).map(|_| refused(&bodies, stalled(MAX_BYTES))).buffer_unordered(65);
        let answers: Vec<_> = all.map(|(status, _)| status).collect().await;
        assert_eq!(answers.iter().filter(|status| **status == 503).count(), 1);
        assert_eq!(answers.iter().filter(|status| **status == 408).count(), 64);
        let received = bodies.receive(Body::from("{}")).await.unwrap();
        assert_eq!((&received.bytes[..], bodies.0.available_permits()), (&b"{}"[..], MAX_BYTES_IN_MEMORY - 2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_leaves_waits_for_memory() {
        let bodies = Bodies::default();
        let all = bodies.leave(1 << 40).await.unwrap();
        assert_eq!(bodies.leave(1).await.expect_err("there is none").seen().0, 503);
        let (next, ()) = tokio::join!(bodies.leave(1), async {
            tokio::time::sleep(LEAVING_WITHIN / 2).await;
            drop(all);
        });
        assert!(next.is_ok());
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_announced_or_not() {
        let bodies = Bodies::default();
        let too_large = || vec![b' '; MAX_BYTES + 1];
        let unannounced = Body::from_stream(stream::iter([Ok::<_, Infallible>(too_large())]));
        for body in [Body::from(too_large()), unannounced] {
            assert_eq!(refused(&bodies, body).await, (413, "body_too_large".into()));
        }
        assert_eq!(bodies.receive(Body::from(vec![b' '; MAX_BYTES])).await.unwrap().bytes.len(), MAX_BYTES);
    }
}
