//! Figures about events, as the dashboard's overview asks for them.

use serde_json::{Value, json};

use crate::{handler::Say, harness::Harness};

fn sum(stats: &Value, name: &str) -> u64 {
    stats["points"].as_array().unwrap().iter().map(|point| point[name].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn figures_say_what_came_and_what_became_of_it() {
    let mut running = Harness::new().start().await;
    let good = running.send("{}").await;
    running.event_with_status(&good, "success").await;
    running.handler.script([Say::With(502, vec![], "bad gateway")]);
    let bad = running.send("{}").await;
    running.event_after_attempts(&bad, 1).await;

    let stats = running.api.get("/api/v1/stats").await.expect(200);
    assert_eq!((stats["points"].as_array().unwrap().len(), &stats["stepSeconds"]), (48, &json!(1800)));
    assert_eq!((stats["isPartial"].as_bool(), &stats["points"][0]["at"]), (Some(false), &stats["from"]));
    let all = ["received", "delivered", "failed", "waiting", "rejected"].map(|name| sum(&stats, name));
    assert_eq!(all, [2, 1, 0, 1, 0], "{stats}");
    assert_eq!((&stats["backlog"]["waiting"], &stats["backlog"]["held"]), (&json!(1), &json!(0)));
    assert!(stats["backlog"]["oldestAt"].is_string());
    let failing = &stats["failing"][0];
    assert_eq!((&failing["appSlug"], &failing["lastStatus"]), (&running.app["slug"], &json!(502)));
    assert_eq!((&failing["destinationId"], &failing["count"]), (&running.app["destinations"][0]["id"], &json!(1)));
    let mut codes: Vec<_> = stats["statusCodes"].as_array().unwrap().iter().map(|it| it["code"].as_u64()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(200), Some(502)]);
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn figures_are_of_one_destination_and_of_what_a_key_reaches() {
    let running = Harness::new().start().await;
    let event = running.send("{}").await;
    running.event_with_status(&event, "success").await;
    let other = json!({ "name": "Other", "source": "generic", "destinations": [{ "url": running.handler.url("/o") }] });
    let other = running.api.post("/api/v1/apps", other).await.expect(201);
    let own = running.app["destinations"][0]["id"].as_str().unwrap();
    let others = other["destinations"][0]["id"].as_str().unwrap();
    for (query, received) in [
        (format!("?destination_id={own}"), 1),
        (format!("?destination_id={others}"), 0),
        (format!("?app_slug={}", other["slug"].as_str().unwrap()), 0),
        (format!("?app_slug={}&step=60&from=1749999000", running.app["slug"].as_str().unwrap()), 1),
    ] {
        let stats = running.api.get(&format!("/api/v1/stats{query}")).await.expect(200);
        assert_eq!(sum(&stats, "received"), received, "{query}: {stats}");
    }
    let key = json!({ "name": "limited", "scope": "read", "apps": [other["slug"]] });
    let key = running.api.post("/api/v1/api-keys", key).await.expect(201);
    let limited = running.api.with_key(key["key"].as_str());
    assert_eq!(sum(&limited.get("/api/v1/stats").await.expect(200), "received"), 0);
    for query in [format!("?destination_id={own}"), "?destination_id=dst_x".into()] {
        assert_eq!(limited.get(&format!("/api/v1/stats{query}")).await.expect_refusal(404), "not_found", "{query}");
    }
    for query in ["step=1", "from=tomorrow", "from=20&to=20", "from=0&step=10"] {
        assert_eq!(running.api.get(&format!("/api/v1/stats?{query}")).await.expect_refusal(400), "invalid_field");
    }
    running.stop().await;
}
