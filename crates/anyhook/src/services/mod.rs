//! Each service as a process of its own, beside others of its kind, on PostgreSQL, RabbitMQ and Redis.

mod dashboard;
mod delivery;
mod ingress;
mod opening;
mod tenants;

pub use dashboard::dashboard;
pub use delivery::delivery;
pub use ingress::ingress;
pub use tenants::tenants;
