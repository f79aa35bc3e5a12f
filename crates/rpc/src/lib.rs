//! The tenants service as its callers see it: the generated client and server, the one type of connection, and the
//! keys that are remembered.

mod keys;
mod token;
mod transport;

#[allow(clippy::all, unreachable_pub, reason = "generated")]
pub mod tenants {
    pub mod v1 {
        tonic::include_proto!("anyhook.tenants.v1");
    }
}

pub use keys::{Keys, NoKey};
pub use token::{InvalidToken, ServiceToken};
pub use transport::{InvalidRemote, Remote, Tls, Transport};

/// The most that a message of the services `Apps` and `Keys` may have, in bytes: an event of 32 MiB with the answers to
/// its attempts, or a list of 1,000 apps. Servers and clients set it, since tonic's own limit is 4 MiB.
pub const MAX_MESSAGE_BYTES: usize = 64 << 20;
