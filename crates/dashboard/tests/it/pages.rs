use crate::fixture::Dashboard;

#[tokio::test]
async fn pages_carry_a_strict_policy() {
    let dashboard = Dashboard::new().await;
    for path in ["/", "/events/evt_x", "/reference"] {
        let answer = dashboard.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let policy = answer.header("content-security-policy");
        // With or without the web dashboard, which a build need not have.
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("style-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        assert!(answer.text.starts_with("<!doctype html>"));
    }
    assert!(dashboard.get("/").await.text.contains("/reference"));
}

#[tokio::test]
async fn what_pages_refer_to_is_served() {
    let dashboard = Dashboard::new().await;
    for page in ["/", "/reference"] {
        let text = dashboard.get(page).await.text;
        let after = |mark: &'static str| text.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
        for reference in after("href=\"").chain(after("src=\"")) {
            if let Some(id) = reference.strip_prefix('#') {
                assert!(text.contains(&format!("id=\"{id}\"")), "{page}: {reference}");
            } else {
                assert_eq!(dashboard.get(reference).await.status, 200, "{page}: {reference}");
            }
        }
    }
    assert_eq!(dashboard.get("/assets/style.css").await.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn the_description_names_this_server() {
    let dashboard = Dashboard::new().await;
    let document = dashboard.get("/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], "https://hooks.example");
    assert!(dashboard.get("/reference").await.text.contains("&#39;https://hooks.example/api/v1/apps&#39;"));
}
