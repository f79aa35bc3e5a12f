//! Settings: flags over environment over file over defaults; all that is wrong is said at once.
//!
//! A section is a group of flags; a service's settings are made of the sections that it needs.

mod accounts;
mod file;
mod grpc;
mod mail;
mod oidc;
mod one_process;
mod plans;
mod problems;
mod sections;
mod servers;
mod services;
mod stopping;
mod telemetry;

pub use accounts::Accounts;
pub use file::{unknown_variables, with_file};
pub use one_process::{Storage, StorageArgs, UpArgs, UpSettings};
pub use sections::{Attempts, read_key};
pub use servers::{Broker, Database, Redis};
pub use services::{
    DashboardServiceArgs, DashboardSettings, DeliveryServiceArgs, DeliverySettings, IngressServiceArgs,
    IngressSettings, Service, TenantsServiceArgs, TenantsSettings,
};
pub use stopping::Stopping;
pub use telemetry::{LogFormat, TelemetrySettings};
