//! Who may do what: the one table of it, and which request is what. `docs/permissions.md` is written from both.
//!
//! A request is checked as soon as it is known who sends it, by its method and path: a handler cannot forget to. What no
//! rule names needs most, and is not for keys that are limited to some apps.

use anyhook_domain::access::{Role, Scope};
use http::Method;

use crate::problem::Problem;

/// What may be done, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Own,
    Look,
    SeeTeam,
    Operate,
    Configure,
    Forget,
    Manage,
    /// The installation.
    Administer,
}

/// Who may do something: members of this role or a higher one, and API keys with this scope or a wider one. Operators of
/// the installation are neither.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    pub action: Action,
    /// None: no member of a tenant, but operators of the installation only.
    pub role: Option<Role>,
    /// None: nobody's key, as it is about a person or about all tenants.
    pub scope: Option<Scope>,
    pub says: &'static str,
}

/// INVARIANT: the one place that says which roles and scopes may do what.
pub const PERMISSIONS: &[Permission] = &[
    permission(Action::Own, Role::Viewer, None, "Look after their own account: sessions, password, tenants"),
    permission(Action::Look, Role::Viewer, Some(Scope::Read), "Look at apps, destinations and events"),
    permission(Action::SeeTeam, Role::Viewer, Some(Scope::Admin), "See who belongs to the tenant"),
    permission(
        Action::Operate,
        Role::Member,
        Some(Scope::Write),
        "Send events again, verify rejected ones again, test apps and destinations",
    ),
    permission(
        Action::Configure,
        Role::Member,
        Some(Scope::Admin),
        "Make, change and delete apps and destinations; replay events to any URL",
    ),
    permission(Action::Forget, Role::Admin, Some(Scope::Admin), "Erase what an event contained"),
    permission(
        Action::Manage,
        Role::Admin,
        Some(Scope::Admin),
        "Rename the tenant; manage API keys and the team; read the audit log",
    ),
    Permission {
        action: Action::Administer,
        role: None,
        scope: None,
        says: "Operate the installation: all tenants, their plans, what they use, how it is",
    },
];

const fn permission(action: Action, role: Role, scope: Option<Scope>, says: &'static str) -> Permission {
    Permission { action, role: Some(role), scope, says }
}

/// How a request is about apps: what keys that are limited to some of them are checked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is about no app, or its handler leaves out what the caller does not reach.
    Free,
    /// About the app that is the path's `slug`.
    App,
    /// About the event that is the path's `id`.
    Event,
    /// About the app that the query names; without one, its handler leaves out what the caller does not reach.
    Query,
    /// The same, but it must name one.
    NamedQuery,
    /// About all of the tenant.
    Whole,
}

/// What some requests are.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `GET`, or any method that changes something.
    is_get: bool,
    /// A path of the API's description; with `*` at the end, all that begin like it.
    path: &'static str,
    pub action: Action,
    pub reach: Reach,
}

/// The first that fits.
const RULES: &[Rule] = &[
    get("/api/v1/account", Action::Look, Reach::Free),
    get("/api/v1/account/*", Action::Own, Reach::Whole),
    change("/api/v1/account/*", Action::Own, Reach::Whole),
    get("/api/v1/tenants", Action::Own, Reach::Whole),
    change("/api/v1/tenants", Action::Own, Reach::Whole),
    change("/api/v1/session/tenant", Action::Own, Reach::Whole),
    change("/api/v1/logout", Action::Look, Reach::Free),
    get("/api/v1/tenant", Action::Look, Reach::Free),
    get("/api/v1/usage", Action::Look, Reach::Whole),
    get("/api/v1/stats", Action::Look, Reach::Query),
    change("/api/v1/tenant", Action::Manage, Reach::Whole),
    get("/api/v1/api-keys*", Action::Manage, Reach::Whole),
    change("/api/v1/api-keys*", Action::Manage, Reach::Whole),
    get("/api/v1/team", Action::SeeTeam, Reach::Whole),
    change("/api/v1/team/leave", Action::Own, Reach::Whole),
    change("/api/v1/team*", Action::Manage, Reach::Whole),
    get("/api/v1/audit", Action::Manage, Reach::Whole),
    change("/api/v1/tools/check-url", Action::Operate, Reach::Free),
    change("/api/v1/tools/*", Action::Look, Reach::Free),
    get("/api/v1/events", Action::Look, Reach::Query),
    get("/api/v1/events/export", Action::Look, Reach::Query),
    get("/api/v1/events/stream", Action::Look, Reach::NamedQuery),
    get("/api/v1/events/{id}*", Action::Look, Reach::Event),
    change("/api/v1/events/{id}/forget", Action::Forget, Reach::Event),
    change("/api/v1/events/{id}*", Action::Operate, Reach::Event),
    change("/api/v1/events*", Action::Operate, Reach::Whole),
    get("/api/v1/replays*", Action::Look, Reach::Whole),
    change("/api/v1/replays*", Action::Operate, Reach::Whole),
    get("/api/v1/apps", Action::Look, Reach::Free),
    get("/api/v1/apps/{slug}*", Action::Look, Reach::App),
    change("/api/v1/apps/{slug}/replay-failed", Action::Operate, Reach::App),
    change("/api/v1/apps/{slug}/reverify", Action::Operate, Reach::App),
    change("/api/v1/apps/{slug}/test", Action::Operate, Reach::App),
    change("/api/v1/apps/{slug}/destinations/{id}/test", Action::Operate, Reach::App),
    change("/api/v1/apps/{slug}/destinations/{id}/check", Action::Operate, Reach::App),
    change("/api/v1/apps/{slug}*", Action::Configure, Reach::App),
    change("/api/v1/apps", Action::Configure, Reach::Whole),
    get("/api/v1/operator/*", Action::Administer, Reach::Whole),
    change("/api/v1/operator/*", Action::Administer, Reach::Whole),
    get("*", Action::Look, Reach::Whole),
    change("*", Action::Manage, Reach::Whole),
];

