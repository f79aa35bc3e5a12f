//! Anything that posts: nothing is verified, and that is said of every event.

use super::{SecretUse, Source};

pub(super) const SOURCE: Source = Source {
    slug: "generic",
    name: "Any sender",
    secret: SecretUse::None,
    secret_name: "",
    secret_help: "this source accepts everything; it has no secret",
    setup: "Enter the inbound URL wherever the sender asks for a webhook or callback URL. Anybody who knows the URL can \
            post: where the sender can add a header, choose the source token instead.",
    ..Source::BASE
};
