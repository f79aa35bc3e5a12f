//! The tenants service as its callers see it: the generated client and server, the one type of connection, and the
//! keys that are remembered.

mod keys;
mod transport;

#[allow(clippy::all, unreachable_pub, reason = "generated")]
pub mod tenants {
    pub mod v1 {
        tonic::include_proto!("anyhook.tenants.v1");
    }
}

pub use keys::{Keys, NoKey};
pub use transport::Transport;
