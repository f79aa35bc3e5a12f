//! From the destinations that an app has to those that a request lists.

use anyhook_domain::{AppId, DestinationId, TenantId};
use anyhook_rpc::tenants::v1::DestinationSettings;
use anyhook_store::config::{DestinationChange, DestinationList, DestinationRow};

use super::{
    create::draft_all,
    draft::{Draft, normal_form, reachable, refuse_too_many},
};
use crate::{Service, check, problem::Problem};

/// What to do to the list, and the secrets of those that are new.
pub(super) struct Plan {
    pub(super) list: DestinationList,
    pub(super) drafts: Vec<Draft>,
}

pub(super) async fn plan(
    service: &Service,
    (tenant, app): (TenantId, AppId),
    present: &[DestinationRow],
    items: &[DestinationSettings],
) -> Result<Plan, Problem> {
    refuse_too_many(items.len())?;
    let urls = items.iter().map(|item| item.url.as_deref().map(|url| normal_form(service, url)).transpose());
    let urls = urls.collect::<Result<Vec<_>, _>>()?;
    let matched = matched(present, items, &urls)?;
    let mut changed = Vec::new();
    let mut new = Vec::new();
    for ((item, url), row) in items.iter().zip(&urls).zip(&matched) {
        match row {
            Some(row) => changed.push((row.id, change(service, row, item, url.as_deref()).await?)),
            None => new.push(item.clone()),
        }
    }
    let drafts = draft_all(service, (tenant, app), &new).await?;
    let kept = |id: &DestinationId| changed.iter().any(|(changed, _)| changed == id);
    let seen: Vec<_> = present.iter().map(|row| row.id).collect();
    let deleted = seen.iter().copied().filter(|id| !kept(id)).collect();
    let made = drafts.iter().map(|draft| draft.row.clone()).collect();
    Ok(Plan { list: DestinationList { seen, changed, made, deleted }, drafts })
}

/// Which present destination each item means: by its id, else the first with its address that no other item means.
fn matched<'a>(
    present: &'a [DestinationRow],
    items: &[DestinationSettings],
    urls: &[Option<String>],
) -> Result<Vec<Option<&'a DestinationRow>>, Problem> {
    let mut free: Vec<&DestinationRow> = present.iter().collect();
    let mut take = |wanted: &dyn Fn(&DestinationRow) -> bool| {
        let at = free.iter().position(|row| wanted(row))?;
        Some(free.remove(at))
    };
    let mut matched = Vec::with_capacity(items.len());
    for item in items {
        matched.push(match item.id.as_deref() {
            None => None,
            Some(id) => {
                let id: DestinationId = check::id("destination", id)?;
                Some(take(&|row| row.id == id).ok_or(Problem::NotFound("destination"))?)
            }
        });
    }
    for ((item, url), row) in items.iter().zip(urls).zip(&mut matched) {
        if let (None, Some(url)) = (&item.id, url) {
            *row = take(&|row| row.url == *url);
        }
    }
    Ok(matched)
}

/// DNS is asked only for an address that is new: a name that is down now does not stand in the way of other changes.
pub(super) async fn change(
    service: &Service,
    row: &DestinationRow,
    item: &DestinationSettings,
    url: Option<&str>,
) -> Result<DestinationChange, Problem> {
    let mut change = check::settings(item)?;
    if let Some(url) = url.filter(|url| *url != row.url) {
        change.url = Some(reachable(service, url).await?);
    }
    Ok(change)
}
