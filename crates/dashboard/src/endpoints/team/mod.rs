//! The tenant's team.

pub(super) mod accept;
pub(super) mod get;
pub(super) mod invite;
pub(super) mod leave;
pub(super) mod remove;
pub(super) mod set_role;
pub(super) mod withdraw;
