//! An export's lines, made when they are wanted: of whoever reads slowly, nothing piles up.

use std::{collections::HashMap, io, time::Duration};

use anyhook_domain::AppId;
use anyhook_store::log::{EventFilter, EventPage, EventSummary};
use bytes::Bytes;
use futures::future::try_join_all;
use serde_json::{Map, Value};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::super::{one_app, opening::open_request};
use crate::{
    api::Api,
    auth::Caller,
    problem::Problem,
    shapes::{
        event::{Configured, Event},
        exported::{ExportedContent, ExportedEvent},
        redacted::Hidden,
    },
    streams::Place,
};

/// Contents in memory at once, and calls to the tenants service.
const AT_ONCE: usize = 4;
/// Bytes of their bodies, unless there is only one.
const AT_ONCE_BYTES: u64 = 1024 * 1024;
/// Whoever reads such a body slowly shares the memory for it with all others who do.
const LARGE_BYTES: u64 = 256 * 1024;
/// Whether the key or session is still good is asked this often.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// An app's settings, by app; `None` where it was deleted.
type Settings = HashMap<AppId, Option<Map<String, Value>>>;

pub(super) struct Lines {
    api: Api,
    caller: Caller,
    filter: EventFilter,
    configured: Configured,
    with_content: bool,
    settings: Settings,
    /// Of the page that was read last, what is still to be written; the next one comes last.
    waiting: Vec<EventSummary>,
    checked_at: Instant,
    is_last_page: bool,
    /// For the lines that are being read.
    memory: Option<OwnedSemaphorePermit>,
    _place: Place,
}

impl Lines {
    pub(super) fn new(
        api: Api,
        caller: Caller,
        filter: EventFilter,
        configured: Configured,
        with_content: bool,
        place: Place,
    ) -> Self {
        Self {
            api,
            caller,
            filter,
            configured,
            with_content,
            settings: Settings::new(),
            waiting: Vec::new(),
            checked_at: Instant::now(),
            is_last_page: false,
            memory: None,
            _place: place,
        }
    }

    /// The next lines. An error breaks the answer off, so that its reader knows that it is not whole.
    pub(super) async fn next(lines: Option<Self>) -> Option<(io::Result<Bytes>, Option<Self>)> {
        let mut lines = lines?;
        let ending = lines.api.ending().clone();
        let made = tokio::select! {
            biased;
            () = ending.cancelled() => Err(Problem::unavailable("the process ends")),
            made = lines.make() => made,
        };
        match made {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => Some((Ok(bytes), Some(lines))),
            Err(problem) => {
                tracing::debug!(?problem, "an export breaks off");
                Some((Err(io::Error::other("the export breaks off")), None))
            }
        }
    }

    /// Nothing at the end only.
    async fn make(&mut self) -> Result<Bytes, Problem> {
        while self.waiting.is_empty() {
            if self.is_last_page {
                return Ok(Bytes::new());
            }
            self.check().await?;
            let EventPage { mut events, next } = self.api.store().list_events(&self.filter).await?;
            events.reverse();
            (self.waiting, self.filter.before, self.is_last_page) = (events, next, next.is_none());
        }
        // Whoever asks for more has read what there was.
        self.memory = None;
        let n = if self.with_content { self.n_that_fit().await? } else { self.waiting.len() };
        let batch: Vec<_> = self.waiting.drain(self.waiting.len().saturating_sub(n)..).rev().collect();
        let contents = if self.with_content { self.contents(&batch).await? } else { Vec::new() };
        let mut contents = contents.into_iter();
        let mut written = Vec::new();
        for event in &batch {
            let event = Event::of(event, &self.configured);
            let line = ExportedEvent { event, content: contents.next() };
            serde_json::to_writer(&mut written, &line).expect("an event is JSON");
            written.push(b'\n');
        }
        Ok(written.into())
    }

    /// How many of those that wait are written at once, and the memory for them.
    async fn n_that_fit(&mut self) -> Result<usize, Problem> {
        let (mut n_fitting, mut n_bytes) = (0, 0);
        for event in self.waiting.iter().rev().take(AT_ONCE) {
            let own = self.api.store().body_bytes(event.id).await?.unwrap_or(0);
            if n_fitting > 0 && n_bytes + own > AT_ONCE_BYTES {
                break;
            }
            (n_fitting, n_bytes) = (n_fitting + 1, n_bytes + own);
        }
        if n_bytes > LARGE_BYTES {
            self.memory = Some(self.api.bodies().leave(n_bytes).await?);
        }
        Ok(n_fitting)
    }

    async fn check(&mut self) -> Result<(), Problem> {
        if self.checked_at.elapsed() >= CHECK_EVERY {
            if !self.caller.is_still_good(&self.api).await {
                return Err(Problem::unauthenticated("The key or session is no longer good; sign in again."));
            }
            self.checked_at = Instant::now();
        }
        Ok(())
    }

    async fn contents(&mut self, batch: &[EventSummary]) -> Result<Vec<ExportedContent>, Problem> {
        self.check().await?;
        for event in batch {
            if !self.settings.contains_key(&event.app_id) {
                let settings = settings(&self.api, &self.caller, event.app_id).await?;
                self.settings.insert(event.app_id, settings);
            }
        }
        try_join_all(batch.iter().map(|event| self.content(event))).await
    }

    async fn content(&self, event: &EventSummary) -> Result<ExportedContent, Problem> {
        // Pruned since its page was read: what is left of it is as if it had been forgotten.
        let Some(mut stored) = self.api.store().sealed_request(self.caller.tenant, event.id).await? else {
            return Ok(ExportedContent::default());
        };
        let opened = open_request(&self.api, &self.caller, event.id, &mut stored).await?;
        let settings = self.settings.get(&event.app_id).and_then(Option::as_ref);
        let hidden = Hidden::of(&stored.source, settings);
        Ok(ExportedContent::of(stored, opened.map(|opened| (opened.head, opened.body)), &hidden))
    }
}

async fn settings(api: &Api, caller: &Caller, app: AppId) -> Result<Option<Map<String, Value>>, Problem> {
    match one_app(api, caller, &app.to_string()).await {
        Ok(app) => Ok(serde_json::from_str(&app.source_config).ok()),
        Err(problem) if problem.is_not_found() => Ok(None),
        Err(problem) => Err(problem),
    }
}
