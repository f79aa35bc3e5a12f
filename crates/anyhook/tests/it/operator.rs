//! The operator of the installation: all tenants, their plans, what they use, and how everything is.

use http::Method;
use serde_json::{Value, json};

use crate::{
    client::{Api, Reply},
    harness::{Harness, OPERATOR_TOKEN, Running, sign_up},
};

const PATHS: [&str; 4] = ["tenants", "plans", "usage", "health"];

fn operator(running: &Running) -> Api {
    running.api.with_key(Some(OPERATOR_TOKEN))
}

async fn put(api: &Api, path: &str, body: Value) -> Reply {
    api.call(Method::PUT, path, body.to_string().as_bytes()).await
}

/// The path of the harness's own tenant.
async fn own_tenant(running: &Running) -> String {
    let tenant = running.api.get("/api/v1/tenant").await.expect(200);
    format!("/api/v1/operator/tenants/{}", tenant["id"].as_str().unwrap())
}

async fn post(running: &Running) -> Reply {
    running.api.request(Method::POST, &running.inbound_url, &[], b"{}").await
}

#[tokio::test]
async fn a_larger_plan_lets_go_what_was_held_and_takes_more() {
    let running = Harness::new().events_per_month(1).start().await;
    let first = running.send("{}").await;
    let held = running.send("{}").await;
    running.event_with_status(&first, "success").await;
    assert_eq!(running.event(&held).await["status"], "held");
    assert_eq!(post(&running).await.expect_refusal(429), "quota_exceeded");
    let (operator, path) = (operator(&running), format!("{}/plan", own_tenant(&running).await));
    assert_eq!(put(&operator, &path, json!({ "plan": "gold" })).await.expect_refusal(400), "invalid_field");
    let tenant = put(&operator, &path, json!({ "plan": "pro" })).await.expect(200);
    assert_eq!((tenant["plan"].as_str(), tenant["eventsPerMonth"].as_u64()), (Some("pro"), Some(50_000)));
    assert_eq!((tenant["eventsThisMonth"].as_u64(), tenant["members"].as_u64()), (Some(2), Some(1)));
    // Without the clock: within seconds.
    running.event_with_status(&held, "success").await;
    let more = running.send("{}").await;
    running.event_with_status(&more, "success").await;
    let usage = running.api.get("/api/v1/usage").await.expect(200);
    assert_eq!(
        (usage["plan"].as_str(), usage["limit"].as_u64(), usage["keptDays"].as_u64()),
        (Some("pro"), Some(50_000), Some(90))
    );
    let audit = running.api.get("/api/v1/audit?action=operator.plan_set").await.expect(200);
    assert_eq!((audit["entries"][0]["subject"].as_str(), &audit["entries"][0]["actor"]), (Some("pro"), &Value::Null));
    running.stop().await;
}

#[tokio::test]
async fn for_everybody_else_there_is_nothing() {
    let running = Harness::new().operators("owner@example.com").start().await;
    let path = own_tenant(&running).await;
    let nobody = running.api.with_key(None);
    let wrong = running.api.with_key(Some(&OPERATOR_TOKEN.replace('0', "1")));
    for path in PATHS.map(|path| format!("/api/v1/operator/{path}")).into_iter().chain([path.clone()]) {
        assert_eq!(nobody.get(&path).await.expect_refusal(401), "unauthenticated", "{path}");
        assert_eq!(wrong.get(&path).await.expect_refusal(401), "unauthenticated", "{path}");
        assert_eq!(running.api.get(&path).await.expect_refusal(404), "not_found", "{path}: with an owner's key");
        assert_eq!(operator(&running).get(&path).await.status, 200, "{path}");
    }
    let plan = format!("{path}/plan");
    assert_eq!(put(&running.api, &plan, json!({ "plan": "pro" })).await.expect_refusal(404), "not_found");
    assert_eq!(operator(&running).get("/api/v1/apps").await.status, 401, "the operator is no member of a tenant");
    // The owner is listed, but nobody has seen that the address is its own.
    let login = json!({ "email": "owner@example.com", "password": "correct horse battery" });
    let reply = nobody.post("/api/v1/login", login).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let url = |path: &str| format!("{}{path}", running.dashboard_url);
    let tenants = url("/api/v1/operator/tenants");
    assert_eq!(running.api.request(Method::GET, &tenants, &headers, b"").await.expect_refusal(404), "not_found");
    let account = running.api.request(Method::GET, &url("/api/v1/account"), &headers, b"").await.expect(200);
    assert_eq!(account["isOperator"], false);
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    let reply = running.api.request(Method::PUT, &url(&plan), &foreign, b"{}").await;
    assert_eq!(reply.expect_refusal(403), "foreign_origin");
    running.stop().await;
}

