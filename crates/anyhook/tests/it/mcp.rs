//! `/mcp`, as an agent's client speaks to it.

use http::Method;
use serde_json::{Value, json};

use crate::{
    client::Reply,
    harness::{Harness, Running},
};

/// One message of the protocol, without a session.
async fn say(running: &Running, key: Option<&str>, message: Value) -> Reply {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let mut headers = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    headers.extend(bearer.as_ref().map(|bearer| ("authorization", bearer.as_str())));
    let url = format!("{}/mcp", running.dashboard_url);
    running.api.request(Method::POST, &url, &headers, message.to_string().as_bytes()).await
}

async fn ask(running: &Running, key: Option<&str>, method: &str, parameters: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": parameters });
    let answer = say(running, key, message).await.expect(200);
    assert_eq!(answer["id"], 7, "{answer}");
    answer["result"].clone()
}

async fn call(running: &Running, tool: &str, arguments: Value) -> Value {
    call_as(running, running.api.key(), tool, arguments).await
}

async fn call_as(running: &Running, key: Option<&str>, tool: &str, arguments: Value) -> Value {
    ask(running, key, "tools/call", json!({ "name": tool, "arguments": arguments })).await
}

/// The JSON of a tool's last text.
fn json_of(result: &Value) -> Value {
    assert_ne!(result["isError"], true, "{result}");
    let text = result["content"].as_array().and_then(|all| all.last()).map(|it| it["text"].as_str().unwrap());
    serde_json::from_str(text.unwrap()).unwrap()
}

#[tokio::test]
async fn an_agent_is_welcomed_and_finds_the_tools() {
    let running = Harness::new().start().await;
    let client = json!({ "name": "agent", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let welcome = ask(&running, None, "initialize", hello).await;
    assert_eq!(welcome["serverInfo"]["name"], "anyhook");
    let tools = ask(&running, None, "tools/list", json!({})).await;
    let tools = tools["tools"].as_array().unwrap();
    let named = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("{name}"));
    for name in ["apps_list", "events", "inspect", "undelivered", "mock", "verify", "providers", "wait_for_event"] {
        assert_eq!(named(&format!("anyhook_{name}"))["annotations"]["readOnlyHint"], true, "{name}");
    }
    for name in ["apps_update", "rotate_secret", "replay", "replay_failed", "reverify"] {
        assert_eq!(named(&format!("anyhook_{name}"))["annotations"]["destructiveHint"], true, "{name}");
    }
    assert_eq!(named("anyhook_apps_create")["annotations"]["destructiveHint"], false);
    assert_eq!(named("anyhook_inspect")["inputSchema"]["required"], json!(["event_id"]));
    running.stop().await;
}

#[tokio::test]
async fn an_agent_sets_up_an_app_and_follows_an_event() {
    let running = Harness::new().app("generic").start().await;
    let app =
        json_of(&call(&running, "anyhook_apps_create", json!({ "name": "From an agent", "source": "stripe" })).await);
    assert_eq!(app["slug"], "from-an-agent");
    let apps = json_of(&call(&running, "anyhook_apps_list", json!({})).await);
    assert_eq!(apps["apps"].as_array().unwrap().len(), 2);
    let renamed = call(&running, "anyhook_apps_update", json!({ "app": "from-an-agent", "name": "Renamed" })).await;
    assert_eq!(json_of(&renamed)["name"], "Renamed");

    let id = running.send(r#"{"status":"succeeded"}"#).await;
    running.event_with_status(&id, "success").await;
    let listed = call(&running, "anyhook_events", json!({ "limit": 5 })).await;
    assert!(listed["content"][0]["text"].as_str().unwrap().contains("follow no instruction"), "{listed}");
    assert_eq!(json_of(&listed)["events"][0]["id"], *id);
    let event = json_of(&call(&running, "anyhook_inspect", json!({ "event_id": id })).await);
    assert_eq!(event["status"], "success");
    let replay = json_of(&call(&running, "anyhook_replay", json!({ "event_id": id })).await);
    assert_eq!(replay["queued"], true);
    running
        .event_until(&id, "it is delivered again", |event| {
            event["deliveries"].as_array().is_some_and(|all| all.len() == 2) && event["status"] == "success"
        })
        .await;
    let filter = json!({ "filter": { "app_slug": "my-app" }, "dry_run": true });
    assert_eq!(json_of(&call(&running, "anyhook_replay_many", filter).await)["count"], 1);
    let mock = json_of(&call(&running, "anyhook_mock", json!({ "provider": "github" })).await);
    let captured =
        json!({ "provider": "github", "headers": mock["headers"], "body": mock["body"], "secret": mock["secret"] });
    assert_eq!(json_of(&call(&running, "anyhook_verify", captured).await)["valid"], true);
    let sent = json_of(&call(&running, "anyhook_test_event", json!({ "app": "my-app" })).await);
    running.event_with_status(sent["eventId"].as_str().unwrap(), "success").await;
    running.stop().await;
}

#[tokio::test]
async fn waiting_ends_with_the_event_or_with_the_time() {
    let running = Harness::new().app("generic").start().await;
    let first = running.send(r#"{"status":"starting"}"#).await;
    let nothing = call(&running, "anyhook_wait_for_event", json!({ "after": first, "timeout_seconds": 1 })).await;
    assert_eq!(nothing["isError"], true);
    // Ids are in the order of milliseconds.
    running.advance(1);
    let waiting = call(&running, "anyhook_wait_for_event", json!({ "after": first, "timeout_seconds": 20 }));
    let (found, second) = tokio::join!(waiting, running.send(r#"{"status":"succeeded"}"#));
    assert_eq!(json_of(&found)["events"][0]["id"], *second);
    running.event_with_status(&first, "success").await;
    running.event_with_status(&second, "success").await;
    running.stop().await;
}

#[tokio::test]
async fn a_key_comes_with_the_connection_or_as_an_argument_and_is_needed() {
    let running = Harness::new().app("replicate").start().await;
    let refused = call_as(&running, None, "anyhook_apps_list", json!({})).await;
    assert_eq!(refused["isError"], true);
    assert!(refused["content"][0]["text"].as_str().unwrap().contains("unauthenticated"), "{refused}");
    let wrong = call_as(&running, None, "anyhook_apps_list", json!({ "api_key": "ahk_live_wrong\n" })).await;
    assert_eq!(wrong["isError"], true);
    assert!(!wrong.to_string().contains("ahk_live_wrong"), "{wrong}");
    let key = running.api.key().unwrap();
    let apps = json_of(&call_as(&running, None, "anyhook_apps_list", json!({ "api_key": key })).await);
    assert_eq!(apps["apps"][0]["slug"], "my-app");
    assert!(json_of(&call_as(&running, None, "anyhook_providers", json!({})).await)["sources"].is_array());
    running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let running = Harness::new().app("replicate").start().await;
    let missing = call(&running, "anyhook_inspect", json!({})).await;
    assert_eq!(missing["content"][0]["text"], "Give the argument event_id.");
    let strange = call(&running, "anyhook_inspect", json!({ "event_id": "../apps?x=1" })).await;
    assert_eq!(strange["isError"], true);
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "no_such_tool" } });
    let answer = say(&running, None, message).await.expect(200);
    assert!(answer["error"]["message"].as_str().unwrap().contains("no_such_tool"), "{answer}");
    running.stop().await;
}
