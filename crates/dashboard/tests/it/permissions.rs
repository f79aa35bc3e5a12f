//! The document about who may do what, written from the tables. `INSTA_UPDATE=always` writes it anew.

use std::fmt::Write;

use anyhook_dashboard::permissions::{PERMISSIONS, Permission, Reach, Rule, rule_of};
use anyhook_domain::access::{Role, Scope};
use http::Method;

use crate::documents::assert_written;

const INTRODUCTION: &str = "<!-- Written from the tables in crates/dashboard/src/permissions.rs. -->

# Permissions

A person who is signed in is a member of a tenant in one of four roles; a program uses an API key with one of three
scopes. Both are checked as soon as it is known who sends a request, before anything is looked up.

What belongs to another tenant is not found (404). What a role or a scope does not allow is forbidden (403), with a
sentence that says what it needs.

";

const ABOUT_LIMITED_KEYS: &str = "
A key can be limited to some apps: whatever is another app's is then not found, and what is about the whole tenant is
forbidden. `POST /api/v1/api-keys` makes such a key with `apps`. If all of its apps are deleted, it reaches none.

Beyond the table: what is about an owner (making one, changing or removing one, inviting one) only an owner may do, and a
tenant keeps at least one. A key that expires makes none that outlives it.

Whoever operates the installation is named in its settings (`ANYHOOK_OPERATORS`, `ANYHOOK_OPERATOR_TOKEN`), and is no member
of a tenant by that. For everybody else there is nothing under `/api/v1/operator/` (404).
";

fn operations() -> Vec<(Method, String, bool)> {
    let document = serde_json::to_value(anyhook_dashboard::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, details) in item.as_object().unwrap() {
            let is_open = details["security"] == serde_json::json!([{}]);
            operations.push((method.to_uppercase().parse().unwrap(), path.clone(), is_open));
        }
    }
    operations
}

fn mark(is_allowed: bool) -> &'static str {
    if is_allowed { "yes" } else { "–" }
}

fn line(permission: &Permission) -> String {
    let roles = Role::ALL.iter().rev().map(|role| mark(permission.role.is_some_and(|least| *role >= least)));
    let scopes = Scope::ALL.iter().rev().map(|scope| mark(permission.scope.is_some_and(|least| *scope >= least)));
    let cells: Vec<_> = roles.chain(scopes).collect();
    format!("| {} | {} |\n", permission.says, cells.join(" | "))
}

fn limited(rule: Rule) -> &'static str {
    match rule.reach {
        Reach::Free => "yes",
        Reach::App | Reach::Event | Reach::Query => "its apps",
        Reach::NamedQuery => "its apps, with `app_slug`",
        Reach::Whole => "–",
    }
}

fn guide() -> String {
    let mut guide = INTRODUCTION.to_owned();
    let heads = |words: Vec<String>| words.join(" | ");
    let roles = heads(Role::ALL.iter().rev().map(|role| role.as_str().to_owned()).collect());
    let scopes = heads(Scope::ALL.iter().rev().map(|scope| format!("key: {}", scope.as_str())).collect());
    let _ = write!(guide, "| may | {roles} | {scopes} |\n| --- {}|\n", "| --- ".repeat(7));
    PERMISSIONS.iter().for_each(|permission| guide += &line(permission));
    guide += ABOUT_LIMITED_KEYS;
    let operations = operations();
    for permission in PERMISSIONS {
        let _ = write!(guide, "\n## {}\n\n| request | limited key |\n| --- | --- |\n", permission.says);
        for (method, path, _) in operations.iter().filter(|(_, _, is_open)| !is_open) {
            let rule = rule_of(method, path);
            if rule.action == permission.action {
                let reach = if permission.scope.is_some() { limited(rule) } else { "–" };
                let _ = writeln!(guide, "| `{method} {path}` | {reach} |");
            }
        }
    }
    guide += "\n## Everybody, without signing in\n\n";
    for (method, path, _) in operations.iter().filter(|(_, _, is_open)| *is_open) {
        let _ = writeln!(guide, "- `{method} {path}`");
    }
    guide
}

#[test]
fn the_guide_says_who_may_do_what() {
    assert_written("docs/permissions.md", &guide());
}

#[test]
fn each_request_has_a_rule_of_its_own() {
    for (method, path, is_open) in operations() {
        let rule = rule_of(&method, &path);
        assert!(is_open || !rule.is_for_the_rest(), "{method} {path}: name it in RULES");
    }
}
