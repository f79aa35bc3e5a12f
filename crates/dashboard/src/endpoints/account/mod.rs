//! The caller's own account.

pub(super) mod create_tenant;
pub(super) mod end_others;
pub(super) mod end_session;
pub(super) mod get;
pub(super) mod identities;
pub(super) mod list_sessions;
pub(super) mod list_tenants;
pub(super) mod password;
pub(super) mod second_factor;
pub(super) mod turn;
pub(super) mod verify_email;
