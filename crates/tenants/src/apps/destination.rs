//! One destination.

use anyhook_domain::DestinationId;
use anyhook_rpc::tenants::v1::{
    CreateDestinationRequest, CreatedDestination, DeleteDestinationRequest, DeleteDestinationResponse, Destination,
    UpdateDestinationRequest,
};
use anyhook_store::config::{AppRow, CreateDestination, DestinationRow};

use super::{
    MAX_DESTINATIONS,
    draft::{Draft, new_id, normal_form, too_many},
    list,
    read::{destination_of, find},
};
use crate::{Service, changes::Pending, check, problem::Problem};

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
    let problem = match service.store.create_destination(&draft.row, most).await? {
        CreateDestination::Made => {
            pending.name_routes(&service.store).await;
            return Ok(draft.created());
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
    let row = find_destination(service, &app, &request.destination_id).await?;
    let settings = request.settings.unwrap_or_default();
    let url = settings.url.as_deref().map(|url| normal_form(service, url)).transpose()?;
    let change = list::change(service, &row, &settings, url.as_deref()).await?;
    let mut pending = pending(service, &app, row.id);
    let Some(changed) = service.store.update_destination(app.tenant_id, app.id, row.id, &change).await? else {
        pending.nothing_changed();
        return Err(Problem::NotFound("destination"));
    };
    pending.name_routes(&service.store).await;
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
        pending.nothing_changed();
        return Err(Problem::NotFound("destination"));
    }
    pending.name_routes(&service.store).await;
    Ok(DeleteDestinationResponse {})
}

async fn find_destination(service: &Service, app: &AppRow, id: &str) -> Result<DestinationRow, Problem> {
    let id: DestinationId = check::id("destination", id)?;
    let present = service.store.destinations_of_app(app.tenant_id, app.id).await?;
    present.into_iter().find(|row| row.id == id).ok_or(Problem::NotFound("destination"))
}

pub(super) fn pending<'a>(service: &'a Service, app: &AppRow, destination: DestinationId) -> Pending<'a> {
    let mut pending = service.changes.pending(app.tenant_id, Some(app.id));
    pending.destination = Some(destination);
    pending
}
