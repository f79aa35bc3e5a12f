//! The generated client and server of the tenants service, and the one type of connection that its callers hold.

mod transport;

#[allow(clippy::all, unreachable_pub, reason = "generated")]
pub mod tenants {
    pub mod v1 {
        tonic::include_proto!("anyhook.tenants.v1");
    }
}

pub use transport::Transport;
