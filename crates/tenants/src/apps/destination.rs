//! One destination.

use anyhook_domain::DestinationId;
use anyhook_rpc::tenants::v1::{
    CreateDestinationRequest, CreatedDestination, DeleteDestinationRequest, DeleteDestinationResponse, Destination,
    UpdateDestinationRequest,
};
use anyhook_store::config::{AppRow, CreateDestination, DestinationRow};

use super::{
    MAX_DESTINATIONS,
    draft::{Draft, new_id, normal_form, refuse_too_many},
    list,
    read::{destination_of, find},
};
use crate::{Service, changes::Pending, check, problem::Problem, slugs};

pub(super) async fn create_destination(
    service: &Service,
    request: CreateDestinationRequest,
) -> Result<CreatedDestination, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let key = service.vault.secrets_key(app.tenant_id, None).await?;
    let settings = request.settings.unwrap_or_default();
    let draft = Draft::new(service, (app.tenant_id, app.id, new_id(service)), &key, &settings).await?;
    let mut pending = pending(service, &app, draft.row.id);
    let most = i64::try_from(MAX_DESTINATIONS).expect("a small number");
    match service.store.create_destination(&draft.row, most).await? {
        CreateDestination::NoApp => return Err(Problem::NotFound("app")),
        CreateDestination::TooMany => refuse_too_many(MAX_DESTINATIONS + 1)?,
        CreateDestination::Made => publish(service, &app, &mut pending).await,
    }
    Ok(draft.created())
}

pub(super) async fn update_destination(
    service: &Service,
    request: UpdateDestinationRequest,
) -> Result<Destination, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let row = find_destination(service, &app, &request.destination_id).await?;
    let settings = request.settings.unwrap_or_default();
    let url = settings.url.as_deref().map(|url| normal_form(service, url)).transpose()?;
    let change = list::change(service, &row, &settings, url.as_deref()).await?;
    let mut pending = pending(service, &app, row.id);
    let changed = service.store.update_destination(app.tenant_id, app.id, row.id, &change).await?;
    let changed = changed.ok_or(Problem::NotFound("destination"))?;
    publish(service, &app, &mut pending).await;
    Ok(destination_of(changed))
}

pub(super) async fn delete_destination(
    service: &Service,
    request: DeleteDestinationRequest,
) -> Result<DeleteDestinationResponse, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let id: DestinationId = check::id("destination", &request.destination_id)?;
    let mut pending = pending(service, &app, id);
    if !service.store.delete_destination(app.tenant_id, app.id, id).await? {
        return Err(Problem::NotFound("destination"));
    }
    publish(service, &app, &mut pending).await;
    Ok(DeleteDestinationResponse {})
}

async fn find_destination(service: &Service, app: &AppRow, id: &str) -> Result<DestinationRow, Problem> {
    let id: DestinationId = check::id("destination", id)?;
    let present = service.store.destinations(app.tenant_id, Some(app.id)).await?;
    present.into_iter().find(|row| row.id == id).ok_or(Problem::NotFound("destination"))
}

pub(super) fn pending<'a>(service: &'a Service, app: &AppRow, destination: DestinationId) -> Pending<'a> {
    let mut pending = service.changes.pending(app.tenant_id, Some(app.id));
    pending.destination = Some(destination);
    pending
}

/// Names the routes in what will be published; without them the ids still say what changed.
pub(super) async fn publish(service: &Service, app: &AppRow, pending: &mut Pending<'_>) {
    let routes = slugs::all_routes(&service.store, app.tenant_id, Some(app.id)).await;
    pending.routes = routes.unwrap_or_default();
}