const fn get(path: &'static str, action: Action, reach: Reach) -> Rule {
    Rule { is_get: true, path, action, reach }
}

const fn change(path: &'static str, action: Action, reach: Reach) -> Rule {
    Rule { is_get: false, path, action, reach }
}

impl Rule {
    /// It is for what no other rule names.
    #[must_use]
    pub fn is_for_the_rest(&self) -> bool {
        self.path == "*"
    }

    fn fits(&self, is_get: bool, path: &str) -> bool {
        let is_path = match self.path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.path,
        };
        self.is_get == is_get && is_path
    }
}

/// What a request is, by the path as the API's description has it.
///
/// # Panics
/// Never: the last two rules fit everything.
#[must_use]
pub fn rule_of(method: &Method, path: &str) -> Rule {
    let is_get = method.is_safe();
    *RULES.iter().find(|rule| rule.fits(is_get, path)).expect("the last two rules fit everything")
}

impl Action {
    /// # Panics
    /// Never: a test sees to it that each has one.
    #[must_use]
    pub fn permission(self) -> &'static Permission {
        PERMISSIONS.iter().find(|permission| permission.action == self).expect("each action has a permission")
    }
}

/// As what somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    Member(Role),
    Key(Scope),
    /// A role or a scope that is not known here may do nothing.
    Unknown,
}

impl Authority {
    /// # Errors
    /// [`Problem`] with a sentence that says who may do it.
    pub(crate) fn allow(self, action: Action) -> Result<(), Problem> {
        let Permission { role: least, scope: narrowest, .. } = *action.permission();
        let text = match (self, narrowest) {
            (Self::Member(role), _) if least.is_some_and(|least| role >= least) => return Ok(()),
            (Self::Key(scope), Some(narrowest)) if scope >= narrowest => return Ok(()),
            (Self::Member(role), _) if let Some(least) = least => format!(
                "Your role is {}, and this needs {}; ask an owner of this tenant for another role.",
                role.as_str(),
                least.as_str()
            ),
            (Self::Member(_), _) => "This is for operators of this installation.".to_owned(),
            (Self::Key(_), None) => {
                "This is about a person's own account: sign in instead of using an API key.".to_owned()
            }
            (Self::Key(scope), Some(narrowest)) => format!(
                "This API key's scope is {}, and this needs {}; use another key.",
                scope.as_str(),
                narrowest.as_str()
            ),
            (Self::Unknown, _) => {
                "Your role is not known here; try again once AnyHook was updated everywhere.".to_owned()
            }
        };
        Err(Problem::forbidden("forbidden", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(authority: Authority) -> Vec<Action> {
        PERMISSIONS.iter().map(|it| it.action).filter(|action| authority.allow(*action).is_ok()).collect()
    }

    #[test]
    fn each_action_has_its_permission() {
        for action in [
            Action::Own,
            Action::Look,
            Action::SeeTeam,
            Action::Operate,
            Action::Configure,
            Action::Forget,
            Action::Manage,
            Action::Administer,
        ] {
            assert_eq!(action.permission().action, action);
        }
    }

    #[test]
    fn roles_and_scopes() {
        use Action::{Configure, Forget, Look, Manage, Operate, Own, SeeTeam};
        let all = [Own, Look, SeeTeam, Operate, Configure, Forget, Manage];
        for (role, expected) in
            [(Role::Viewer, &all[..3]), (Role::Member, &all[..5]), (Role::Admin, &all[..]), (Role::Owner, &all[..])]
        {
            assert_eq!(may(Authority::Member(role)), expected, "{role:?}");
        }
        assert_eq!(may(Authority::Key(Scope::Read)), [Look]);
        assert_eq!(may(Authority::Key(Scope::Write)), [Look, Operate]);
        assert_eq!(may(Authority::Key(Scope::Admin)), all[1..]);
        assert_eq!(may(Authority::Unknown), []);
    }

    #[test]
    fn requests_are_told_apart() {
        for (method, path, action, reach) in [
            (Method::GET, "/api/v1/events/{id}/proof", Action::Look, Reach::Event),
            (Method::HEAD, "/api/v1/events", Action::Look, Reach::Query),
            (Method::POST, "/api/v1/events/{id}/replay", Action::Operate, Reach::Event),
            (Method::POST, "/api/v1/apps/{slug}/replay-failed", Action::Operate, Reach::App),
            (Method::POST, "/api/v1/apps/{slug}/destinations", Action::Configure, Reach::App),
            (Method::POST, "/api/v1/apps", Action::Configure, Reach::Whole),
            (Method::GET, "/api/v1/account", Action::Look, Reach::Free),
            (Method::DELETE, "/api/v1/account/sessions/{id}", Action::Own, Reach::Whole),
            (Method::POST, "/api/v1/team/invitations", Action::Manage, Reach::Whole),
            (Method::PUT, "/api/v1/operator/tenants/{id}/plan", Action::Administer, Reach::Whole),
            (Method::POST, "/api/v1/something/new", Action::Manage, Reach::Whole),
            (Method::GET, "/api/v1/something/new", Action::Look, Reach::Whole),
            (Method::POST, "", Action::Manage, Reach::Whole),
        ] {
            let rule = rule_of(&method, path);
            assert_eq!((rule.action, rule.reach), (action, reach), "{method} {path}");
        }
    }
}
