use serde_json::Value;

use crate::fixture::Dashboard;

/// Each method of each path of the description, ids filled in.
fn operations() -> Vec<(String, String, Value)> {
    let document = serde_json::to_value(anyhook_dashboard::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{slug}", "some-app").replace("{id}", "evt_01h455vb4pex5vsknk084sn02q");
        for (method, details) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), details.clone()));
        }
    }
    operations
}

/// Whether it answers without a credential.
fn is_open(path: &str) -> bool {
    [
        "/api/v1/signup",
        "/api/v1/login",
        "/api/v1/login/options",
        "/api/v1/login/oidc",
        "/api/v1/login/oidc/callback",
        "/api/v1/login/oidc/code",
        "/api/v1/forgot-password",
        "/api/v1/reset-password",
        "/api/v1/verify-email",
        "/api/v1/invitations/accept",
        "/api/v1/sources",
        "/api/v1/plans",
        "/api/v1/quickstart",
        "/api/v1/quickstart/claim",
        "/api/v1/anchors",
        "/healthz",
        "/readyz",
    ]
    .contains(&path)
}

#[test]
fn the_description_changes_only_on_purpose() {
    insta::assert_json_snapshot!(anyhook_dashboard::openapi());
}

#[tokio::test]
async fn everything_but_what_is_public_needs_a_credential() {
    let dashboard = Dashboard::new().await;
    for (method, path, details) in operations() {
        let is_open = is_open(&path);
        assert_eq!(details["security"] == serde_json::json!([{}]), is_open, "{method} {path}: as described");
        if is_open {
            continue;
        }
        let answer = dashboard.ask(&method, &path, &[], "{}").await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "unauthenticated"), "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_changes_things_from_our_own_pages_only() {
    let dashboard = Dashboard::new().await;
    let cookie = ("cookie", "__Host-anyhook_session=token");
    for (method, path, _) in operations().into_iter().filter(|(_, path, _)| path.starts_with("/api/v1/")) {
        if is_open(&path) {
            continue;
        }
        for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("x-nothing", "said")] {
            let answer = dashboard.ask(&method, &path, &[cookie, foreign], "{}").await;
            // A credential that gets through is checked by the tenants service, which here knows no call.
            let expected = if method == "GET" { "internal" } else { "foreign_origin" };
            assert_eq!(answer.code(), expected, "{method} {path} {foreign:?}");
        }
        let answer = dashboard.ask(&method, &path, &[cookie, ("sec-fetch-site", "same-origin")], "{}").await;
        assert_eq!(answer.code(), "internal", "{method} {path}");
    }
}

#[test]
fn operations_have_names_answers_and_errors() {
    let operations = operations();
    let document = serde_json::to_value(anyhook_dashboard::openapi()).unwrap();
    let names: std::collections::HashSet<_> = operations.iter().map(|(_, _, it)| it["operationId"].clone()).collect();
    assert_eq!(names.len(), operations.len());
    for (method, path, details) in &operations {
        assert!(details["summary"].is_string() && details["tags"][0].is_string(), "{method} {path}");
        let responses = details["responses"].as_object().unwrap();
        for (status, response) in responses {
            let response = resolved(&document, response);
            let is_redirect = status.starts_with('3');
            let contents = response["content"].as_object();
            let has_body = contents.is_some_and(|it| it.values().all(|media| !media["schema"].is_null()));
            assert!(has_body || is_redirect, "{method} {path} {status}: every answer has a body");
        }
        assert!(path.starts_with("/healthz") || responses.len() > 1, "{method} {path}: errors are described");
    }
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    pointer.map_or(value, |pointer| document.pointer(pointer).expect("what is referred to is there"))
}

/// Written by `described`, for all alike.
#[test]
fn operations_say_who_may_call_them_how_they_refuse_and_give_examples() {
    let document = serde_json::to_value(anyhook_dashboard::openapi()).unwrap();
    for (method, path, details) in &operations() {
        let what = format!("{method} {path}");
        let responses = details["responses"].as_object().unwrap();
        let is_open = details["security"] == serde_json::json!([{}]);
        let text = details["description"].as_str().unwrap_or_default();
        assert_eq!(details.get("x-required").is_some(), !is_open, "{what}");
        assert_eq!(text.contains("Needs a session as ") || text.contains("Needs an operator "), !is_open, "{what}");
        assert!(
            is_open
                || responses.contains_key("401") && (responses.contains_key("403") || responses.contains_key("404")),
            "{what}"
        );
        assert!(responses.contains_key("503") && responses.contains_key("500"), "{what}");
        assert_eq!(responses.contains_key("429"), path.starts_with("/api/"), "{what}");
        let has_path = details["parameters"].as_array().into_iter().flatten().any(|it| it["in"] == "path");
        assert!(!has_path || responses.contains_key("404"), "{what}");
        let bodies = details.get("requestBody").into_iter().chain(responses.values());
        for media in bodies.flat_map(|it| resolved(&document, it)["content"].as_object()).flat_map(|it| it.values()) {
            assert!(media.get("example").or(media.get("examples")).is_some_and(|it| !it.is_null()), "{what}: {media}");
        }
    }
}
