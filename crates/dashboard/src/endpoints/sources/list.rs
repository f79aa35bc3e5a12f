//! Listing sources.

use anyhook_domain::source::{COMMON_SETTINGS, SOURCES, Setting, Source};
use axum::{Json, response::IntoResponse};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::ProblemBody;

/// An hour: a new version may bring further sources.
const CACHE: &str = "public, max-age=3600";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceList {
    /// By slug.
    sources: Vec<CatalogueSource>,
    /// Settings that every source has, besides its own.
    common_settings: Vec<SourceSetting>,
}

/// One provider, and what it takes to verify its requests.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CatalogueSource {
    /// The word for it in an app's `source`.
    #[schema(examples("replicate"))]
    slug: &'static str,
    /// The provider's own name.
    #[schema(examples("Replicate"))]
    name: &'static str,
    /// `none`: nothing is verified; `optional`: without a secret everything is accepted, unverified; `required`; or
    /// `published`: the provider publishes the key that it signs with, and no secret is needed.
    #[schema(examples("optional"))]
    secret: &'static str,
    /// What the provider calls the secret; null where there is none.
    #[schema(examples("Webhook signing key"))]
    secret_name: Option<&'static str>,
    /// Where the secret is found.
    secret_help: &'static str,
    /// Where the inbound URL is entered at the provider.
    setup: &'static str,
    /// What is answered when the provider makes sure of the URL; null when it does not.
    handshake: Option<&'static str>,
    /// The members that an app's `sourceConfig` may have, besides `commonSettings`.
    settings: Vec<SourceSetting>,
}

/// A member of an app's `sourceConfig`.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceSetting {
    #[schema(examples("header"))]
    name: &'static str,
    required: bool,
    /// What it is, and where it is found.
    help: &'static str,
}

impl CatalogueSource {
    fn of(source: &Source) -> Self {
        Self {
            slug: source.slug,
            name: source.name,
            secret: source.secret.as_str(),
            secret_name: Some(source.secret_name).filter(|name| !name.is_empty()),
            secret_help: source.secret_help,
            setup: source.setup,
            handshake: Some(source.handshake_help).filter(|help| !help.is_empty()),
            settings: settings(source.settings),
        }
    }
}

fn settings(all: &[Setting]) -> Vec<SourceSetting> {
    let shown = |it: &Setting| SourceSetting { name: it.name, required: it.is_required, help: it.help };
    all.iter().map(shown).collect()
}

/// List sources
///
/// Every provider whose requests can be verified, and what has to be set up for it. Needs no credential.
#[utoipa::path(
    get, path = "/api/v1/sources", tag = "Sources", security(()),
    responses(
        (status = 200, description = "All sources", body = SourceList),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn list_sources() -> impl IntoResponse {
    let sources = SOURCES.iter().map(|source| CatalogueSource::of(source)).collect();
    let catalogue = SourceList { sources, common_settings: settings(COMMON_SETTINGS) };
    ([(header::CACHE_CONTROL, CACHE)], Json(catalogue))
}
