//! Pages of events.

use anyhook_domain::EventId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// Read as text, so that the complaint about a wrong one is ours.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// How many events to answer at most; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    #[param(example = "evt_01h455vb4pex5vsknk084sn02q")]
    cursor: Option<String>,
}

impl Paging {
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        let Some(limit) = given(self.limit.as_deref()) else { return Ok(DEFAULT_LIMIT) };
        let number = limit.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
        number.ok_or_else(|| Problem::bad_field("limit", format!("limit must be a number from 1 to {MAX_LIMIT}.")))
    }

    /// Any event's id will do: it is compared with, never looked up.
    pub(super) fn before(&self) -> Result<Option<EventId>, Problem> {
        let cursor = given(self.cursor.as_deref()).map(str::parse).transpose();
        cursor.map_err(|_| Problem::bad_field("cursor", "cursor must be the nextCursor of the page before."))
    }
}

/// What a parameter that is left out, or empty, says by itself.
pub(super) fn flag(field: &'static str, text: Option<&str>, default: bool) -> Result<bool, Problem> {
    let Some(text) = given(text) else { return Ok(default) };
    text.parse().map_err(|_| Problem::bad_field(field, format!("{field} must be true or false.")))
}

/// `?limit=` says as much as no limit.
pub(in super::super) fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(limit: Option<&str>, cursor: Option<&str>) -> Paging {
        Paging { limit: limit.map(Into::into), cursor: cursor.map(Into::into) }
    }

    #[test]
    fn limits() {
        for (limit, read) in [(None, 50), (Some(""), 50), (Some("1"), 1), (Some("200"), 200)] {
            assert_eq!(paging(limit, None).limit().ok(), Some(read));
        }
        for limit in ["0", "201", "-1", "ten", "1.5", "99999999999"] {
            let problem = paging(Some(limit), None).limit().expect_err(limit);
            assert_eq!(problem.seen().3, Some("limit"), "{limit}");
        }
    }

    #[test]
    fn cursors() {
        let id = "evt_01h455vb4pex5vsknk084sn02q";
        assert_eq!(paging(None, Some(id)).before().unwrap().unwrap().to_string(), id);
        assert_eq!(paging(None, None).before().unwrap(), None);
        assert_eq!(
            paging(None, Some("app_01h455vb4pex5vsknk084sn02q")).before().expect_err("").seen().3,
            Some("cursor")
        );
    }
}
