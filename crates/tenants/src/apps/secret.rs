//! Signing secrets: made here, shown once.

use anyhook_domain::{DestinationId, seal::column::DESTINATION_SECRET, secret::Secret};

use crate::{random, vault::SecretsKey};

/// A new signing secret, sealed for its destination. The place stays when it is a former one: it is moved as it was
/// sealed.
pub(super) struct Drawn {
    pub(super) secret: Secret,
    pub(super) sealed: Vec<u8>,
    pub(super) hint: String,
}

pub(super) fn draw(key: &SecretsKey, destination: DestinationId) -> Drawn {
    let secret = Secret::signing(&random::bytes());
    Drawn { sealed: key.seal(destination.0, DESTINATION_SECRET, &secret), hint: secret.hint(), secret }
}
