use crate::fixture::Dashboard;

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_json() {
    let dashboard = Dashboard::new().await;
    for path in ["/api/v1/nothing", "/api", "/nothing", "/api/v1/apps/", "/api/v1/apps/%ff"] {
        let answer = dashboard.ask("GET", path, &[("authorization", "Bearer x")], "").await;
        let code = answer.code();
        assert!(code == "not_found" || path.ends_with("%ff"), "{path}: {code}");
    }
    let answer = dashboard.ask("PUT", "/api/v1/apps", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "method_not_allowed"));
    let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    assert_eq!(dashboard.ask("POST", "/", &[], "").await.code(), "method_not_allowed");
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_named() {
    let dashboard = Dashboard::new().await;
    for (body, code, field) in [
        ("", "invalid_json", None),
        ("{", "invalid_json", None),
        ("[]", "invalid_json", None),
        ("{}", "invalid_field", Some("email")),
        (r#"{"email":1}"#, "invalid_field", Some("email")),
        (r#"{"email":"a","password":"b"}"#, "invalid_field", Some("tenant")),
        (r#"{"email":"a","password":"b","tenant":{"name":"c","slug":[]}}"#, "invalid_field", Some("tenant.slug")),
    ] {
        let answer = dashboard.ask("POST", "/api/v1/signup", &[], body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{body}");
        assert_eq!(answer.json()["field"].as_str(), field, "{body}");
    }
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte() {
    let dashboard = Dashboard::new().await;
    let answer = dashboard.ask("POST", "/api/v1/signup", &[], vec![b' '; 1024 * 1024]).await;
    assert_eq!(answer.code(), "invalid_json");
    let answer = dashboard.ask("POST", "/api/v1/signup", &[], vec![b' '; 1024 * 1024 + 1]).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "body_too_large"));
}

#[tokio::test]
async fn other_sites_cannot_sign_a_browser_in() {
    let dashboard = Dashboard::new().await;
    let body = r#"{"email":"a@example.com","password":"b"}"#;
    let foreign = [("sec-fetch-site", "cross-site")];
    assert_eq!(dashboard.ask("POST", "/api/v1/login", &foreign, body).await.code(), "foreign_origin");
    let code = dashboard.ask("POST", "/api/v1/login/oidc/code", &foreign, r#"{"code":"123456"}"#).await;
    assert_eq!(code.code(), "foreign_origin");
    // The tenants service of this test knows no call, and its words stay inside.
    let answer = dashboard.ask("POST", "/api/v1/login", &[], body).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (500, "internal"));
}

#[tokio::test]
async fn a_process_that_cannot_answer_says_so() {
    let dashboard = Dashboard::new().await;
    assert_eq!(dashboard.get("/healthz").await.json(), serde_json::json!({"status": "ok"}));
    let answer = dashboard.get("/readyz").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
    assert_eq!(answer.header("retry-after"), "5");
}
