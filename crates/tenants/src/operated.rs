//! A client for addresses that the operator set up, which may be anywhere; what users name is reached through another one.

use std::time::Duration;

use anyhook_egress::{Egress, EgressConfig, EgressError};

/// An answer that goes on for ever is cut off.
pub(crate) const MOST_BYTES: usize = 256 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// # Errors
/// [`EgressError`] when the system's certificates cannot be used.
pub(crate) fn client() -> Result<Egress, EgressError> {
    let anywhere = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("a constant range"));
    Egress::new(EgressConfig {
        allow: anywhere.to_vec(),
        connect_within: CONNECT_WITHIN,
        read_bytes: MOST_BYTES,
        keep_bytes: MOST_BYTES,
        ..EgressConfig::default()
    })
}
