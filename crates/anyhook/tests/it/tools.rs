//! What helps while an app is set up: the catalogue, examples, and the check of captured requests.

use std::collections::BTreeSet;

use anyhook_domain::source::{SOURCES, SecretUse, Source};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, Running};

async fn mock(running: &Running, wanted: Value) -> Value {
    running.api.post("/api/v1/tools/mock", wanted).await.expect(200)
}

async fn verify(running: &Running, captured: Value) -> Value {
    running.api.post("/api/v1/tools/verify", captured).await.expect(200)
}

/// What a mock becomes when it is given back; its body as bytes.
fn captured(mock: &Value) -> Value {
    let mut captured = mock.clone();
    captured["requestUrl"] = mock["url"].clone();
    captured.as_object_mut().unwrap().remove("body");
    captured
}

/// A blank at the end, and one value at a time: some sources sign fields.
fn changed_bodies(body: &str) -> Vec<String> {
    let longer = format!("{body} ");
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        let mut pointers = Vec::new();
        collect(&json, String::new(), &mut pointers);
        let changed = pointers.iter().map(|pointer| {
            let mut json = json.clone();
            let value = json.pointer_mut(pointer).unwrap();
            *value = format!("{}1", value.to_string().trim_matches('"')).into();
            json.to_string()
        });
        return changed.chain([longer]).collect();
    }
    let fields: Vec<_> = body.split('&').collect();
    let changed = (0..fields.len()).map(|at| {
        let mut fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        fields[at].push('1');
        fields.join("&")
    });
    changed.chain([longer]).collect()
}

/// The places of a JSON value's texts, numbers and words.
fn collect(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, it)| collect(it, format!("{at}/{name}"), pointers)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, it)| collect(it, format!("{at}/{n}"), pointers)),
        _ => pointers.push(at),
    }
}

/// The same request, changed in one place at a time: each part that some source signs, or compares.
fn tampered(mock: &Value) -> Vec<(String, Value)> {
    let original = captured(mock);
    let mut all = Vec::new();
    let mut add = |what: &str, change: &dyn Fn(&mut Value)| {
        let mut changed = original.clone();
        change(&mut changed);
        all.push((what.to_owned(), changed));
    };
    let body = STANDARD.decode(mock["body_base64"].as_str().unwrap()).unwrap();
    for changed in changed_bodies(&String::from_utf8(body).unwrap()) {
        add(&format!("body {changed}"), &|it| it["body_base64"] = STANDARD.encode(&changed).into());
    }
    for name in mock["headers"].as_object().unwrap().keys() {
        add(&format!("without header {name}"), &|it| {
            it["headers"].as_object_mut().unwrap().remove(name);
        });
    }
    add("url", &|it| it["requestUrl"] = "https://elsewhere.example/".into());
    all
}

/// Whether a request is refused for a reason.
async fn is_refused(running: &Running, captured: Value, what: &str) -> bool {
    let answer = verify(running, captured).await;
    let has_reason = answer["reason"].as_str().is_some_and(|reason| reason.len() > 10);
    assert!(has_reason || answer["valid"] == true, "{what}: {answer}");
    has_reason
}

async fn verifies_and_notices_changes(running: &Running, source: &Source) {
    let slug = source.slug;
    let mock = mock(running, json!({ "provider": slug })).await;
    let answer = verify(running, captured(&mock)).await;
    if source.secret == SecretUse::None {
        assert!(is_refused(running, captured(&mock), slug).await);
        assert_eq!((&answer["valid"], mock.get("secret")), (&json!(false), None), "{slug}");
        return;
    }
    assert_eq!(answer, json!({ "valid": true, "provider": slug }), "{slug}: {mock:#}");
    let mut n_noticed = 0;
    for (what, changed) in tampered(&mock) {
        n_noticed += usize::from(is_refused(running, changed, &format!("{slug}, {what}")).await);
    }
    assert!(n_noticed > 0, "{slug}: no change is noticed: {mock:#}");
    if source.secret != SecretUse::Published {
        let mut of_another = captured(&mock);
        of_another["secret"] = self::mock(running, json!({ "provider": slug })).await["secret"].clone();
        assert!(is_refused(running, of_another, slug).await, "{slug}: another secret is as good");
    }
    let shown = mock["note"].as_str().unwrap_or_default();
    let expected = if mock.get("resources").is_some() { "Only " } else { "Signed with an invented secret" };
    assert!(shown.starts_with(expected), "{slug}: {shown}");
    assert_eq!(mock.get("secret").is_some(), source.secret != SecretUse::Published, "{slug}");
}

