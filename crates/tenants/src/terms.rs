//! The fields that apps' events are found by, and what stands for their values.

use anyhook_domain::{
    AppId, TenantId,
    blind::{Field, MOST_FIELDS, Terms},
};
use anyhook_rpc::tenants::v1::{FieldTerms, FindTermsRequest, FindTermsResponse};

use crate::{Service, apps, check, problem::Problem};

const FIELD: &str = "indexed_fields";
/// Fields in one search.
const MOST_WANTED: usize = 3;
/// Of the tenant's keys, the newest ones.
const MOST_KEYS: i64 = 8;

/// The list as it is stored.
pub(crate) fn checked(fields: &[String]) -> Result<String, Problem> {
    if fields.len() > MOST_FIELDS {
        return Err(Problem::invalid(FIELD, format!("An app has at most {MOST_FIELDS} indexed fields.")));
    }
    let mut checked = Vec::with_capacity(fields.len());
    for (at, text) in fields.iter().enumerate() {
        let field = Field::parse(text.trim())
            .map_err(|bad| Problem::Invalid { field: format!("{FIELD}[{at}]").into(), says: format!("{bad}.") })?;
        if !checked.contains(&field) {
            checked.push(field);
        }
    }
    let texts: Vec<_> = checked.iter().map(Field::as_str).collect();
    Ok(serde_json::to_string(&texts).expect("texts are JSON"))
}

/// The list as it was stored.
pub(crate) fn listed(stored: &str) -> Vec<String> {
    serde_json::from_str(stored).unwrap_or_default()
}

pub(crate) fn fields(stored: &str) -> Vec<Field> {
    listed(stored).iter().filter_map(|text| Field::parse(text).ok()).collect()
}

pub(crate) async fn find_terms(service: &Service, request: FindTermsRequest) -> Result<FindTermsResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let app = apps::find(service, tenant, &request.app).await?;
    if request.wanted.len() > MOST_WANTED {
        let says = format!("field may be given at most {MOST_WANTED} times.");
        return Err(Problem::invalid("field", says));
    }
    let fields = fields(&app.indexed_fields);
    let wanted = request.wanted.iter().map(|text| wanted(&fields, text));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let keys = terms(service, tenant, app.id).await?;
    let of = |(field, value): (&Field, &str)| FieldTerms {
        field: field.as_str().to_owned(),
        terms: keys.iter().map(|terms| terms.of(field, value).to_vec().into()).collect(),
    };
    Ok(FindTermsResponse { fields: wanted.into_iter().map(of).collect() })
}

/// Where one field begins like another, the longer one is meant.
fn wanted<'a>(fields: &'a [Field], text: &'a str) -> Result<(&'a Field, &'a str), Problem> {
    let matching = fields.iter().filter_map(|field| Some((field, field.value_in(text)?)));
    let longest = matching.max_by_key(|(field, _)| field.as_str().len());
    longest.ok_or_else(|| {
        let known: Vec<_> = fields.iter().map(Field::as_str).collect();
        let says = match known.is_empty() {
            true => {
                "This app indexes no field; add one to its indexed_fields, by which later events are found.".to_owned()
            }
            false => format!(
                "field must be one of the app's indexed_fields, a colon and the value; the fields are {}.",
                known.join(", ")
            ),
        };
        Problem::invalid("field", says)
    })
}

/// By each of the tenant's keys: an event has the term of the one that was newest when it came.
async fn terms(service: &Service, tenant: TenantId, app: AppId) -> Result<Vec<Terms>, Problem> {
    let newest = service.vault.tenant_key(tenant, None).await?;
    let mut terms = vec![Terms::new(&newest.key, app)];
    for version in (1.max(newest.version - MOST_KEYS + 1)..newest.version).rev() {
        match service.vault.tenant_key(tenant, Some(version)).await {
            Ok(older) => terms.push(Terms::new(&older.key, app)),
            Err(Problem::NotFound(_)) => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_checked_and_kept() {
        let list = |texts: &[&str]| checked(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(list(&["/a", " header:X-Y", "/a"]).unwrap(), r#"["/a","header:x-y"]"#);
        assert_eq!(listed(&list(&["/a"]).unwrap()), ["/a"]);
        assert!(list(&["/a"; 9]).is_err());
        let Err(Problem::Invalid { field, .. }) = list(&["/a", "b"]) else { panic!("b is no field") };
        assert_eq!(field, "indexed_fields[1]");
        assert!(fields("nonsense").is_empty());
    }

    #[test]
    fn the_longest_field_is_meant() {
        let fields = fields(r#"["/a","/a:b"]"#);
        let (field, value) = wanted(&fields, "/a:b:c").unwrap();
        assert_eq!((field.as_str(), value), ("/a:b", "c"));
        assert_eq!(wanted(&fields, "/a:c").unwrap().1, "c");
        assert!(wanted(&fields, "/c:d").is_err() && wanted(&[], "/a:b").is_err());
    }
}
