//! From the destinations that an app has to those that a request lists.

use anyhook_domain::{AppId, DestinationId, TenantId};
use anyhook_rpc::tenants::v1::DestinationSettings;
use anyhook_store::config::{DestinationChange, DestinationList, DestinationRow};

use super::{
    draft::{Draft, new_ids, normal_form, of_each, reachable, refuse_too_many},
    options,
};
use crate::{Service, check, problem::Problem};

/// What to do to the list, and the secrets of those that are new.
pub(super) struct Plan {
    pub(super) list: DestinationList,
    /// Those of the changed ones that are not what they were.
    pub(super) differing: Vec<DestinationId>,
    pub(super) drafts: Vec<Draft>,
}

/// What to do about one item.
enum Step {
    Change(DestinationId, Box<DestinationChange>),
    Make(Box<Draft>),
}

pub(super) async fn plan(
    service: &Service,
    (tenant, app): (TenantId, AppId),
    present: &[DestinationRow],
    items: &[DestinationSettings],
) -> Result<Plan, Problem> {
    refuse_too_many(items.len())?;
    let urls = of_each(items.iter().map(async |item| url_of(service, item))).await?;
    let matched = matched(present, items, &urls)?;
    let key = &service.vault.secrets_key(tenant, None).await?;
    let ids = new_ids(service, items.len());
    let parts = items.iter().zip(&urls).zip(matched).zip(ids);
    let steps = of_each(parts.map(async |(((item, url), row), id)| match row {
        Some(row) => Ok(Step::Change(row.id, Box::new(change(service, row, item, url.as_deref()).await?))),
        None => Ok(Step::Make(Box::new(Draft::new(service, (tenant, app, id), key, item).await?))),
    }));
    let (mut changed, mut drafts) = (Vec::new(), Vec::new());
    for step in steps.await? {
        match step {
            Step::Change(id, change) => changed.push((id, *change)),
            Step::Make(draft) => drafts.push(*draft),
        }
    }
    let kept = |id: &DestinationId| changed.iter().any(|(changed, _)| changed == id);
    let differs = |(id, change): &&(DestinationId, DestinationChange)| {
        present.iter().any(|row| row.id == *id && is_other(row, change))
    };
    let differing = changed.iter().filter(differs).map(|(id, _)| *id).collect();
    let seen: Vec<_> = present.iter().map(|row| row.id).collect();
    let deleted = seen.iter().copied().filter(|id| !kept(id)).collect();
    let made = drafts.iter().map(|draft| draft.row.clone()).collect();
    Ok(Plan { list: DestinationList { seen, changed, made, deleted }, differing, drafts })
}

/// Whether a change makes something else of a destination. Headers that are given are taken for others.
fn is_other(row: &DestinationRow, change: &DestinationChange) -> bool {
    fn differs<T: PartialEq>(new: Option<&T>, old: &T) -> bool {
        new.is_some_and(|new| new != old)
    }
    let text = |new: &Option<String>, old: &Option<String>| differs(new.as_ref(), &old.clone().unwrap_or_default());
    let number = |new: Option<i64>, old: Option<i64>| differs(new.as_ref(), &old.unwrap_or_default());
    let (new, old) = (&change.options, &row.options);
    differs(change.url.as_ref(), &row.url)
        || differs(change.is_paused.as_ref(), &row.is_paused)
        || differs(change.timeout_seconds.as_ref(), &row.timeout_seconds)
        || differs(change.max_attempts.as_ref(), &row.max_attempts)
        || differs(change.signature_mode.as_ref(), &row.signature_mode.as_str())
        || text(&new.retry_policy, &old.retry_policy)
        || text(&new.event_types, &old.event_types)
        || text(&new.filter, &old.filter)
        || number(new.rate_limit_per_second, old.rate_limit_per_second)
        || number(new.max_concurrency, old.max_concurrency)
        || new.headers.is_some()
}

fn url_of(service: &Service, item: &DestinationSettings) -> Result<Option<String>, Problem> {
    item.url.as_deref().map(|url| normal_form(service, url)).transpose()
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
    let place = (row.tenant_id, row.id);
    change.options.headers = options::headers(service, place, Some(row), item.headers.as_ref()).await?;
    Ok(change)
}
