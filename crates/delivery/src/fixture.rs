//! What the tests of this crate's parts share.

use anyhook_domain::{DeliveryId, DestinationId, delivery::Hint};
use uuid::Uuid;

pub(crate) fn hint(delivery: u128, destination: u128) -> Hint {
    Hint {
        delivery_id: DeliveryId(Uuid::from_u128(delivery)),
        destination_id: DestinationId(Uuid::from_u128(destination)),
        attempts: 0,
    }
}
