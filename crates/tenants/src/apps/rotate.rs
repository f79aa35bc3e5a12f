//! A new signing secret, beside which the old one signs for a while.

use std::time::Duration;

use anyhook_domain::DestinationId;
use anyhook_rpc::tenants::v1::{CreatedDestination, RotateSecretRequest};
use anyhook_store::config::{NewSecret, RotateSecret};

use super::{destination::pending, draft::created, read::find, secret};
use crate::{Service, check, keys, problem::Problem};

const DEFAULT_OVERLAP_SECONDS: u32 = 24 * 60 * 60;
const MAX_OVERLAP_SECONDS: u32 = 7 * 24 * 60 * 60;

pub(super) async fn rotate_secret(
    service: &Service,
    request: RotateSecretRequest,
) -> Result<CreatedDestination, Problem> {
    let overlap = overlap(request.overlap_seconds)?;
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let id: DestinationId = check::id("destination", &request.destination_id)?;
    let key = service.vault.secrets_key(app.tenant_id, None).await?;
    let drawn = secret::draw(&key, id);
    let now = service.now();
    let new = NewSecret {
        sealed: &drawn.sealed,
        key_version: key.version,
        hint: &drawn.hint,
        former_until: now + overlap,
        // A call that was only repeated must not take from the handler the secret that it still uses.
        may_displace: request.overlap_seconds.is_some(),
    };
    let subject = id.to_string();
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let records = [service.record(app.tenant_id, actor, "destination.secret_rotated", &subject)];
    let mut pending = pending(service, &app, id);
    let problem = match service.store.rotate_secret((app.tenant_id, app.id, id), &new, now, &records).await? {
        RotateSecret::Done(row) => {
            pending.name_routes(&service.store).await;
            return Ok(created(*row, &drawn.secret));
        }
        RotateSecret::Running { until } => Problem::RotationRunning { until },
        RotateSecret::NotFound => Problem::NotFound("destination"),
    };
    pending.nothing_changed();
    Err(problem)
}

fn overlap(seconds: Option<u32>) -> Result<Duration, Problem> {
    let seconds = seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    if seconds > MAX_OVERLAP_SECONDS {
        let says = format!("overlap_seconds may be at most {MAX_OVERLAP_SECONDS}, which is a week.");
        return Err(Problem::invalid("overlap_seconds", says));
    }
    Ok(Duration::from_secs(seconds.into()))
}
