//! The API: one file per endpoint.

mod account;
mod anchors;
mod api_keys;
mod apps;
mod audit;
mod destinations;
mod events;
mod forgot_password;
mod health;
mod login;
mod login_oidc;
mod login_options;
mod logout;
mod operator;
mod plans;
mod quickstart;
mod ready;
mod replays;
mod reset_password;
mod signup;
mod sources;
mod stats;
mod team;
mod tenant;
mod tools;
mod usage;
mod verify_email;

pub(crate) use events::Members;
pub(crate) use stats::Answers;

use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AnyHook API",
        description = "Inbound webhooks: received, stored, delivered, inspected, replayed. Everything is JSON. Errors \
                       carry a sentence that says what to do, and a stable word (`code`); unknown members of a \
                       request are ignored.",
    ),
    tags(
        (name = "Accounts", description = "Signing up, in and out, and the tenant itself."),
        (name = "Account", description = "A person's own sessions, password and tenants."),
        (name = "API keys", description = "What programs sign in with. docs/permissions.md says what each scope may do."),
        (name = "Team", description = "Who belongs to the tenant, and as what."),
        (name = "Audit log", description = "Who did what."),
        (name = "Apps", description = "An app is one webhook source: a URL to give to a provider."),
        (name = "Destinations", description = "Where an app's events go."),
        (name = "Events", description = "What was received, what became of it, and sending it again."),
        (name = "Anchors", description = "A chain over each day's events, which tells whether one was changed afterwards."),
        (name = "Sources", description = "The providers whose requests can be verified."),
        (name = "Tools", description = "What helps while an app is set up."),
        (name = "Operator", description = "All tenants, their plans and what they use: for whoever operates this installation."),
        (name = "Operation", description = "For whoever runs this installation."),
    ),
    security(("api_key" = []), ("session" = [])),
    modifiers(&Schemes)
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key: `ahk_live_…`."));
        components.add_security_scheme("api_key", SecurityScheme::Http(bearer.build()));
        let text = "A browser's session; requests that change something must come from the dashboard's own pages. \
                    Where the dashboard is served over TLS, the cookie's name begins with `__Host-`.";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description("anyhook_session", text));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(signup::sign_up))
        .routes(routes!(login::log_in))
        .merge(sign_in())
        .routes(routes!(logout::log_out))
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(tenant::get::get_tenant))
        .routes(routes!(tenant::update::update_tenant))
        .routes(routes!(account::get::get_account))
        .routes(routes!(account::list_sessions::list_sessions))
        .routes(routes!(account::end_others::end_other_sessions))
        .routes(routes!(account::end_session::end_session))
        .routes(routes!(account::password::change_password))
        .routes(routes!(account::verify_email::send_verification))
        .routes(routes!(account::list_tenants::list_tenants))
        .routes(routes!(account::create_tenant::create_tenant))
        .routes(routes!(account::turn::turn_session))
        .routes(routes!(api_keys::list::list_api_keys))
        .routes(routes!(api_keys::create::create_api_key))
        .routes(routes!(api_keys::revoke::revoke_api_key))
        .routes(routes!(team::get::get_team))
        .routes(routes!(team::invite::invite))
        .routes(routes!(team::withdraw::withdraw_invitation))
        .routes(routes!(team::accept::accept_invitation))
        .routes(routes!(team::set_role::set_role))
        .routes(routes!(team::remove::remove_member))
        .routes(routes!(team::leave::leave_team))
        .routes(routes!(audit::list::list_audit))
        .routes(routes!(apps::list::list_apps))
        .routes(routes!(apps::create::create_app))
        .routes(routes!(apps::get::get_app))
        .routes(routes!(apps::update::update_app))
        .routes(routes!(apps::delete::delete_app))
        .routes(routes!(apps::reverify::reverify_app))
        .routes(routes!(apps::test::send_test_event))
        .routes(routes!(destinations::create::create_destination))
        .routes(routes!(destinations::get::get_destination))
        .routes(routes!(destinations::update::update_destination))
        .routes(routes!(destinations::delete::delete_destination))
        .routes(routes!(destinations::rotate_secret::rotate_secret))
        .routes(routes!(destinations::test::test_destination))
        .routes(routes!(destinations::check::check_destination))
        .routes(routes!(events::list::list_events))
        .routes(routes!(events::stream::stream_events))
        .routes(routes!(events::export::export_events))
        .routes(routes!(events::inspect::inspect_event))
        .routes(routes!(events::body::event_body))
        .routes(routes!(events::forget::forget_event))
        .routes(routes!(events::replay::replay_event))
        .routes(routes!(events::undelivered::list_undelivered))
        .routes(routes!(events::replay_failed::replay_failed))
        .routes(routes!(replays::list::list_replays, replays::create::create_replay))
        .routes(routes!(replays::get::get_replay))
        .routes(routes!(replays::cancel::cancel_replay))
        .routes(routes!(events::proof::prove_event))
        .routes(routes!(anchors::list::list_anchors))
        .routes(routes!(sources::list::list_sources))
        .routes(routes!(tools::verify::verify_request))
        .routes(routes!(tools::mock::mock_request))
        .routes(routes!(tools::check_url::check_url))
        .routes(routes!(usage::get_usage))
        .merge(installation())
        .routes(routes!(stats::get::get_stats))
        .routes(routes!(health::health))
        .routes(routes!(ready::ready))
}

/// The plans, beginning without an account, and what the operator of the installation asks for.
fn installation() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(plans::list_plans))
        .routes(routes!(quickstart::create::create_quickstart))
        .routes(routes!(quickstart::claim::claim_quickstart))
        .routes(routes!(operator::tenants::list_all_tenants))
        .routes(routes!(operator::tenant::get_any_tenant))
        .routes(routes!(operator::set_plan::set_plan))
        .routes(routes!(operator::plans::list_operator_plans))
        .routes(routes!(operator::usage::export_usage))
        .routes(routes!(operator::health::installation_health))
}

/// Second factors, and coming in by way of an issuer.
fn sign_in() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(login_options::login_options))
        .routes(routes!(login_oidc::start::start_oidc))
        .routes(routes!(login_oidc::callback::finish_oidc))
        .routes(routes!(login_oidc::code::pass_oidc))
        .routes(routes!(account::second_factor::get::get_second_factor))
        .routes(routes!(account::second_factor::begin::begin_second_factor))
        .routes(routes!(account::second_factor::confirm::confirm_second_factor))
        .routes(routes!(account::second_factor::end::end_second_factor))
        .routes(routes!(account::identities::list::list_identities))
        .routes(routes!(account::identities::link::link_identity))
        .routes(routes!(account::identities::remove::remove_identity))
        .routes(routes!(operator::reset_second_factor::reset_second_factor))
}
