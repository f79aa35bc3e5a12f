//! What helps while an app is set up.

pub(super) mod check_url;
mod curl;
mod given;
pub(super) mod mock;
pub(super) mod verify;

use anyhook_domain::source::Source;

use crate::problem::Problem;

fn named(provider: &str) -> Result<&'static Source, Problem> {
    Source::named(provider).ok_or_else(|| {
        Problem::bad_field("provider", "There is no such source; GET /api/v1/sources lists those that there are.")
    })
}
