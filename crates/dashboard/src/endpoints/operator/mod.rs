//! What the operator of the installation sees and sets, over all tenants.

pub(super) mod health;
pub(super) mod plans;
pub(super) mod reset_second_factor;
pub(super) mod set_plan;
mod summary;
pub(super) mod tenant;
pub(super) mod tenants;
pub(super) mod usage;
