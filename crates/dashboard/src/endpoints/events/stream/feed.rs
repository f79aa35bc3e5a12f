//! What one viewer is sent. Announcements say which events moved; the log says how they are.
//!
//! Everything is done when the viewer is ready for more: of whoever reads slowly, nothing piles up.

use std::{
    collections::{BTreeSet, VecDeque},
    convert::Infallible,
    pin::Pin,
    time::Duration,
};

use anyhook_cache::{EventSubscription, EventsMoved};
use anyhook_domain::{AppId, EventId, Timestamp};
use anyhook_store::{
    StoreError,
    log::{EventFilter, EventPage, EventSummary, Narrowing, Wanted},
};
use axum::response::sse;
use futures::FutureExt;
use tokio::time::{Instant, sleep_until};

use super::super::all_apps;
use crate::{
    api::Api,
    auth::Caller,
    shapes::event::{Configured, Event},
    streams::Place,
};

/// The log is read once for what moved within this.
const BURST: Duration = Duration::from_millis(100);
/// Events in one burst; of more, the newest are looked at, and the viewer is told to load the list anew.
const MOST: u32 = 200;
/// After the log could not be read.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// While other processes are not heard, the log is read this often.
const DEAF_FOR: Duration = Duration::from_secs(10);
/// Clocks differ, and results wait for their commit: what is this much older may be news all the same.
const MARGIN: Duration = Duration::from_secs(60);
/// Whether the key or session is still good is asked this often.
const CHECK_EVERY: Duration = Duration::from_secs(30);
/// What is known of the apps holds for so long.
const CONFIGURED_FOR: Duration = Duration::from_secs(5);
/// A browser comes back after this.
const COME_BACK_AFTER: Duration = Duration::from_secs(3);

pub(super) struct Feed {
    api: Api,
    caller: Caller,
    app: Option<AppId>,
    heard: EventSubscription,
    ready: VecDeque<sse::Event>,
    /// What happened before has been told, but for what the margin is for. The text form is the messages' id.
    told_until: Timestamp,
    /// The log was read last.
    read_at: Instant,
    /// The log is to be read for something that was not heard.
    look_at: Option<Instant>,
    configured: Configured,
    configured_at: Option<Instant>,
    check: Pin<Box<dyn Future<Output = ()> + Send>>,
    _place: Place,
}

impl Feed {
    /// From now on, or from where a stream before it ended.
    pub(super) fn new(api: Api, caller: Caller, app: Option<AppId>, last_id: Option<&str>, place: Place) -> Self {
        let (now, last) = (api.now(), last_id.map(read_id));
        let mut feed = Self {
            heard: api.cache().subscribe_events(caller.tenant),
            check: Box::pin(api.sleep(CHECK_EVERY)),
            told_until: last.flatten().unwrap_or(now).min(now),
            look_at: last.flatten().map(|_| Instant::now()),
            ready: VecDeque::new(),
            read_at: Instant::now(),
            configured: Configured::default(),
            configured_at: None,
            _place: place,
            api,
            caller,
            app,
        };
        // Without content it is no message, but the viewer knows from where to go on.
        feed.ready.push_back(sse::Event::default().id(feed.id()).retry(COME_BACK_AFTER));
        if last == Some(None) {
            feed.tell_to_reset();
        }
        feed
    }

    /// The next message; `None` ends the stream.
    pub(super) async fn next(mut self) -> Option<(Result<sse::Event, Infallible>, Self)> {
        let ending = self.api.ending().clone();
        let message = tokio::select! {
            biased;
            () = ending.cancelled() => None,
            message = self.message() => message,
        };
        message.map(|message| (Ok(message), self))
    }

    async fn message(&mut self) -> Option<sse::Event> {
        while self.ready.is_empty() {
            let look_at = self.look_at.or_else(|| self.is_deaf().then(|| self.read_at + DEAF_FOR));
            tokio::select! {
                biased;
                () = &mut self.check => {
                    if !self.caller.is_still_good(&self.api).await {
                        return None;
                    }
                    self.check = Box::pin(self.api.sleep(CHECK_EVERY));
                }
                () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => self.catch_up().await,
                heard = self.heard.next() => self.hear(heard).await,
            }
        }
        self.ready.pop_front()
    }

