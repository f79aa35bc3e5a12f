//! What all of the API's answers have in common, and what clients that were not written for it make of its description.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use http::Method;
use serde_json::{Value, json};

use crate::{
    binary,
    harness::{Harness, sign_up},
};

const PASSWORD: &str = "correct horse battery";
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/surface/requirements.txt");
const MISSING: &str = "the API's description is tried with Python 3.10 or newer with venv: install it (Debian 13: apt-get \
    install python3-venv; macOS: brew install python), or set ANYHOOK_TEST_LIBRARIES=skip";

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let running = Harness::new().start().await;
    let app = running.app_path();
    let first = running.api.get(&app).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}: a strong one");
    let again = running.api.call_with(Method::GET, &app, &[("if-none-match", &tag)], b"").await;
    assert_eq!((again.status, again.body.len(), again.headers["etag"].to_str().unwrap()), (304, 0, &*tag));
    running.api.patch(&app, json!({ "name": "Renamed" })).await.expect(200);
    let changed = running.api.call_with(Method::GET, &app, &[("if-none-match", &tag)], b"").await;
    assert_eq!(changed.expect(200)["name"], "Renamed");
    running.stop().await;
}

async fn nobody_overwrites_what_they_have_not_seen(running: crate::harness::Running) {
    let app = running.app_path();
    let destination = format!("{app}/destinations/{}", running.app["destinations"][0]["id"].as_str().unwrap());
    for path in [&app, &destination, "/api/v1/tenant"] {
        let tag = running.api.get(path).await.headers["etag"].to_str().unwrap().to_owned();
        let change = async |n: u32| {
            let is_named = path != destination;
            let body = if is_named { json!({ "name": format!("No. {n}") }) } else { json!({ "timeout_seconds": n }) };
            let body = body.to_string();
            running.api.call_with(Method::PATCH, path, &[("if-match", &tag)], body.as_bytes()).await
        };
        let replies = tokio::join!(change(11), change(12), change(13), change(14));
        let mut statuses = [replies.0.status, replies.1.status, replies.2.status, replies.3.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412], "{path}: one of those who saw the same version");
    }
    for path in [&app, &destination] {
        let late = running.api.call_with(Method::DELETE, path, &[("if-match", "\"ab\"")], b"").await;
        assert_eq!(late.expect_refusal(412), "changed_meanwhile");
    }
    for path in [&destination, &app] {
        let tag = running.api.get(path).await.headers["etag"].to_str().unwrap().to_owned();
        let deleted = running.api.call_with(Method::DELETE, path, &[("if-match", &tag)], b"").await;
        assert_eq!(deleted.status, 200, "{path}: {deleted:?}");
        assert_eq!(running.api.get(path).await.status, 404);
    }
    running.stop().await;
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen_on_sqlite() {
    nobody_overwrites_what_they_have_not_seen(Harness::new().start().await).await;
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen_on_postgres() {
    let Some(running) = Harness::new().start_on_postgres().await else { return };
    nobody_overwrites_what_they_have_not_seen(running).await;
}

#[tokio::test]
async fn members_leave_and_the_last_owner_stays() {
    let running = Harness::new().start().await;
    let anonymous = running.api.with_key(None);
    let invited = json!({ "email": "ada@example.com", "role": "viewer" });
    let invited = running.api.post("/api/v1/team/invitations", invited).await.expect(201);
    let accepted = json!({ "token": invited["token"], "password": PASSWORD });
    let viewer = anonymous.post("/api/v1/invitations/accept", accepted).await;
    let login = json!({ "email": "owner@example.com", "password": PASSWORD });
    let owner = anonymous.post("/api/v1/login", login).await;
    let call = async |reply: &crate::client::Reply, method: Method, path: &str| {
        let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        let headers = [("cookie", cookie), ("sec-fetch-site", "same-origin")];
        anonymous.request(method, &format!("{}{path}", running.dashboard_url), &headers, b"").await
    };
    let leave = "/api/v1/team/leave";
    assert_eq!(call(&owner, Method::POST, leave).await.expect_refusal(409), "last_owner");
    assert_eq!(running.api.post(leave, json!({})).await.expect_refusal(403), "forbidden", "a key is nobody");
    call(&viewer, Method::POST, leave).await.expect(200);
    assert_eq!(call(&viewer, Method::GET, "/api/v1/account").await.status, 401, "its session has ended");
    let team = running.api.get("/api/v1/team").await.expect(200);
    assert_eq!(team["members"].as_array().unwrap().len(), 1);
    let audit = running.api.get("/api/v1/audit").await.expect(200);
    assert!(audit.to_string().contains("member.left"), "{audit}");
    running.stop().await;
}

/// The folder of a Python with what is needed. Who comes while somebody installs it waits.
fn installed() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests may leave this one out")]
    if std::env::var("ANYHOOK_TEST_LIBRARIES").is_ok_and(|value| value == "skip") {
        eprintln!("skipped: ANYHOOK_TEST_LIBRARIES is skip");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("surface");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read_to_string(REQUIREMENTS).unwrap();
    let (stamp, python) = (folder.join("installed"), folder.join("python"));
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&python));
        let mut pip = Command::new(python.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]);
        run(&mut pip);
        fs::write(&stamp, wanted).unwrap();
    }
    Some(python)
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}; {MISSING}"));
    assert!(status.success(), "{command:?} failed; what it says stands above");
}

