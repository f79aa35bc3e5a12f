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
        "/api/v1/invitations/accept",
        "/api/v1/sources",
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

#[tokio::test]
async fn operations_have_names_answers_and_errors() {
    let operations = operations();
    let names: std::collections::HashSet<_> = operations.iter().map(|(_, _, it)| it["operationId"].clone()).collect();
    assert_eq!(names.len(), operations.len());
    for (method, path, details) in &operations {
        assert!(details["summary"].is_string() && details["tags"][0].is_string(), "{method} {path}");
        let responses = details["responses"].as_object().unwrap();
        let schema = |status: &str| {
            let type_of = |name| responses[status].pointer(&format!("/content/{name}/schema"));
            ["application~1json", "text~1event-stream", "application~1x-ndjson", "application~1octet-stream"]
                .into_iter()
                .any(|name| type_of(name).is_some())
        };
        assert!(responses.keys().all(|status| schema(status)), "{method} {path}: every answer has a JSON body");
        assert!(path.starts_with("/healthz") || responses.len() > 1, "{method} {path}: errors are described");
    }
}
