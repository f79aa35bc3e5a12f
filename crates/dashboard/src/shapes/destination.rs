//! Destinations, and what can be set about them.

use anyhook_rpc::tenants::v1;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// Where an app's events go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Destination {
    #[schema(examples("dst_01h455vb4pex5vsknk084sn02q"))]
    pub(crate) id: String,
    #[schema(examples("https://handler.example/webhooks"))]
    url: String,
    is_paused: bool,
    /// Why AnyHook paused it; null when a person did, or nobody.
    paused_reason: Option<String>,
    /// How long an attempt may take in all.
    timeout_seconds: u32,
    /// All attempts of a delivery, the first included.
    max_attempts: u32,
    /// `anyhook` or `standard`.
    #[schema(examples("anyhook"))]
    signature_mode: String,
    has_signing_secret: bool,
    /// The secret's last characters.
    secret_hint: String,
    /// The secret in plain text: only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
}

/// What can be set about a destination. Whatever is left out keeps its value, or takes the default.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct DestinationSettings {
    /// In an app's changed list: the existing destination that is meant. Elsewhere without meaning.
    id: Option<String>,
    /// Needed for a new destination.
    #[schema(examples("https://handler.example/webhooks"))]
    url: Option<String>,
    #[serde(alias = "isPaused")]
    is_paused: Option<bool>,
    /// 1 to 900; 300 by default.
    #[schema(minimum = 1, maximum = 900)]
    timeout_seconds: Option<u32>,
    /// 1 to 50; 11 by default.
    #[schema(minimum = 1, maximum = 50)]
    max_attempts: Option<u32>,
    /// `anyhook` (the default) or `standard`.
    signature_mode: Option<String>,
}

impl Destination {
    pub(crate) fn of(destination: v1::Destination, signing_secret: Option<String>) -> Self {
        Self {
            id: destination.id,
            url: destination.url,
            is_paused: destination.is_paused,
            paused_reason: destination.paused_reason,
            timeout_seconds: destination.timeout_seconds,
            max_attempts: destination.max_attempts,
            signature_mode: destination.signature_mode,
            has_signing_secret: destination.has_signing_secret,
            secret_hint: destination.secret_hint,
            signing_secret,
        }
    }

    /// One that was just made, or whose secret was.
    pub(crate) fn created(created: v1::CreatedDestination) -> Result<Self, Problem> {
        let destination = created.destination.ok_or_else(|| Problem::internal("tenants: created no destination"))?;
        Ok(Self::of(destination, Some(created.signing_secret)))
    }
}

impl DestinationSettings {
    /// As the settings of a destination to be made; `path` is where they stand in the request.
    pub(crate) fn for_new(self, path: &str) -> Result<v1::DestinationSettings, Problem> {
        if self.url.is_none() {
            let field = format!("{path}url");
            return Err(Problem::bad_field(&field, format!("{field} is missing: add it to the JSON body.")));
        }
        Ok(v1::DestinationSettings { id: None, ..self.into() })
    }
}

impl From<DestinationSettings> for v1::DestinationSettings {
    fn from(it: DestinationSettings) -> Self {
        Self {
            id: it.id,
            url: it.url,
            is_paused: it.is_paused,
            timeout_seconds: it.timeout_seconds,
            max_attempts: it.max_attempts,
            signature_mode: it.signature_mode,
        }
    }
}
