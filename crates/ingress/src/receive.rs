//! Reading a body: counted while it streams, bounded in size, time and memory.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, EXPECT},
    },
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::rejection::Rejection;

/// Beyond the limit a body is read on up to this many times the limit, and thrown away: a sender that writes
/// everything before it reads would otherwise meet a reset connection instead of the answer.
const DRAIN_FACTOR: usize = 8;
/// Memory is counted in pieces of this many bytes.
const PERMIT_BYTES: usize = 1024;

/// The limits of bodies, and the memory that they share.
#[derive(Debug)]
pub(crate) struct Receiver {
    max_bytes: usize,
    within: Duration,
    memory: Arc<Semaphore>,
}

/// The share of the memory that a body has; given back when dropped.
pub(crate) type Memory = Option<OwnedSemaphorePermit>;

/// A body, and the memory that it is counted with.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) body: Bytes,
    pub(crate) memory: Memory,
}

impl Receiver {
    pub(crate) fn new(max_bytes: usize, within: Duration, max_bytes_in_memory: usize) -> Self {
        let n_permits = (max_bytes_in_memory / PERMIT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        Self { max_bytes, within, memory: Arc::new(Semaphore::new(n_permits)) }
    }

    /// A sender that waits for leave to send a body that is too long (RFC 9110 section 10.1.1) need not send it.
    pub(crate) fn check_announced(&self, headers: &HeaderMap) -> Result<(), Rejection> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let is_too_long = announced.is_some_and(|bytes| bytes > self.max_bytes as u64);
        if is_too_long && headers.contains_key(EXPECT) {
            return Err(Rejection::TooLarge { max_bytes: self.max_bytes });
        }
        Ok(())
    }

    /// # Errors
    /// [`Rejection`] for a body that is too large, too slow or broken off, and when memory is short.
    pub(crate) async fn receive(&self, mut body: Body) -> Result<Received, Rejection> {
        let deadline = Instant::now() + self.within;
        let mut bytes = BytesMut::new();
        let mut memory: Memory = None;
        while let Some(chunk) = next_chunk(&mut body, deadline).await? {
            if bytes.len() + chunk.len() > self.max_bytes {
                drop((bytes, memory));
                return Err(self.drain(body, deadline).await);
            }
            let needed = (bytes.len() + chunk.len()).div_ceil(PERMIT_BYTES);
            if let Err(rejection) = self.count(&mut memory, needed) {
                drop((bytes, memory));
                self.drain(body, deadline).await;
                return Err(rejection);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Received { body: bytes.freeze(), memory })
    }

    fn count(&self, memory: &mut Memory, n_needed: usize) -> Result<(), Rejection> {
        let n_held = memory.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let n_more = u32::try_from(n_needed.saturating_sub(n_held)).unwrap_or(u32::MAX);
        if n_more == 0 {
            return Ok(());
        }
        let more = self.memory.clone().try_acquire_many_owned(n_more).map_err(|_| Rejection::Unavailable)?;
        match memory {
            Some(held) => held.merge(more),
            None => *memory = Some(more),
        }
        Ok(())
    }

    /// Reads on without keeping anything, then says why.
    async fn drain(&self, mut body: Body, deadline: Instant) -> Rejection {
        let mut n_left = self.max_bytes.saturating_mul(DRAIN_FACTOR);
        while let Ok(Some(chunk)) = next_chunk(&mut body, deadline).await {
            n_left = n_left.saturating_sub(chunk.len());
            if n_left == 0 {
                break;
            }
        }
        Rejection::TooLarge { max_bytes: self.max_bytes }
    }
}

async fn next_chunk(body: &mut Body, deadline: Instant) -> Result<Option<Bytes>, Rejection> {
    loop {
        let frame = timeout_at(deadline, body.frame()).await.map_err(|_| Rejection::TooSlow)?;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Rejection::BrokenOff),
            // Trailers are not part of the event.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
