//! Replaying to a URL that is no destination.

use anyhook_domain::DestinationId;
use anyhook_rpc::tenants::v1::{App, TakeReplayUrlRequest};

use crate::{
    api::{Api, ask},
    auth::Caller,
    permissions::Action,
    problem::Problem,
};

/// A URL that deliveries can be made to.
pub(crate) struct ReplayUrl {
    pub(crate) id: DestinationId,
    pub(crate) url: String,
    /// Where it was made just now.
    pub(crate) signing_secret: Option<String>,
}

impl ReplayUrl {
    /// Nothing is sent there after all. One that was made for that goes, and with it a secret that nobody has seen.
    pub(crate) async fn give_back(self, api: &Api, caller: &Caller) {
        if self.signing_secret.is_none() {
            return;
        }
        let subject = self.id.to_string();
        let Ok(record) = caller.record(api, "replay_url.ended", &subject) else { return };
        if let Err(error) = api.store().give_back_replay_url(caller.tenant, self.id, &[record]).await {
            tracing::warn!(%error, "a URL that was taken for a replay could not be given back");
        }
    }
}

/// Sending what is stored to any URL is as much as making a destination of it.
pub(crate) fn allow(caller: &Caller, url: Option<&str>, destination: Option<&str>) -> Result<(), Problem> {
    if url.is_none() {
        return Ok(());
    }
    caller.allow(Action::Configure)?;
    if destination.is_some() {
        return Err(Problem::bad_field("url", "Give url or destination_id, not both."));
    }
    Ok(())
}

pub(crate) async fn take(
    api: &Api,
    caller: &Caller,
    app: &App,
    url: &str,
    signing_secret: Option<String>,
) -> Result<ReplayUrl, Problem> {
    let request = TakeReplayUrlRequest {
        tenant_id: caller.tenant_id(),
        app: app.id.clone(),
        url: url.to_owned(),
        signing_secret,
        actor: caller.actor(),
    };
    let taken = ask(api.apps().take_replay_url(request)).await?;
    let row = taken.replay_url.ok_or_else(|| Problem::internal("tenants: took no URL"))?;
    let id = row.id.parse().map_err(|_| Problem::internal("tenants: a URL's id that is none"))?;
    Ok(ReplayUrl { id, url: row.url, signing_secret: taken.signing_secret })
}
