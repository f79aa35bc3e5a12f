//! The configuration: who exists, what they set up, and the wrapped keys under which their data is sealed.
//!
//! Everything of a tenant is looked up under its id, so that nobody reaches what belongs to another one. Instants in
//! rows are milliseconds since 1970 UTC. A slug, an e-mail or a row that somebody else took first is a value.

mod accounts;
mod api_keys;
mod apps;
mod audit;
mod destinations;
mod invitations;
mod members;
mod routes;
mod scratch;
mod sessions;
mod signing;
mod tenants;

pub use accounts::{Member, NewAccount, NewSession, NewUser, SignUp, UserRow};
pub use api_keys::{ApiKeyRow, CreateApiKey, ListedApiKey, NewApiKey};
pub use apps::{AppChange, AppRow, CreateApp, UpdateApp, Verification};
pub use audit::{AuditEntry, AuditFilter, AuditRow, NamedAuditRow};
pub use destinations::{CreateDestination, DestinationChange, DestinationList, DestinationRow};
pub use invitations::{Accept, Acceptance, InvitationRow, Invite, NewInvitation};
pub use members::{By, ChangeMember, MemberRow};
pub use routes::{DestinationOfRoute, RouteRow, RoutedDestination};
pub use scratch::ScratchDatabase;
pub use sessions::{CreateTenant, SessionRow, TenantOfUser};
pub use signing::{NewSecret, RotateSecret};
pub use tenants::{NewSlug, NewTenant, TenantRow, UpdateTenant, WrappedKey};
