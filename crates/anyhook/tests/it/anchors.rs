//! Anchors: the chain over each day's events, and what shows that it was tampered with.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::harness::{Harness, Running};

/// From the harness's start to ten minutes after its day.
const TO_SEAL: u64 = 9 * 3600 + 3 * 60 + 20;
const DAY: u64 = 24 * 3600;
const WITHIN: Duration = Duration::from_secs(20);

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Waits until so many days are sealed; newest first.
async fn sealed(running: &Running, n: usize) -> Vec<Value> {
    let deadline = tokio::time::Instant::now() + WITHIN;
    loop {
        let answer = running.api.with_key(None).get("/api/v1/anchors").await.expect(200);
        let anchors = answer["anchors"].as_array().unwrap();
        if anchors.len() >= n {
            assert_eq!(anchors.len(), n, "{answer:#}");
            return anchors.clone();
        }
        assert!(tokio::time::Instant::now() < deadline, "never {n} days: {answer:#}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Posts an event and waits until it is delivered: an attempt would not outlive the hours that are about to pass.
async fn delivered(running: &Running, body: &str) -> String {
    let id = running.send(body).await;
    running.event_with_status(&id, "success").await;
    id
}

async fn day(running: &Running, day: &str) -> Value {
    running.api.with_key(None).get(&format!("/api/v1/anchors?day={day}")).await.expect(200)
}

async fn proof(running: &Running, id: &str) -> Value {
    running.api.get(&format!("/api/v1/events/{id}/proof")).await.expect(200)
}

/// Another app; its id and inbound URL.
async fn other_app(running: &Running) -> (String, String) {
    let app = running.api.post("/api/v1/apps", json!({ "name": "Other", "source": "generic" })).await.expect(201);
    (app["id"].as_str().unwrap().to_owned(), app["inboundUrl"].as_str().unwrap().to_owned())
}

/// `id|receivedAt|SHA-256 of the body`, hashed; as the API prints the event.
async fn leaf(running: &Running, id: &str, body: &str) -> String {
    let event = running.event(id).await;
    sha256(&format!("{id}|{}|{}", event["receivedAt"].as_str().unwrap(), sha256(body)))
}

/// Folds leaves onto a root, which may be empty.
fn fold(root: &str, leaves: &[String]) -> String {
    leaves.iter().fold(root.to_owned(), |root, leaf| sha256(&format!("{root}|{leaf}")))
}

/// `anyhook anchors verify`; the server under test goes on meanwhile.
fn verify(arguments: &[&str]) -> Output {
    tokio::task::block_in_place(|| {
        Command::new(env!("CARGO_BIN_EXE_anyhook")).args(["anchors", "verify"]).args(arguments).output().unwrap()
    })
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

/// A file with an answer.
fn kept(folder: &TempDir, name: &str, answer: &Value) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, answer.to_string()).unwrap();
    path
}

/// What is said about files that are not as they must be.
fn complaint(files: &[&Path]) -> String {
    let files: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let output = verify(&files);
    assert_eq!(output.status.code(), Some(1), "{:?}", lines(&output));
    lines(&output).into_iter().find(|line| line.starts_with("FAIL")).expect("it says what is wrong")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_days_events_become_one_hash() {
    let running = Harness::new().start().await;
    let (other_id, other_url) = other_app(&running).await;
    let app_id = running.app["id"].as_str().unwrap().to_owned();
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(delivered(&running, &format!("body {n}")).await);
        running.advance(1);
    }
    let reply = running.api.request(Method::POST, &other_url, &[], b"other").await.expect(200);
    let other_event = reply["id"].as_str().unwrap().to_owned();
    let early = proof(&running, &ids[0]).await;
    assert_eq!((&early["sealed"], &early["seals_at"]), (&json!(false), &json!("2025-06-16T00:10:00.000Z")));
    assert_eq!(day(&running, "2025-06-15").await, json!({ "anchors": [] }));
    running.advance(TO_SEAL - 3);

    let anchors = sealed(&running, 1).await;
    let mut leaves = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        leaves.push(leaf(&running, id, &format!("body {n}")).await);
    }
    let root = fold("", &leaves);
    let other_root = fold("", &[leaf(&running, &other_event, "other").await]);
    let mut pairs = [(app_id.clone(), root.clone(), 3), (other_id, other_root, 1)];
    pairs.sort();
    let expected =
        pairs.iter().fold(sha256("|2025-06-15"), |anchor, (app, root, _)| sha256(&format!("{anchor}|{app}|{root}")));
    let mut expected = json!({
        "day": "2025-06-15", "anchor": expected, "prev_anchor": "", "app_count": 2, "event_count": 4,
        "sealed_at": "2025-06-16T00:10:00.000Z",
    });
    assert_eq!(anchors[0], expected);
    expected["apps"] = pairs.iter().map(|(app, root, _)| json!({ "app_id": app, "root": root })).collect();
    assert_eq!(day(&running, "2025-06-15").await["anchors"][0], expected);

    let proof = proof(&running, &ids[1]).await;
    assert_eq!(
        (&proof["leaf"], &proof["root"], &proof["anchor"]),
        (&json!(leaves[1]), &json!(root), &expected["anchor"])
    );
    assert_eq!(proof["leaves_before"], json!([leaves[0]]));
    assert_eq!((&proof["root_before"], &proof["leaves_after"]), (&json!(fold("", &leaves[..1])), &json!([leaves[2]])));
    assert_eq!((&proof["sealed"], &proof["number"], &proof["event_count"]), (&json!(true), &json!(2), &json!(3)));
    let stranger = running.api.post("/api/v1/signup", crate::harness::sign_up("b@example.com", "B")).await.expect(201);
    let stranger = running.api.with_key(stranger["apiKey"].as_str());
    assert_eq!(stranger.get(&format!("/api/v1/events/{}/proof", ids[1])).await.expect_refusal(404), "not_found");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_day_is_sealed_and_the_chain_is_checked() {
    let running = Harness::new().start().await;
    let id = delivered(&running, "first").await;
    running.advance(TO_SEAL);
    let first = sealed(&running, 1).await[0].clone();
    // A day without events, and days that nobody could seal in time.
    running.advance(DAY);
    sealed(&running, 2).await;
    let later = delivered(&running, "later").await;
    running.advance(3 * DAY);
    let anchors = sealed(&running, 5).await;
    let days: Vec<_> = anchors.iter().map(|it| it["day"].as_str().unwrap()).collect();
    assert_eq!(days, ["2025-06-19", "2025-06-18", "2025-06-17", "2025-06-16", "2025-06-15"]);
    for pair in anchors.windows(2) {
        assert_eq!(pair[0]["prev_anchor"], pair[1]["anchor"]);
    }
    let empty = sha256(&format!("{}|2025-06-16", first["anchor"].as_str().unwrap()));
    assert_eq!((&anchors[3]["anchor"], &anchors[3]["event_count"]), (&json!(empty), &json!(0)));
    let page = running.api.get("/api/v1/anchors?limit=2").await.expect(200);
    assert_eq!((page["anchors"].as_array().unwrap().len(), &page["nextCursor"]), (2, &json!("2025-06-18")));
    let page = running.api.get("/api/v1/anchors?limit=3&cursor=2025-06-18").await.expect(200);
    assert_eq!((&page["anchors"][0], page["anchors"].as_array().unwrap().len()), (&anchors[2], 3));
    assert_eq!(page["nextCursor"], Value::Null);
    assert_eq!(running.api.get("/api/v1/anchors?day=today").await.expect_refusal(400), "invalid_field");

    let folder = tempfile::tempdir().unwrap();
    let proofs = [proof(&running, &id).await, proof(&running, &later).await];
    assert_eq!(proofs[1]["prev_root"], proofs[0]["root"]);
    let files = [kept(&folder, "one", &proofs[0]), kept(&folder, "two", &proofs[1])];
    let output = verify(&["--url", &running.dashboard_url, files[0].to_str().unwrap(), files[1].to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = lines(&output);
    assert_eq!(said.len(), 7, "{said:#?}");
    assert_eq!(said[0], format!("ok 2025-06-15 {} 1 events of 1 apps", first["anchor"].as_str().unwrap()));
    assert!(said.contains(&format!("ok {id} is event 1 of 1 of its app on 2025-06-15")), "{said:#?}");

    // The chain was kept before somebody made another one of it.
    let mut kept_before = json!({ "anchors": anchors });
    kept_before["anchors"][2]["anchor"] = sha256("other").into();
    let other = kept(&folder, "kept", &kept_before);
    let output = verify(&["--url", &running.dashboard_url, other.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        lines(&output)[0].starts_with("FAIL 2025-06-17: it was given twice, and not alike"),
        "{:?}",
        lines(&output)
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_is_noticed() {
    let running = Harness::new().start().await;
    let id = delivered(&running, "one").await;
    running.advance(1);
    delivered(&running, "two").await;
    running.advance(TO_SEAL + 2 * DAY);
    let folder = tempfile::tempdir().unwrap();
    let whole = json!({ "anchors": sealed(&running, 3).await });
    let first = day(&running, "2025-06-15").await;
    let proof = proof(&running, &id).await;
    let [whole_file, first_file] = [kept(&folder, "whole", &whole), kept(&folder, "first", &first)];
    let proof_file = kept(&folder, "proof", &proof);
    let all = [&whole_file, &first_file, &proof_file].map(|path| path.to_str().unwrap());
    assert_eq!(verify(&all).status.code(), Some(0), "{:?}", verify(&all));

    let changed = |answer: &Value, change: &dyn Fn(&mut Value)| {
        let mut answer = answer.clone();
        change(&mut answer);
        kept(&folder, "changed", &answer)
    };
    let x = sha256("x");
    let says = |answer: &Value, change: &dyn Fn(&mut Value)| complaint(&[&changed(answer, change), &first_file]);
    assert!(says(&whole, &|it| it["anchors"][0]["prev_anchor"] = x.clone().into()).contains("it goes on from"));
    assert!(says(&whole, &|it| it["anchors"][1]["anchor"] = x.clone().into()).contains("without an app the anchor is"));
    let gap = says(&whole, &|it| drop(it["anchors"].as_array_mut().unwrap().remove(1)));
    assert_eq!(gap, "FAIL 2025-06-17: the days after 2025-06-15 are missing");
    let says = |answer: &Value, change: &dyn Fn(&mut Value)| complaint(&[&changed(answer, change)]);
    let root = says(&first, &|it| it["anchors"][0]["apps"][0]["root"] = x.clone().into());
    assert!(root.contains("its apps' roots lead to"), "{root}");
    let count = says(&first, &|it| it["anchors"][0]["app_count"] = 2.into());
    assert!(count.contains("it has 2 apps, of which 1 were given"), "{count}");

    let says = |change: &dyn Fn(&mut Value)| complaint(&[&changed(&proof, change), &first_file]);
    let body = says(&|it| it["body_hash"] = sha256("another body").into());
    assert!(body.contains("its id, instant and body make the leaf"), "{body}");
    assert!(says(&|it| it["created_at"] = "2025-06-15T15:06:41.000Z".into()).contains("make the leaf"));
    assert!(says(&|it| it["leaves_after"] = json!([])).contains("ask for the proof with ?cursor=1"));
    assert!(says(&|it| it["leaves_after"][0] = x.clone().into()).contains("do not lead to the root"));
    assert!(says(&|it| it["anchor"] = x.clone().into()).contains("names other anchors"));
    assert!(says(&|it| it["prev_root"] = x.clone().into()).contains("do not lead to root_before"));
    assert!(says(&|it| it["root"] = "x".into()).contains("cannot be read"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_said() {
    for (arguments, says) in [
        (&[][..], "name an API by --url, or files with its answers"),
        (&["/no/such/file"][..], "cannot read /no/such/file"),
        (&[env!("CARGO_MANIFEST_PATH")][..], "is neither an answer of /api/v1/anchors nor one of"),
        (&["--url", "http://127.0.0.1:1"][..], "did not answer"),
    ] {
        let output = verify(arguments);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(says), "{said}");
    }
}
