//! Anything that posts: nothing is verified, and that is said of every event.

use super::{SecretUse, Source, body};

pub(super) const SOURCE: Source = Source {
    slug: "generic",
    name: "Any sender",
    secret: SecretUse::None,
    secret_help: "this source accepts everything; it has no secret",
    check_config: |_| Ok(()),
    verify: |_, _, _| Ok(()),
    event_type: |request| body::event_type(request.body),
    provider_id: |_, _| None,
};