    /// Whether other processes may announce what does not come here.
    fn is_deaf(&self) -> bool {
        !self.api.config().hears_others || !self.api.cache().is_connected()
    }

    /// Reads at once what follows a silence, and else together with all that comes within a burst.
    async fn hear(&mut self, first: EventsMoved) {
        sleep_until(self.read_at + BURST).await;
        let (mut moved, mut next) = (Some(BTreeSet::new()), Some(first));
        while let Some(heard) = next {
            match (heard, &mut moved) {
                (EventsMoved::These(ids), Some(moved)) => moved.extend(ids),
                _ => moved = None,
            }
            next = self.heard.next().now_or_never();
        }
        match moved.filter(|ids| ids.len() <= MOST as usize) {
            Some(ids) if self.look_at.is_none() => self.tell_of(&ids.into_iter().collect::<Vec<_>>()).await,
            _ => self.catch_up().await,
        }
    }

    async fn tell_of(&mut self, ids: &[EventId]) {
        let (now, is_deaf) = (self.api.now(), self.is_deaf());
        self.read_at = Instant::now();
        match self.api.store().summarise_events(self.caller.tenant, ids).await {
            Ok(events) => {
                if !is_deaf {
                    self.told_until = now;
                }
                self.tell(events).await;
            }
            Err(error) => self.look_later(&error),
        }
    }

    /// Tells what happened since the last message, as far as the newest events show it.
    async fn catch_up(&mut self) {
        let (now, since) = (self.api.now(), self.told_until - MARGIN);
        self.read_at = Instant::now();
        let filter = EventFilter {
            tenant: self.caller.tenant,
            app: self.app,
            wanted: Wanted::Any,
            narrowing: Narrowing::default(),
            before: None,
            limit: MOST,
        };
        match self.api.store().list_events(&filter).await {
            Ok(page) => {
                (self.told_until, self.look_at) = (now, None);
                let is_all = page.next.is_none();
                self.tell(news(page, since)).await;
                if !is_all {
                    self.tell_to_reset();
                }
            }
            Err(error) => self.look_later(&error),
        }
    }

    fn look_later(&mut self, error: &StoreError) {
        tracing::debug!(%error, "a stream waits for the log");
        self.look_at = Some(Instant::now() + READ_AGAIN_AFTER);
    }

    async fn tell(&mut self, mut events: Vec<EventSummary>) {
        events.retain(|event| self.app.is_none_or(|app| app == event.app_id));
        if events.is_empty() {
            return;
        }
        self.configure(&events).await;
        let id = self.id();
        let message = |event| {
            let message = sse::Event::default().event("event").id(&id).json_data(Event::of(event, &self.configured));
            message.expect("an event is JSON")
        };
        self.ready.extend(events.iter().map(message));
    }

    fn tell_to_reset(&mut self) {
        self.ready.push_back(sse::Event::default().event("reset").id(self.id()).data("{}"));
    }

    /// While the tenants service is away, what was known goes on.
    async fn configure(&mut self, events: &[EventSummary]) {
        let is_fresh = self.configured_at.is_some_and(|at| at.elapsed() < CONFIGURED_FOR);
        if is_fresh && events.iter().all(|event| self.configured.knows(event.app_id)) {
            return;
        }
        if let Ok(apps) = all_apps(&self.api, &self.caller).await {
            (self.configured, self.configured_at) = (Configured::of(apps), Some(Instant::now()));
        }
    }

    fn id(&self) -> String {
        self.told_until.unix_ms().to_string()
    }
}

/// `None` for what is no id of a message.
fn read_id(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(Timestamp::from_unix_ms)
}

/// What may have happened since then, oldest first. Nothing where more came than the page holds: those who load the
/// list anew get it there.
fn news(page: EventPage, since: Timestamp) -> Vec<EventSummary> {
    if page.next.is_some() && page.events.last().is_some_and(|event| event.received_at >= since) {
        return Vec::new();
    }
    page.events.into_iter().rev().filter(|event| event.settled_at.is_none_or(|at| at >= since)).collect()
}
