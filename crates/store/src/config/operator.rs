//! All tenants, as the operator of the installation sees them.

use anyhook_domain::TenantId;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    pools::{read, read_of},
};

#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TenantSummary {
    #[sqlx(try_from = "Uuid")]
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub plan: String,
    pub created_at: i64,
    pub n_members: i64,
    pub n_apps: i64,
    /// Of one that nobody has claimed.
    pub expires_at: Option<i64>,
}

/// Which tenants are wanted; what is `None` may be anything.
#[derive(Clone, Copy, Debug)]
pub struct TenantFilter<'a> {
    /// A part of the slug or of the name.
    pub text: Option<&'a str>,
    pub plan: Option<&'a str>,
    /// Older ones than this.
    pub before: Option<TenantId>,
    pub limit: u32,
}

/// How many tenants there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TenantCounts {
    pub n_tenants: i64,
    /// Of them, those that nobody has claimed.
    pub n_unclaimed: i64,
}

macro_rules! summary {
    () => {
        "t.id, t.slug, t.name, t.plan, t.created_at,
             (SELECT COUNT(*) FROM members m WHERE m.tenant_id = t.id) AS n_members,
             (SELECT COUNT(*) FROM apps a WHERE a.tenant_id = t.id) AS n_apps,
             (SELECT q.expires_at FROM quickstarts q WHERE q.tenant_id = t.id AND q.state <> 'claimed') AS expires_at
         FROM tenants t"
    };
}

impl Store {
    /// A page of all tenants, newest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant_summaries(&self, filter: &TenantFilter<'_>) -> Result<Vec<TenantSummary>, StoreError> {
        let Some(text) = filter.text.map(str::to_lowercase) else { return self.summaries_like(filter, None).await };
        let (pattern, limit) = (containing(&text), filter.limit as usize);
        let (mut found, mut before) = (Vec::new(), filter.before);
        while found.len() < limit {
            let stretch = self.summaries_like(&TenantFilter { before, ..*filter }, Some(&pattern)).await?;
            let is_last = stretch.len() < limit;
            before = stretch.last().map(|row| row.id);
            found.extend(stretch.into_iter().filter(|row| row.has(&text)));
            if is_last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Those whose slug or name is like a pattern.
    async fn summaries_like(
        &self,
        filter: &TenantFilter<'_>,
        pattern: Option<&str>,
    ) -> Result<Vec<TenantSummary>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(concat!(
                "-- tenant_summaries\nSELECT ",
                summary!(),
                " WHERE (t.id < $1 OR $1 IS NULL) AND (t.plan = $2 OR $2 IS NULL)
                     AND (LOWER(t.slug) LIKE $3 ESCAPE '!' OR LOWER(t.name) LIKE $3 ESCAPE '!' OR $3 IS NULL)
                 ORDER BY t.id DESC LIMIT $4"
            ))
            .bind(filter.before.map(|id| id.0))
            .bind(filter.plan)
            .bind(pattern)
            .bind(i64::from(filter.limit))
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant_summary(&self, tenant: TenantId) -> Result<Option<TenantSummary>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(concat!("-- tenant_summary\nSELECT ", summary!(), " WHERE t.id = $1"))
                .bind(tenant.0)
                .fetch_optional(&mut *conn)
                .await?
        }))
    }

    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant_counts(&self) -> Result<TenantCounts, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- tenant_counts
                 SELECT (SELECT COUNT(*) FROM tenants) AS n_tenants,
                     (SELECT COUNT(*) FROM quickstarts WHERE state <> 'claimed') AS n_unclaimed",
            )
            .fetch_one(&mut *conn)
            .await?
        }))
    }
}

impl TenantSummary {
    fn has(&self, text: &str) -> bool {
        self.slug.to_lowercase().contains(text) || self.name.to_lowercase().contains(text)
    }
}

/// A pattern for whatever has the text, which is in lower case, in it; and for more: SQLite knows the cases of ASCII only,
/// and PostgreSQL those of its locale, so that a letter of another alphabet stands for anything.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        match c {
            '%' | '_' | '!' => pattern.extend(['!', c]),
            c if c.is_ascii() || !c.is_alphabetic() => pattern.push(c),
            _ => pattern.push('%'),
        }
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn a_pattern_takes_its_text_by_the_letter() {
        assert_eq!(containing("acme"), "%acme%");
        assert_eq!(containing("50%_!"), "%50!%!_!!%");
        assert_eq!(containing("école – 1"), "%%cole – 1%");
    }
}