#[test]
fn the_description_is_valid() {
    let Some(python) = installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    fs::write(&file, serde_json::to_vec(&anyhook_dashboard::openapi()).unwrap()).unwrap();
    let mut validator = Command::new(python.join("bin/python"));
    run(validator.args(["-m", "openapi_spec_validator", "--schema", "3.1.0"]).arg(file));
}

/// Keys of an owner, of a program that may read only, of a stranger, and none.
async fn keys(api: &crate::client::Api) -> Vec<(&'static str, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let read = api.post("/api/v1/api-keys", json!({ "name": "read", "scope": "read" })).await.expect(201);
    let stranger = sign_up("stranger@example.com", "Strange");
    let stranger = api.with_key(None).post("/api/v1/signup", stranger).await.expect(201);
    vec![
        ("owner", api.key().map(str::to_owned)),
        ("read", text(&read["key"])),
        ("stranger", text(&stranger["apiKey"])),
        ("nobody", None),
    ]
}

/// A generator of requests that knows nothing but the description: whatever it sends, no answer is one of 5xx, and each is
/// as described. `ANYHOOK_TEST_SURFACE_SECONDS` makes it go on for longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_the_answer_is_as_described() {
    let Some(python) = installed() else { return };
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests may want it to take longer")]
    let seconds = std::env::var("ANYHOOK_TEST_SURFACE_SECONDS").unwrap_or_else(|_| "12".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let process = binary::start(folder.path());
    let (api, _) = binary::owner(&process).await;
    let app = json!({ "name": "App", "source": "generic", "destinations": [{ "url": "http://127.0.0.1:9/" }] });
    api.post("/api/v1/apps", app).await.expect(201);
    for (name, key) in keys(&api).await {
        let mut schemathesis = Command::new(python.join("bin/st"));
        schemathesis.arg("run").arg(format!("{}/openapi.json", process.dashboard_url()));
        schemathesis.args(["--checks", "not_a_server_error,status_code_conformance,response_schema_conformance"]);
        schemathesis.args(["--checks", "content_type_conformance", "--phases", "examples,coverage,fuzzing"]);
        schemathesis.args(["--max-examples", "5", "--max-time", &seconds, "--request-timeout", "5", "--workers", "2"]);
        // A stream does not end; these end what the others are tried with.
        schemathesis.args(["--exclude-operation-id", "stream_events", "--exclude-operation-id", "log_out"]);
        schemathesis.args(["--exclude-operation-id", "revoke_api_key", "--no-color", "--warnings", "off"]);
        schemathesis.args(["--generation-database", "none", "--seed", "1"]).current_dir(folder.path());
        if let Some(key) = &key {
            schemathesis.arg("--header").arg(format!("Authorization: Bearer {key}"));
        }
        let output = tokio::task::spawn_blocking(move || schemathesis.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "as {name}:\n{}", String::from_utf8_lossy(&output.stdout));
    }
}
