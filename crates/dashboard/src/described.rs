//! What the API's description says of every operation alike: who may call it, with what it may be refused, and an example
//! of what is asked and answered. Written from the tables that are kept to, so that nobody writes it by hand.

mod errors;
mod example;
mod given;

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use crate::{
    etag, limits,
    permissions::{Permission, Reach, rule_of},
};

/// Adds what can be said of all.
pub(crate) fn complete(document: &OpenApi) -> OpenApi {
    let mut value = serde_json::to_value(document).expect("a description is made of strings");
    let whole = value.clone();
    say(&mut value["info"]["description"], limits::SAYS);
    say(&mut value["info"]["description"], etag::SAYS);
    for (path, item) in value["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let method = method.to_uppercase().parse().expect("the methods of a description are methods");
            complete_operation(&whole, &method, path, operation);
        }
    }
    value["components"]["responses"] = errors::common();
    serde_json::from_value(value).expect("a description that was added to is one")
}

fn complete_operation(document: &Value, method: &Method, path: &str, operation: &mut Value) {
    let mut access = Access::of(document, operation);
    if access == Access::Credential {
        let rule = rule_of(method, path);
        let permission = rule.action.permission();
        if permission.role.is_none() {
            access = Access::Operator;
        }
        say(&mut operation["description"], &needs(permission, rule.reach));
        // One member for both: the order of several differs from process to process.
        operation["x-required"] = json!({
            "role": permission.role.map(|role| role.as_str()),
            "scope": permission.scope.map(|scope| scope.as_str()),
        });
        if permission.scope.is_none() && permission.role.is_some() {
            operation["security"] = json!([{ "session": [] }]);
        }
    }
    if let Some(given) = given::request(operation["operationId"].as_str().unwrap_or_default()) {
        operation["requestBody"]["content"]["application/json"]["example"] = given;
    }
    errors::describe(operation, path, access);
    for (_, media) in contents(operation) {
        if media.get("example").is_none() && media.get("examples").is_none() {
            media["example"] = example::of(document, &media["schema"], "", 0);
        }
    }
}

/// With what an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Open,
    /// A key or a session.
    Credential,
    /// The same, of an operator; to others there is nothing.
    Operator,
    Other,
}

impl Access {
    fn of(document: &Value, operation: &Value) -> Self {
        let ways = operation.get("security").unwrap_or(&document["security"]).as_array();
        let ways: Vec<_> = ways.into_iter().flatten().filter_map(Value::as_object).collect();
        if ways.iter().all(|way| way.is_empty()) {
            Self::Open
        } else if ways.iter().any(|way| way.contains_key("api_key") || way.contains_key("session")) {
            Self::Credential
        } else {
            Self::Other
        }
    }
}

/// Who may call it, in words.
fn needs(Permission { role, scope, .. }: &Permission, reach: Reach) -> String {
    let Some(role) = role else { return "Needs an operator of this installation.".to_owned() };
    let role = format!("Needs a session as {} or more", role.as_str());
    let Some(scope) = scope else { return format!("{role}; API keys cannot call it.") };
    let limited = match reach {
        Reach::Free => "A key that is limited to some apps may call it.",
        Reach::App | Reach::Event | Reach::Query => "To a key that is limited to some apps, others are not found.",
        Reach::NamedQuery => "A key that is limited to some apps names one of them with `app_slug`.",
        Reach::Whole => "Keys that are limited to some apps cannot call it.",
    };
    format!("{role}, or an API key of scope `{}` or more. {limited}", scope.as_str())
}

/// Adds a paragraph.
fn say(description: &mut Value, text: &str) {
    let before = description.as_str().unwrap_or_default();
    *description = if before.is_empty() { text.into() } else { format!("{before}\n\n{text}").into() };
}

/// What is asked and answered, by media type.
fn contents(operation: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let operation = operation.as_object_mut();
    let places =
        operation.into_iter().flatten().filter(|(name, _)| ["requestBody", "responses"].contains(&name.as_str()));
    let bodies = places.flat_map(|(name, place)| match name.as_str() {
        "requestBody" => vec![place],
        _ => place.as_object_mut().into_iter().flat_map(Map::values_mut).collect(),
    });
    bodies.filter_map(|body| body.get_mut("content")?.as_object_mut()).flatten()
}