#[tokio::test]
async fn an_example_of_every_source_verifies_and_a_changed_one_does_not() {
    let running = Harness::new().start().await;
    for source in SOURCES {
        verifies_and_notices_changes(&running, source).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_and_an_old_timestamp_are_named() {
    let running = Harness::new().start().await;
    let mock = mock(&running, json!({ "provider": "replicate" })).await;
    let wrong = json!(["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", mock["secret"]]);
    let with = |name: &str, value: Value| {
        let mut changed = captured(&mock);
        changed[name] = value;
        changed
    };
    assert_eq!(verify(&running, with("secret", wrong.clone())).await["valid"], true, "any of them may have signed");
    let answer = verify(&running, with("secret", wrong[0].clone())).await;
    assert_eq!(answer["reason"], "signed with another secret, or changed on its way");
    let later = (running.clock.now() + std::time::Duration::from_secs(720)).to_string();
    let answer = verify(&running, with("now", later.into())).await;
    assert_eq!(answer["reason"], "timestamp 12 min old; at most 5 min are allowed");
    let pairs: Vec<_> = mock["headers"].as_object().unwrap().iter().map(|(name, value)| json!([name, value])).collect();
    assert_eq!(verify(&running, with("headers", pairs.into())).await["valid"], true);
    let mut text = with("body", mock["body"].clone());
    text.as_object_mut().unwrap().remove("body_base64");
    assert_eq!(verify(&running, text).await["valid"], true);
    running.stop().await;
}

#[tokio::test]
async fn an_apps_example_is_accepted_by_the_app() {
    let running = Harness::new().app("replicate").start().await;
    let given = crate::harness::PROVIDER_SECRET;
    let mock = mock(&running, json!({ "app": "my-app", "secret": given, "body": r#"{"status":"succeeded"}"# })).await;
    assert_eq!((mock["provider"].as_str(), mock["url"].as_str()), (Some("replicate"), Some(&*running.inbound_url)));
    assert_eq!((mock["secret"].as_str(), mock.get("note")), (Some(given), None));
    let fields = mock["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let body = mock["body"].as_str().unwrap().as_bytes();
    let reply = running.api.request(Method::POST, &running.inbound_url, &headers, body).await;
    let id = reply.expect(200)["id"].as_str().unwrap().to_owned();
    assert_eq!(running.event_with_status(&id, "success").await["signatureValid"], true);
    let curl = mock["curl"].as_str().unwrap();
    assert!(curl.contains(&format!("-X POST '{}'", running.inbound_url)), "{curl}");
    assert!(curl.ends_with(r#"--data-binary '{"status":"succeeded"}'"#), "{curl}");
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_made_or_checked_is_named() {
    let running = Harness::new().start().await;
    for (path, body, field) in [
        ("mock", json!({}), "provider"),
        ("mock", json!({ "provider": "no-such" }), "provider"),
        ("mock", json!({ "provider": "replicate", "secret": "plain text!" }), "secret"),
        ("mock", json!({ "provider": "replicate", "url": "in.example" }), "url"),
        ("mock", json!({ "provider": "hmac", "sourceConfig": { "algorithm": "md5" } }), "sourceConfig"),
        ("mock", json!({ "provider": "hmac", "sourceConfig": { "no_such": 1 } }), "sourceConfig"),
        ("mock", json!({ "provider": "hmac", "body_base64": "?" }), "body_base64"),
        ("verify", json!({}), "provider"),
        ("verify", json!({ "provider": "no-such" }), "provider"),
        ("verify", json!({ "provider": "hmac", "secret": "s", "body": "", "body_base64": "" }), "body_base64"),
        ("verify", json!({ "provider": "hmac", "secret": "s", "body_base64": "?" }), "body_base64"),
        ("verify", json!({ "provider": "hmac", "secret": "s", "headers": ["x-signature"] }), "headers[0]"),
        ("verify", json!({ "provider": "hmac", "secret": "s", "requestUrl": "/acme" }), "requestUrl"),
        ("verify", json!({ "provider": "hmac", "secret": "s", "now": "soon" }), "now"),
        ("verify", json!({ "provider": "hmac", "secret": "s", "sourceConfig": { "algorithm": "md5" } }), "source"),
    ] {
        let refusal = running.api.post(&format!("/api/v1/tools/{path}"), body.clone()).await.expect(400);
        let text = refusal["error"].as_str().unwrap();
        assert!(refusal["field"].as_str().is_some_and(|it| it.starts_with(field)), "{path} {body}: {refusal}");
        assert!(text.len() > 10, "{text}");
    }
    let answer = verify(&running, json!({ "provider": "hmac" })).await;
    assert_eq!(answer["reason"], "nothing to check with: give the secret");
    let unknown = running.api.post("/api/v1/tools/mock", json!({ "app": "no-such" })).await;
    assert_eq!(unknown.expect_refusal(404), "not_found");
    running.stop().await;
}

#[tokio::test]
async fn the_catalogue_is_public_and_the_tools_are_not() {
    let running = Harness::new().start().await;
    let stranger = running.api.with_key(None);
    let catalogue = stranger.get("/api/v1/sources").await.expect(200);
    let slugs: Vec<_> = catalogue["sources"].as_array().unwrap().iter().map(|it| it["slug"].clone()).collect();
    assert_eq!(slugs, SOURCES.iter().map(|it| Value::from(it.slug)).collect::<Vec<_>>());
    for tool in ["mock", "verify"] {
        let refused = stranger.post(&format!("/api/v1/tools/{tool}"), json!({ "provider": "hmac" })).await;
        assert_eq!(refused.expect_refusal(401), "unauthenticated");
    }
    running.stop().await;
}

#[tokio::test]
async fn secrets_in_headers_are_delivered_and_not_shown() {
    let running = Harness::new().start().await;
    let secret = SOURCES.iter().flat_map(|source| source.secret_headers).copied();
    let secret: BTreeSet<_> = ["authorization", "cookie"].into_iter().chain(secret).collect();
    let headers: Vec<_> = secret.iter().map(|name| (*name, "s3cr3t")).chain([("x-open", "shown")]).collect();
    let reply = running.api.request(Method::POST, &running.inbound_url, &headers, b"{}").await;
    let id = reply.expect(200)["id"].as_str().unwrap().to_owned();
    let event = running.event_with_status(&id, "success").await;
    let shown = |name: &str| {
        let fields = event["headers"].as_array().unwrap().iter();
        fields.filter(|field| field["name"] == name).map(|field| field["value"].clone()).collect::<Vec<_>>()
    };
    for name in &secret {
        assert_eq!(shown(name), ["[redacted]"], "{name}");
    }
    assert_eq!(shown("x-open"), ["shown"]);
    assert_eq!(running.handler.seen()[0].header("authorization"), "s3cr3t");
    assert!(!event.to_string().contains("s3cr3t"), "{event:#}");
    running.stop().await;
}

#[tokio::test]
async fn an_app_without_a_source_is_proposed_one() {
    let running = Harness::new().start().await;
    let app = running.api.post("/api/v1/apps", json!({ "name": "New" })).await.expect(201);
    assert_eq!((&app["source"], &app["proposedSource"]), (&json!("auto"), &Value::Null));
    let inbound = app["inboundUrl"].as_str().unwrap();
    let mock = mock(&running, json!({ "provider": "github", "url": inbound })).await;
    let fields = mock["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let body = STANDARD.decode(mock["body_base64"].as_str().unwrap()).unwrap();
    running.api.request(Method::POST, inbound, &headers, &body).await.expect(200);
    // What looks like nobody's takes nothing away.
    running.api.request(Method::POST, inbound, &[], b"hello").await.expect(200);
    let app = running.api.get("/api/v1/apps/new").await.expect(200);
    assert_eq!((&app["source"], &app["proposedSource"]), (&json!("auto"), &json!("github")));
    let apps = running.api.get("/api/v1/apps").await.expect(200);
    let proposed: Vec<_> = apps["apps"].as_array().unwrap().iter().map(|app| &app["proposedSource"]).collect();
    assert!(proposed.contains(&&json!("github")) && proposed.contains(&&Value::Null), "{apps:#}");
    let secrets = json!({ "source": "github", "secret": ["new", mock["secret"]] });
    let app = running.api.patch("/api/v1/apps/new", secrets).await.expect(200);
    assert_eq!(
        (&app["source"], &app["proposedSource"], &app["hasSecret"]),
        (&json!("github"), &Value::Null, &json!(true))
    );
    let fresh = running.api.request(Method::POST, inbound, &headers, b"{}").await;
    fresh.expect_refusal(401);
    let again = running.api.request(Method::POST, inbound, &headers, &body).await.expect(200);
    let event = running.event(again["id"].as_str().unwrap()).await;
    assert_eq!(event["signatureValid"], true, "any of the secrets may have signed");
    running.stop().await;
}
