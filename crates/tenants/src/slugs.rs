//! Which slug a tenant or an app gets, and the routes that slugs make.

use std::collections::HashMap;

use anyhook_domain::{AppId, TenantId, slug::Slug};
use anyhook_store::{Store, StoreError, config::NewSlug};

use crate::{problem::Problem, random};

/// Slugs that a tenant or an app may have had: each of one makes a route with each of the other.
const MAX_SLUGS: i64 = 10;
/// Slugs with random tails that are tried before giving up.
const MAX_TAILS: usize = 5;

/// The slugs to try, best first: exactly the one that was asked for, or those near to a name.
pub(crate) fn candidates(
    field: &'static str,
    wanted: Option<&str>,
    name: &str,
    fallback: &str,
) -> Result<Vec<Slug>, Problem> {
    if let Some(wanted) = wanted {
        return Ok(vec![wanted.parse().map_err(Problem::bad_slug(field))?]);
    }
    let near = Slug::from_name(name);
    let base = near.clone().or_else(|| fallback.parse().ok());
    let tails = (0..MAX_TAILS).filter_map(|_| base.as_ref()?.with_tail(&random::slug_tail()));
    Ok(near.clone().into_iter().chain(tails).collect())
}

/// A slug, if it is not one too many.
pub(crate) const fn limited(slug: &Slug) -> NewSlug<'_> {
    NewSlug { slug, most: MAX_SLUGS }
}

pub(crate) fn too_many() -> Problem {
    Problem::TooMany(format!("It had {MAX_SLUGS} slugs already, which all go on working. Take one of them back."))
}

/// All routes to apps, `tenant-slug/app-slug`, the current one first.
pub(crate) fn routes(tenant_slugs: &[String], app_slugs: &[String]) -> Vec<String> {
    let of_tenant = |tenant: &String| app_slugs.iter().map(|app| format!("{tenant}/{app}")).collect::<Vec<_>>();
    tenant_slugs.iter().flat_map(of_tenant).collect()
}

/// The routes of one app, or of all apps of the tenant.
pub(crate) async fn all_routes(store: &Store, tenant: TenantId, app: Option<AppId>) -> Result<Vec<String>, StoreError> {
    let tenant_slugs = store.tenant_slugs(tenant).await?;
    if let Some(app) = app {
        return Ok(routes(&tenant_slugs, &store.slugs_of_app(tenant, app).await?));
    }
    let app_slugs = by_app(store.app_slugs(tenant).await?);
    Ok(app_slugs.values().flat_map(|slugs| routes(&tenant_slugs, slugs)).collect())
}

/// What apps have, by app, in the order it came.
pub(crate) fn by_app<T>(items: impl IntoIterator<Item = (AppId, T)>) -> HashMap<AppId, Vec<T>> {
    let mut grouped: HashMap<_, Vec<_>> = HashMap::new();
    for (app, item) in items {
        grouped.entry(app).or_default().push(item);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(slugs: &[Slug]) -> Vec<&str> {
        slugs.iter().map(Slug::as_str).collect()
    }

    #[test]
    fn the_wanted_slug_or_one_near_the_name() {
        assert_eq!(texts(&candidates("slug", Some("mine"), "x", "y1").unwrap()), ["mine"]);
        assert!(candidates("slug", Some("Mine"), "x", "y1").is_err());
        let near = candidates("slug", None, "Acme GmbH", "workspace").unwrap();
        assert_eq!((near.len(), near[0].as_str()), (6, "acme-gmbh"));
        assert!(near[1].as_str().starts_with("acme-gmbh-") && near[1].as_str().len() == 16);
        let none = candidates("slug", None, "日本", "workspace").unwrap();
        assert!(none.len() == 5 && none[0].as_str().starts_with("workspace-"), "{none:?}");
    }

    #[test]
    fn the_current_route_comes_first() {
        let of = |slugs: &[&str]| slugs.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = routes(&of(&["acme", "acme-old"]), &of(&["pay", "billing"]));
        assert_eq!(all, ["acme/pay", "acme/billing", "acme-old/pay", "acme-old/billing"]);
    }
}
