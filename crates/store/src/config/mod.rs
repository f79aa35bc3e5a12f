//! The configuration: who exists, what they set up, and the wrapped keys under which their data is sealed.
//!
//! Everything of a tenant is looked up under its id, so that nobody reaches what belongs to another one. Instants in
//! rows are milliseconds since 1970 UTC. A slug, an e-mail or a row that somebody else took first is a value.

mod accounts;
mod api_keys;
mod apps;
mod as_seen;
mod audit;
mod destinations;
mod identities;
mod invitations;
mod mails;
mod members;
mod operator;
mod plans;
mod quickstart;
mod quota_notices;
mod replay_urls;
mod routes;
mod scratch;
mod second_factors;
mod sessions;
mod signing;
mod tenants;
mod tokens;

pub use accounts::{Member, NewAccount, NewSession, NewUser, SignUp, UserRow};
pub use api_keys::{ApiKeyRow, CreateApiKey, ListedApiKey, NewApiKey};
pub use apps::{AppChange, AppRow, CreateApp, UpdateApp, Verification};
pub use as_seen::AppAsSeen;
pub use audit::{AuditEntry, AuditFilter, AuditRow, NamedAuditRow};
pub(crate) use audit::{insert_audit, insert_audits};
pub use destinations::{
    CreateDestination, DestinationChange, DestinationList, DestinationOptions, DestinationRow, HeadersChange,
    OptionsChange,
};
pub use identities::{
    AccountOfIdentity, ByIdentity, IdentityRow, LinkNotice, NO_PASSWORD, NewIdentity, RemoveIdentity,
    SessionOfIdentity, SpentSignIn,
};
pub use invitations::{Accept, Acceptance, InvitationRow, Invite, NewInvitation, Withdraw};
pub use mails::{DueMail, NewMail, TakenMail};
pub use members::{By, ChangeMember, MemberRow};
pub use operator::{TenantCounts, TenantFilter, TenantSummary};
pub use quickstart::{ClaimQuickstart, Claimant, NewQuickstart, QuickstartClaim, QuickstartRow, SET_BY_OPERATOR};
pub use quota_notices::{MonthlyUse, QuotaNotice};
pub use replay_urls::{REPLAY_URLS_LIVE_FOR, ReplayUrlRow, Seen as SeenReplayUrl, TakeReplayUrl};
pub use routes::{DestinationOfRoute, RouteRow, RoutedDestination};
pub use scratch::ScratchDatabase;
pub use second_factors::{ConfirmSecondFactor, NewSecondFactor, SecondFactorRow};
pub use sessions::{CreateTenant, SessionRow, TenantOfUser};
pub use signing::{NewSecret, RotateSecret};
pub(crate) use tenants::lock_tenant;
pub use tenants::{NewSlug, NewTenant, TenantChange, TenantRow, UpdateTenant, WrappedKey};
pub use tokens::{NewToken, Purpose, ResetPassword};
