//! What AnyHook's words mean and what happens next.
//!
//! Everything here is pure: no I/O, no clock, no random numbers, no environment.
//! Instants and entropy come in as arguments, so that every rule can be tested in a table.

pub mod access;
pub mod anchor;
pub mod api_key;
pub mod backoff;
pub mod blind;
pub mod breaker;
pub mod day;
pub mod delivery;
pub mod destination;
pub mod event;
pub mod filter;
pub mod forward;
pub mod headers;
pub mod id;
mod json;
pub mod month;
pub mod plan;
pub mod retry;
pub mod seal;
pub mod secret;
pub mod sign;
pub mod slug;
pub mod source;
pub mod time;

pub use backoff::Backoff;
pub use day::Day;
pub use headers::Headers;
pub use id::{
    ApiKeyId, AppId, AuditId, DeliveryId, DestinationId, EventId, IdentityId, InvitationId, LeaseId, ReplayId,
    SessionId, TenantId, UserId,
};
pub use month::Month;
pub use time::Timestamp;
