//! Any sender that can send a secret along: in a header, at the end of the URL, or in its query.

use super::{
    BadConfig, Config, SecretUse, Setting, Source,
    pick::is_token,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "token",
    name: "Secret token",
    secret: SecretUse::Required,
    secret_name: "Token",
    secret_help: "a text of your own, such as 32 random letters and digits, that the sender sends along",
    setup: "Enter the inbound URL at the sender, and the token where it takes a header. Where it takes none, choose in: path, \
            and add a slash and the token to the URL.",
    settings: &[
        Setting { name: "in", is_required: false, help: "header (when left out), bearer, path or query" },
        Setting {
            name: "name",
            is_required: false,
            help: "the header's name (X-Webhook-Token when left out) or the parameter's (token)",
        },
    ],
    secret_headers: &["x-webhook-token"],
    scheme: &Equal(place),
    ..Source::BASE
};

fn place(config: &Config) -> Result<Place, BadConfig> {
    let name = config.text("name")?;
    match config.text("in")?.unwrap_or("header") {
        "header" => {
            let name = name.unwrap_or("x-webhook-token");
            let bad = || BadConfig("source_config.name must be a header's name, such as X-Webhook-Token".to_owned());
            is_token(name).then(|| Place::Header(name.to_ascii_lowercase())).ok_or_else(bad)
        }
        "bearer" => Ok(Place::Bearer),
        "path" => Ok(Place::Path),
        "query" => {
            let name = name.unwrap_or("token");
            let bad = || BadConfig("source_config.name must be a parameter's name, such as token".to_owned());
            is_token(name).then(|| Place::Query(name.to_owned())).ok_or_else(bad)
        }
        _ => Err(BadConfig("source_config.in must be header, bearer, path or query".to_owned())),
    }
}
