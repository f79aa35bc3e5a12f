//! Destinations that are held back by their circuit breakers.

use anyhook_domain::{
    DestinationId, Timestamp,
    breaker::{Breaker, Gate},
};
use anyhook_rpc::tenants::v1::App;
use serde::Serialize;
use utoipa::ToSchema;

/// What a destination gets at once without a breaker, unless the operator has set another number.
const USUAL_PLACES: u32 = 50;

/// A destination that fails so much that its deliveries wait, without an attempt being charged for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldBackDestination)]
pub(crate) struct HeldBackAnswer {
    #[schema(examples("replicate"))]
    app_slug: String,
    #[schema(examples("dst_01h455vb4pex5vsknk084sn02q"))]
    destination_id: String,
    /// Where it points now.
    #[schema(examples("https://app.example/hooks"))]
    url: String,
    /// `open`: one delivery is attempted now and then. `recovering`: an attempt succeeded, and more and more follow.
    #[schema(examples("open"))]
    state: &'static str,
    /// Since when it fails.
    #[schema(examples("2026-11-21T00:00:00.000Z"))]
    since: String,
    /// Single attempts that failed since then.
    failed_tries: u32,
    /// When the next single attempt may begin; null while one runs, and while it recovers.
    #[schema(examples("2026-11-21T00:01:00.000Z"))]
    next_try_at: Option<String>,
}

impl HeldBackAnswer {
    /// `None` where nothing is held back any more, and for a destination that is gone.
    pub(super) fn of(id: DestinationId, breaker: &Breaker, apps: &[App], now: Timestamp) -> Option<Self> {
        let gate = breaker.gate(now, USUAL_PLACES);
        if gate == Gate::Open {
            return None;
        }
        let destination_id = id.to_string();
        let found = apps.iter().flat_map(|app| app.destinations.iter().map(move |it| (app, it)));
        let (app, destination) = found.into_iter().find(|(_, it)| it.id == destination_id)?;
        let is_open = breaker.closed_at.is_none();
        let is_trying = breaker.trying_until.is_some_and(|until| now < until);
        Some(Self {
            app_slug: app.slug.clone(),
            url: destination.url.clone(),
            destination_id,
            state: if is_open { "open" } else { "recovering" },
            since: breaker.opened_at.to_string(),
            failed_tries: breaker.n_failed,
            next_try_at: (is_open && !is_trying).then(|| breaker.try_at.max(now).to_string()),
        })
    }
}
