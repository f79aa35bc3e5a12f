//! Any sender that knows HTTP Basic authentication (RFC 7617).

use super::{
    SecretUse, Source,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "basic",
    name: "Basic authentication",
    secret: SecretUse::Required,
    secret_name: "User and password",
    secret_help: "user:password, as the sender is told to send them",
    setup: "Enter the inbound URL at the sender, and user and password where it asks for basic authentication, or in the \
            URL: https://user:password@…",
    secret_headers: &["authorization"],
    scheme: &Equal(|_| Ok(Place::Basic)),
    ..Source::BASE
};
