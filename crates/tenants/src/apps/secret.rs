//! Signing secrets: made here, shown once.

use anyhook_domain::{DestinationId, secret::Secret};

use super::SIGNING_SECRET;
use crate::{random, vault::SecretsKey};

/// A new signing secret, sealed for its destination.
pub(super) struct Drawn {
    pub(super) secret: Secret,
    pub(super) sealed: Vec<u8>,
    pub(super) hint: String,
}

pub(super) fn draw(key: &SecretsKey, destination: DestinationId) -> Drawn {
    let secret = Secret::signing(&random::bytes());
    Drawn { sealed: key.seal(destination.0, SIGNING_SECRET, &secret), hint: secret.hint(), secret }
}
