//! URLs that an app's events are replayed to, though they are no destinations of it.

use anyhook_domain::{DestinationId, seal::column::DESTINATION_SECRET, secret::Secret};
use anyhook_rpc::tenants::v1::{DestinationRoute, ReplayUrl, SigningSecret, TakeReplayUrlRequest, TakenReplayUrl};
use anyhook_store::config::{AppRow, REPLAY_URLS_LIVE_FOR, ReplayUrlRow, SeenReplayUrl, TakeReplayUrl};

use super::{
    draft::{new_id, reachable},
    read::find,
    secret,
};
use crate::{Service, audit::Actor, check, keys, problem::Problem};

/// Of an app at once.
const MOST: i64 = 100;
const MOST_SECRET_CHARS: usize = 256;
const MOST_URL_BYTES: usize = 2_000;
/// How often an app's URLs may change between looking at them and writing.
const MOST_TRIES: usize = 3;

pub(super) async fn take_replay_url(
    service: &Service,
    request: TakeReplayUrlRequest,
) -> Result<TakenReplayUrl, Problem> {
    let actor = keys::actor(request.actor.as_ref())?;
    let given = request.signing_secret.as_deref().map(given_secret).transpose()?;
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    if request.url.len() > MOST_URL_BYTES {
        return Err(Problem::invalid("url", format!("url may have at most {MOST_URL_BYTES} bytes.")));
    }
    let url = reachable(service, &request.url).await?;
    for _ in 0..MOST_TRIES {
        let (row, seen, made) = draft(service, &app, &url, given.as_ref()).await?;
        let subject = row.id.to_string();
        let records = [service.record(app.tenant_id, actor, "replay_url.taken", &subject)];
        let problem = match service.store.take_replay_url(&row, seen, MOST, &records).await? {
            TakeReplayUrl::Made | TakeReplayUrl::Renewed => {
                // Whoever delivers remembers the secret.
                let mut pending = service.changes.pending(app.tenant_id, Some(app.id));
                pending.destination = Some(row.id);
                pending.name_routes(&service.store).await;
                return Ok(TakenReplayUrl { replay_url: Some(shown(row)), signing_secret: made });
            }
            TakeReplayUrl::Changed => continue,
            TakeReplayUrl::NoApp => Problem::NotFound("app"),
            TakeReplayUrl::TooMany => Problem::TooMany(format!(
                "An app's events are replayed to at most {MOST} URLs within two weeks; take one of those, or make a \
                 destination."
            )),
        };
        return Err(problem);
    }
    Err(Problem::Busy)
}

/// The row as it should be, and the secret if one was made.
async fn draft(
    service: &Service,
    app: &AppRow,
    url: &str,
    given: Option<&Secret>,
) -> Result<(ReplayUrlRow, SeenReplayUrl, Option<String>), Problem> {
    let key = service.vault.secrets_key(app.tenant_id, None).await?;
    let known = service.store.replay_urls(app.tenant_id, app.id).await?.into_iter().find(|row| row.url == url);
    let seen = match &known {
        Some(_) => SeenReplayUrl::Yes { changes_secret: given.is_some() },
        None => SeenReplayUrl::No,
    };
    let id = known.as_ref().map_or_else(|| new_id(service), |row| row.id);
    let (sealed_secret, made) = match given {
        Some(secret) => (key.seal(id.0, DESTINATION_SECRET, secret), None),
        None => {
            let drawn = secret::draw(&key, id);
            (drawn.sealed, known.is_none().then(|| drawn.secret.expose().to_owned()))
        }
    };
    let now = service.now();
    let row = ReplayUrlRow {
        id,
        tenant_id: app.tenant_id,
        app_id: app.id,
        url: url.to_owned(),
        sealed_secret,
        key_version: key.version,
        created_at: now.unix_ms(),
        expires_at: (now + REPLAY_URLS_LIVE_FOR).unix_ms(),
    };
    Ok((row, seen, made))
}

fn given_secret(text: &str) -> Result<Secret, Problem> {
    let n_chars = text.chars().count();
    if n_chars == 0 || n_chars > MOST_SECRET_CHARS || text.chars().any(char::is_control) {
        let says = format!("signing_secret must be a text of 1 to {MOST_SECRET_CHARS} characters, on one line.");
        return Err(Problem::invalid("signing_secret", says));
    }
    Ok(Secret::new(text.to_owned()))
}

pub(super) fn shown(row: ReplayUrlRow) -> ReplayUrl {
    ReplayUrl { id: row.id.to_string(), url: row.url }
}

/// Its handler asked for nothing more: nobody could let it go on, so it ends.
pub(crate) async fn end(service: &Service, id: DestinationId) -> Result<(), Problem> {
    let row = service.store.replay_url(id).await?.ok_or(Problem::NotFound("destination"))?;
    let mut pending = service.changes.pending(row.tenant_id, Some(row.app_id));
    pending.destination = Some(id);
    let subject = id.to_string();
    let records = [service.record(row.tenant_id, Actor::Handler, "replay_url.ended", &subject)];
    if !service.store.delete_replay_url(id, &records).await? {
        pending.nothing_changed();
    }
    Ok(())
}

/// As where a delivery goes: like a destination with nothing set, and paused with nothing: whoever replays to a URL wants
/// it sent now.
pub(crate) async fn route(service: &Service, id: DestinationId) -> Result<DestinationRoute, Problem> {
    let row = service.store.replay_url(id).await?.ok_or(Problem::NotFound("destination"))?;
    let tenant = service.store.tenant(row.tenant_id).await?.ok_or(Problem::NotFound("destination"))?;
    let sealed = crate::routing::sealed_secret(&id.to_string(), DESTINATION_SECRET, row.key_version, row.sealed_secret);
    Ok(DestinationRoute {
        id: id.to_string(),
        tenant_id: row.tenant_id.to_string(),
        app_id: row.app_id.to_string(),
        url: row.url,
        timeout_seconds: anyhook_domain::destination::TIMEOUT_SECONDS.0,
        max_attempts: anyhook_domain::destination::MAX_ATTEMPTS.0,
        signature_mode: anyhook_domain::destination::SignatureMode::Anyhook.as_str().to_owned(),
        secrets: vec![SigningSecret { secret: Some(sealed), until: None }],
        events_per_month: service.plan_of(&tenant.plan).events_per_month,
        ..DestinationRoute::default()
    })
}
