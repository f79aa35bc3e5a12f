//! Who waited how long for what: one ledger for each request, which the connector writes into as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::{FailureKind, Timings};
use crate::fault::Fault;

tokio::task_local! {
    /// How the connector, which the HTTP client calls with nothing but an address, finds the ledger of its request.
    pub(crate) static CURRENT: Arc<Ledger>;
}

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Idle,
    Resolve,
    Connect,
    Tls,
    Answer,
    Body,
}

/// The course of one request.
#[derive(Debug)]
pub(crate) struct Ledger {
    began: Instant,
    marks: Mutex<Marks>,
}

#[derive(Debug)]
struct Marks {
    stage: Stage,
    since: Instant,
    timings: Timings,
}

impl Ledger {
    pub(crate) fn begin() -> Arc<Self> {
        let began = Instant::now();
        let marks = Marks { stage: Stage::Idle, since: began, timings: Timings::default() };
        Arc::new(Self { began, marks: Mutex::new(marks) })
    }

    /// The ledger of the request being made, or one that nobody reads.
    pub(crate) fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_else(|_| Self::begin())
    }

    /// Ends the stage before and begins this one.
    pub(crate) fn enter(&self, stage: Stage) {
        let mut marks = self.marks();
        marks.close();
        marks.stage = stage;
    }

    pub(crate) fn head_arrived(&self) {
        self.enter(Stage::Body);
        self.marks().timings.first_byte = Some(self.began.elapsed());
    }

    /// Notes that another request's connection was used: what was done here to open one did not matter.
    pub(crate) fn reused(&self) {
        let mut marks = self.marks();
        let first_byte = marks.timings.first_byte;
        marks.timings = Timings { first_byte, reused: true, ..Timings::default() };
        marks.stage = if first_byte.is_some() { Stage::Body } else { Stage::Answer };
    }

    pub(crate) fn timings(&self) -> Timings {
        let mut marks = self.marks();
        marks.close();
        Timings { total: self.began.elapsed(), ..marks.timings }
    }

    /// What to say when the deadline has passed.
    pub(crate) fn overdue(&self, host: &str, within: Duration) -> Fault {
        let within = within.as_secs_f64();
        let (kind, message) = match self.marks().stage {
            Stage::Idle | Stage::Resolve => (
                FailureKind::Resolve,
                format!("The name {host} could not be looked up within {within} s. Check its DNS servers."),
            ),
            Stage::Connect => (
                FailureKind::Connect,
                format!(
                    "{host} did not accept a connection within {within} s. Check that the server is up and its firewall lets connections in."
                ),
            ),
            Stage::Tls => (
                FailureKind::Tls,
                format!("{host} did not finish the TLS handshake within {within} s. Check that its port serves https."),
            ),
            Stage::Answer => (
                FailureKind::Timeout,
                format!(
                    "{host} did not answer within {within} s. Answer first and work afterwards, or allow more time."
                ),
            ),
            Stage::Body => (
                FailureKind::Timeout,
                format!(
                    "{host} began to answer but did not finish within {within} s. Send a short answer and close it."
                ),
            ),
        };
        Fault::new(kind, message)
    }

    /// A panic elsewhere leaves nothing half-written here that would matter.
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marks {
    fn close(&mut self) {
        let spent = Some(self.since.elapsed());
        match self.stage {
            Stage::Resolve => self.timings.resolve = spent,
            Stage::Connect => self.timings.connect = spent,
            Stage::Tls => self.timings.tls = spent,
            Stage::Idle | Stage::Answer | Stage::Body => {}
        }
        self.since = Instant::now();
        self.stage = Stage::Idle;
    }
}