#[tokio::test]
async fn all_tenants_are_listed_and_what_they_use() {
    let running = Harness::new().events_per_month(1).start().await;
    for n in 0..2 {
        let name = format!("Tenant {n}");
        // Ids are in the order of milliseconds.
        running.advance(1);
        let signed_up = sign_up(&format!("{n}@example.com"), &name);
        running.api.with_key(None).post("/api/v1/signup", signed_up).await.expect(201);
    }
    running.send("{}").await;
    running.send("{}").await;
    let operator = operator(&running);
    let page = operator.get("/api/v1/operator/tenants?limit=2").await.expect(200);
    assert_eq!(page["tenants"].as_array().unwrap().len(), 2);
    let next = page["nextCursor"].as_str().unwrap();
    let page = operator.get(&format!("/api/v1/operator/tenants?limit=2&cursor={next}")).await.expect(200);
    let acme = &page["tenants"][0];
    assert_eq!(
        (acme["slug"].as_str(), acme["eventsThisMonth"].as_u64(), acme["apps"].as_u64()),
        (Some("acme"), Some(2), Some(1))
    );
    assert_eq!((page.get("nextCursor"), &acme["expiresAt"]), (None, &Value::Null));
    let found = operator.get("/api/v1/operator/tenants?q=ACM&plan=small").await.expect(200);
    assert_eq!(found["tenants"].as_array().unwrap().len(), 1);
    assert!(
        operator.get("/api/v1/operator/tenants?plan=pro").await.expect(200)["tenants"].as_array().unwrap().is_empty()
    );
    for (bad, field) in [("tenants?limit=0", "limit"), ("tenants?cursor=x", "cursor"), ("usage?month=2025", "month")] {
        let refused = operator.get(&format!("/api/v1/operator/{bad}")).await.expect(400);
        assert_eq!((refused["code"].as_str(), refused["field"].as_str()), (Some("invalid_field"), Some(field)));
    }
    let usage = operator.get("/api/v1/operator/usage?month=2025-06").await.expect(200);
    let lines: Vec<_> = usage["usage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["slug"].as_str().unwrap(), it["events"].as_u64().unwrap(), it["overPlan"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [("tenant-1", 0, 0), ("tenant-0", 0, 0), ("acme", 2, 1)]);
    let before = operator.get("/api/v1/operator/usage?month=2025-05").await.expect(200);
    assert!(before["usage"].as_array().unwrap().iter().all(|it| it["events"] == 0));
    let mut running = running;
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn how_everything_is_and_which_plans_there_are() {
    let running = Harness::new().start().await;
    running.api.patch(&running.app_path(), json!({ "is_paused": true })).await.expect(200);
    running.send("{}").await;
    let health = operator(&running).get("/api/v1/operator/health").await.expect(200);
    assert_eq!(health["isWell"], true, "{health}");
    assert_eq!(health["tenants"], json!({ "total": 1, "unclaimed": 0 }));
    assert_eq!(health["work"]["deliveriesHeld"], json!({ "count": 1, "isExact": true }));
    assert_eq!(health["work"]["eventsLastHour"]["count"], 1);
    assert_eq!((&health["work"]["deliveriesDue"]["count"], &health["work"]["oldestDueAt"]), (&json!(0), &Value::Null));
    let plans = running.api.with_key(None).get("/api/v1/plans").await.expect(200);
    let free = json!({ "name": "free", "eventsPerMonth": 3000, "keptDays": 30, "isDefault": false });
    assert_eq!((plans["plans"].as_array().unwrap().len(), &plans["plans"][0]), (4, &free));
    assert_eq!(operator(&running).get("/api/v1/operator/plans").await.expect(200), plans);
    running.stop().await;
}
