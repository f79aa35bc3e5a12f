//! Not known yet: the source is recognised by the requests, and proposed. Nothing is verified until it is set.

use super::{SecretUse, Source};

pub(super) const SOURCE: Source = Source {
    slug: "auto",
    name: "Not set yet",
    secret: SecretUse::None,
    secret_name: "",
    secret_help: "the source is not known yet: set it, then its secret",
    setup: "Enter the inbound URL at the provider: with the first event, its source is proposed.",
    ..Source::BASE
};
