//! Events as a list shows them.

use std::collections::HashMap;

use anyhook_domain::{AppId, DestinationId};
use anyhook_rpc::tenants::v1;
use anyhook_store::log::{EventPage, EventSummary};
use serde::Serialize;
use utoipa::ToSchema;

/// An accepted inbound request and what became of it. With several destinations, `attempt`, `maxAttempts`,
/// `outboundUrl`, `outboundStatus` and `latencyMs` are of the delivery that the status comes from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    #[schema(examples("evt_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    received_at: String,
    #[schema(examples("replicate"))]
    source: String,
    /// The provider's own word.
    #[schema(examples("prediction.succeeded"))]
    event_type: Option<String>,
    /// `success`, `queued`, `held`, `retrying`, `failed` or `rejected`.
    #[schema(examples("success"))]
    status: &'static str,
    /// Null where nothing was checked.
    signature_valid: Option<bool>,
    /// Attempts of all current deliveries.
    delivery_attempts: u32,
    outbound_url: Option<String>,
    /// How long the last attempt took.
    latency_ms: Option<i64>,
    /// Null when the app was deleted.
    app_slug: Option<String>,
    /// Attempts so far.
    attempt: u32,
    /// Null when the destination was deleted, or there is none.
    max_attempts: Option<u32>,
    /// The HTTP status that the last attempt was answered with.
    outbound_status: Option<u32>,
    /// Why the request was turned away.
    rejection_reason: Option<String>,
}

/// Events, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventList {
    events: Vec<Event>,
    /// Given while there may be older ones: the `cursor` of the next request. A page that is not full can have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// What a tenant's configuration adds to its events.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    slugs: HashMap<AppId, String>,
    destinations: HashMap<DestinationId, (String, u32)>,
    /// Where events were replayed to, though they are no destinations.
    replay_urls: HashMap<DestinationId, String>,
}

impl Configured {
    pub(crate) fn of(apps: impl IntoIterator<Item = v1::App>) -> Self {
        let mut configured = Self::default();
        for app in apps {
            let destinations = app.destinations.into_iter();
            configured
                .destinations
                .extend(destinations.filter_map(|it| Some((it.id.parse().ok()?, (it.url, it.max_attempts)))));
            configured
                .replay_urls
                .extend(app.replay_urls.into_iter().filter_map(|it| Some((it.id.parse().ok()?, it.url))));
            configured.slugs.extend(app.id.parse().ok().map(|id| (id, app.slug)));
        }
        configured
    }

    pub(crate) fn slug(&self, app: AppId) -> Option<String> {
        self.slugs.get(&app).cloned()
    }

    /// Where deliveries to this id go.
    pub(crate) fn url(&self, destination: DestinationId) -> Option<String> {
        let configured = self.destinations.get(&destination).map(|(url, _)| url);
        configured.or_else(|| self.replay_urls.get(&destination)).cloned()
    }

    pub(crate) fn knows(&self, app: AppId) -> bool {
        self.slugs.contains_key(&app)
    }
}

impl Event {
    pub(crate) fn of(event: &EventSummary, configured: &Configured) -> Self {
        let leading = event.leading.as_ref();
        let last = leading.and_then(|delivery| delivery.last.as_ref());
        let destination = leading.and_then(|delivery| configured.destinations.get(&delivery.destination_id));
        let configured_url = destination.map(|(url, _)| url.clone());
        Self {
            id: event.id.to_string(),
            received_at: event.received_at.to_string(),
            source: event.source.clone(),
            event_type: event.event_type.clone(),
            status: event.status.as_str(),
            signature_valid: event.verification.signature_valid(),
            delivery_attempts: event.n_attempts,
            outbound_url: last.map(|attempt| attempt.url.clone()).or(configured_url),
            latency_ms: last.map(|attempt| attempt.duration_ms),
            app_slug: configured.slugs.get(&event.app_id).cloned(),
            attempt: leading.map_or(0, |delivery| delivery.attempts),
            max_attempts: destination.map(|(_, max_attempts)| *max_attempts),
            outbound_status: last.and_then(|attempt| attempt.status_code),
            rejection_reason: event.rejection.clone(),
        }
    }
}

impl EventList {
    pub(crate) fn of(page: &EventPage, configured: &Configured) -> Self {
        Self {
            events: page.events.iter().map(|event| Event::of(event, configured)).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhook_domain::{
        EventId, Timestamp,
        delivery::State,
        event::{EventStatus, Verification},
    };
    use anyhook_store::log::{CurrentDelivery, LastAttempt};
    use uuid::Uuid;

    use super::*;

    fn configured() -> Configured {
        let destination = v1::Destination {
            id: DestinationId(Uuid::from_u128(3)).to_string(),
            url: "https://handler.example/now".into(),
            max_attempts: 11,
            ..v1::Destination::default()
        };
        let id = AppId(Uuid::from_u128(2)).to_string();
        Configured::of([v1::App {
            id,
            slug: "replicate".into(),
            destinations: vec![destination],
            ..v1::App::default()
        }])
    }

    fn event(last: Option<LastAttempt>) -> EventSummary {
        EventSummary {
            id: EventId(Uuid::from_u128(1)),
            app_id: AppId(Uuid::from_u128(2)),
            source: "replicate".into(),
            received_at: Timestamp::from_unix_ms(1_750_000_000_120),
            event_type: Some("prediction.succeeded".into()),
            status: EventStatus::Retrying,
            verification: Verification::Verified,
            rejection: None,
            n_attempts: 5,
            leading: Some(CurrentDelivery {
                destination_id: DestinationId(Uuid::from_u128(3)),
                state: State::Pending,
                attempts: 2,
                finished_at: None,
                last,
            }),
            settled_at: None,
        }
    }

    #[test]
    fn names_are_as_clients_know_them() {
        let last = LastAttempt {
            status_code: Some(502),
            duration_ms: 1234,
            url: "https://handler.example/then".into(),
            error: None,
        };
        let page = EventPage { events: vec![event(Some(last))], next: Some(EventId(Uuid::from_u128(1))) };
        insta::assert_json_snapshot!(EventList::of(&page, &configured()));
    }

    #[test]
    fn before_the_first_attempt_the_url_is_the_configured_one() {
        let event = Event::of(&event(None), &configured());
        assert_eq!(event.outbound_url.as_deref(), Some("https://handler.example/now"));
        assert_eq!((event.latency_ms, event.outbound_status), (None, None));
    }

    #[test]
    fn an_event_outlives_its_app() {
        let event = Event::of(&event(None), &Configured::default());
        assert_eq!((event.app_slug, event.outbound_url, event.max_attempts), (None, None, None));
        let page = EventList::of(&EventPage::default(), &Configured::default());
        assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"events":[]}"#);
    }
}
