//! A replay as it stands in its table.

use anyhook_domain::{AppId, DestinationId, ReplayId, TenantId, Timestamp, blind::Term, event::EventStatus};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    super::{EventFilter, FieldTerms, Narrowing, Wanted, small, unknown_word},
    Count, Replay, ReplayState,
};
use crate::StoreError;

pub(super) const COLUMNS: &str = "id, tenant_id, state, app_id, status, source, event_type, provider_id, \
                                  outbound_status, search_text, since, until, destination_id, rate_per_second, total, \
                                  is_total_whole, n_replayed, n_skipped, looked_at_id, ends_before_id, created_at, \
                                  finished_at, url, fields";

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    tenant_id: Uuid,
    state: String,
    app_id: Option<Uuid>,
    status: Option<String>,
    source: Option<String>,
    event_type: Option<String>,
    provider_id: Option<String>,
    outbound_status: Option<i64>,
    search_text: Option<String>,
    since: Option<i64>,
    until: Option<i64>,
    destination_id: Option<Uuid>,
    rate_per_second: i64,
    total: i64,
    is_total_whole: bool,
    n_replayed: i64,
    n_skipped: i64,
    looked_at_id: Uuid,
    ends_before_id: Uuid,
    created_at: i64,
    finished_at: Option<i64>,
    url: Option<String>,
    fields: Option<String>,
}

/// A line for each field: its terms in hexadecimal digits, a blank, its name. A name has no line breaks.
pub(super) fn fields_text(fields: &[FieldTerms]) -> Option<String> {
    let terms = |field: &FieldTerms| {
        let terms = field.terms.iter().map(|term| format!("{:032x}", u128::from_be_bytes(*term)));
        terms.collect::<Vec<_>>().join(",")
    };
    let lines = fields.iter().map(|field| format!("{} {}", terms(field), field.field));
    (!fields.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
}

fn fields(text: Option<&str>) -> Result<Vec<FieldTerms>, StoreError> {
    let term = |digits: &str| u128::from_str_radix(digits, 16).ok().map(|term| Term::from(term.to_be_bytes()));
    let field = |line: &str| {
        let (terms, field) = line.split_once(' ')?;
        let terms = terms.split(',').map(term).collect::<Option<_>>()?;
        Some(FieldTerms { field: field.to_owned(), terms })
    };
    let read = |line: &str| field(line).ok_or_else(|| unknown_word("replays.fields", line));
    text.unwrap_or_default().lines().map(read).collect()
}

impl TryFrom<Row> for Replay {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let known = |word: &String| EventStatus::parse(word).ok_or_else(|| unknown_word("replays.status", word));
        let status = row.status.as_ref().map(known).transpose()?;
        let narrowing = Narrowing {
            since: row.since.map(Timestamp::from_unix_ms),
            until: row.until.map(Timestamp::from_unix_ms),
            source: row.source,
            event_type: row.event_type,
            provider_id: row.provider_id,
            outbound_status: row.outbound_status.map(small),
            // Where a replay sends says whose events it takes.
            apps: None,
            text: row.search_text,
            fields: fields(row.fields.as_deref())?,
        };
        let filter = EventFilter {
            tenant: TenantId(row.tenant_id),
            app: row.app_id.map(AppId),
            wanted: status.map_or(Wanted::Any, Wanted::Status),
            narrowing,
            before: None,
            limit: 0,
        };
        let n = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(Self {
            id: ReplayId(row.id),
            state: ReplayState::parse(&row.state).ok_or_else(|| unknown_word("replays.state", &row.state))?,
            filter,
            destination: row.destination_id.map(DestinationId),
            url: row.url,
            rate_per_second: small(row.rate_per_second),
            count: Count { n: n(row.total), is_whole: row.is_total_whole },
            n_replayed: n(row.n_replayed),
            n_skipped: n(row.n_skipped),
            created_at: Timestamp::from_unix_ms(row.created_at),
            finished_at: row.finished_at.map(Timestamp::from_unix_ms),
            looked_at: row.looked_at_id,
            ends_before: row.ends_before_id,
        })
    }
}
