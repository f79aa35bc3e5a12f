//! One destination.

use anyhook_domain::DestinationId;
use anyhook_rpc::tenants::v1::{
    CreateDestinationRequest, CreatedDestination, DeleteDestinationRequest, DeleteDestinationResponse, Destination,
    DestinationSettings, UpdateDestinationRequest,
};
use anyhook_store::config::{AppRow, CreateDestination, DestinationRow};

use super::{
    MAX_DESTINATIONS,
    draft::{Draft, new_id, normal_form, too_many},
    list,
    read::{destination_of, find},
};
use crate::{Service, changes::Pending, check, keys, once::Keyed, problem::Problem};

/// How often a destination may change between looking at it and writing.
const MAX_TRIES: usize = 3;

pub(super) async fn create_destination(
    service: &Service,
    request: CreateDestinationRequest,
) -> Result<CreatedDestination, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let keyed = Keyed::new(tenant, request.idempotency_key.as_deref(), "create_destination", &request)?;
    if let Some(before) = keyed.answered(service).await? {
        return Ok(before);
    }
    let app = find(service, tenant, &request.app).await?;
    let key = service.vault.secrets_key(app.tenant_id, None).await?;
    let settings = request.settings.unwrap_or_default();
    let draft = Draft::new(service, (app.tenant_id, app.id, new_id(service)), &key, &settings).await?;
    let subject = draft.row.id.to_string();
    let records = [service.record(tenant, actor, "destination.created", &subject)];
    let made = draft.created();
    let remembered = keyed.remember(service, &made).await?;
    let once = remembered.as_ref().map(|it| it.once());
    let mut pending = pending(service, &app, draft.row.id);
    let most = i64::try_from(MAX_DESTINATIONS).expect("a small number");
    let problem = match service.store.create_destination(&draft.row, most, &records, once.as_ref()).await? {
        CreateDestination::Made => {
            pending.name_routes(&service.store).await;
            return Ok(made);
        }
        CreateDestination::Repeat => {
            pending.nothing_changed();
            return keyed.answered_meanwhile(service).await;
        }
        CreateDestination::NoApp => Problem::NotFound("app"),
        CreateDestination::TooMany => too_many(),
    };
    pending.nothing_changed();
    Err(problem)
}

pub(super) async fn update_destination(
    service: &Service,
    request: UpdateDestinationRequest,
) -> Result<Destination, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    for _ in 0..MAX_TRIES {
        let row = find_destination(service, &app, &request.destination_id).await?;
        refuse_changed(&row, request.expected.as_ref())?;
        if let Some(changed) = try_update(service, &app, &row, &request).await? {
            return Ok(destination_of(changed));
        }
    }
    Err(Problem::Busy)
}

/// `None` when it is not as it was seen any more, as far as that matters.
async fn try_update(
    service: &Service,
    app: &AppRow,
    row: &DestinationRow,
    request: &UpdateDestinationRequest,
) -> Result<Option<DestinationRow>, Problem> {
    let nothing = DestinationSettings::default();
    let settings = request.settings.as_ref().unwrap_or(&nothing);
    let url = settings.url.as_deref().map(|url| normal_form(service, url)).transpose()?;
    let change = list::change(service, row, settings, url.as_deref()).await?;
    let subject = row.id.to_string();
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let records = [service.record(app.tenant_id, actor, "destination.updated", &subject)];
    let mut pending = pending(service, app, row.id);
    let changed = match &request.expected {
        Some(_) => service.store.update_destination_as_seen(row, &change, &records).await?,
        None => service.store.update_destination(app.tenant_id, app.id, row.id, &change, &records).await?,
    };
    match &changed {
        Some(_) => pending.name_routes(&service.store).await,
        None => pending.nothing_changed(),
    }
    Ok(changed)
}

pub(super) async fn delete_destination(
    service: &Service,
    request: DeleteDestinationRequest,
) -> Result<DeleteDestinationResponse, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let id: DestinationId = check::id("destination", &request.destination_id)?;
    let subject = id.to_string();
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let records = [service.record(app.tenant_id, actor, "destination.deleted", &subject)];
    let (is_deleted, otherwise, mut pending) = if request.expected.is_some() {
        let row = find_destination(service, &app, &request.destination_id).await?;
        refuse_changed(&row, request.expected.as_ref())?;
        let pending = pending(service, &app, id);
        (service.store.delete_destination_as_seen(&row, &records).await?, Problem::ChangedMeanwhile, pending)
    } else {
        let pending = pending(service, &app, id);
        let is_deleted = service.store.delete_destination(app.tenant_id, app.id, id, &records).await?;
        (is_deleted, Problem::NotFound("destination"), pending)
    };
    if !is_deleted {
        pending.nothing_changed();
        return Err(otherwise);
    }
    pending.name_routes(&service.store).await;
    Ok(DeleteDestinationResponse {})
}

fn refuse_changed(row: &DestinationRow, expected: Option<&Destination>) -> Result<(), Problem> {
    let is_as_expected = expected.is_none_or(|expected| destination_of(row.clone()) == *expected);
    if is_as_expected { Ok(()) } else { Err(Problem::ChangedMeanwhile) }
}

pub(super) async fn find_destination(service: &Service, app: &AppRow, id: &str) -> Result<DestinationRow, Problem> {
    let id: DestinationId = check::id("destination", id)?;
    let present = service.store.destinations_of_app(app.tenant_id, app.id).await?;
    present.into_iter().find(|row| row.id == id).ok_or(Problem::NotFound("destination"))
}

pub(super) fn pending<'a>(service: &'a Service, app: &AppRow, destination: DestinationId) -> Pending<'a> {
    let mut pending = service.changes.pending(app.tenant_id, Some(app.id));
    pending.destination = Some(destination);
    pending
}
