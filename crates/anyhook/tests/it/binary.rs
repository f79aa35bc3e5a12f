//! The binary as a process: signals, crashes, a second one on the same folder, its help.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};

use crate::{
    client::Api,
    handler::{Handler, Say},
    harness::sign_up,
};

const WITHIN: Duration = Duration::from_secs(30);

/// A running `anyhook up`; killed when dropped.
pub(crate) struct Process {
    child: Child,
    dashboard_url: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub(crate) fn dashboard_url(&self) -> &str {
        &self.dashboard_url
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anyhook"));
    command.args(["up", "--ingress-addr", "127.0.0.1:0", "--dashboard-addr", "127.0.0.1:0", "--lease-margin", "1s"]);
    // Tests ask more often than people do.
    command.args(["--api-rate-limit", "0"]);
    command.arg("--data-dir").arg(folder).stdout(Stdio::piped());
    command
}

pub(crate) fn start(folder: &Path) -> Process {
    let mut child = command(folder).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let dashboard_url = lines.find_map(|line| {
        let line = line.unwrap();
        Some(line.strip_prefix("  Dashboard and API  ")?.split_whitespace().next().unwrap().to_owned())
    });
    // Reads on, so that the process never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Process { child, dashboard_url: dashboard_url.expect("it says where it is") }
}

fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

async fn exit_code(process: &mut Process) -> Option<i32> {
    let deadline = tokio::time::Instant::now() + WITHIN;
    loop {
        if let Some(status) = process.child.try_wait().unwrap() {
            return status.code();
        }
        assert!(tokio::time::Instant::now() < deadline, "the process does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The API of a process, signed in as the owner who signs up with the first one.
pub(crate) async fn owner(process: &Process) -> (Api, String) {
    let mut api = Api::new(&process.dashboard_url);
    let signed_up = api.post("/api/v1/signup", sign_up("owner@example.com", "Acme")).await.expect(201);
    let key = signed_up["apiKey"].as_str().unwrap().to_owned();
    api.sign_in(&key);
    (api, key)
}

async fn app(api: &Api, handler: &Handler, timeout_seconds: u32) -> String {
    let destination = json!({ "url": handler.url("/hook"), "timeout_seconds": timeout_seconds });
    let app = json!({ "name": "App", "source": "generic", "destinations": [destination] });
    api.post("/api/v1/apps", app).await.expect(201)["inboundUrl"].as_str().unwrap().to_owned()
}

async fn wait_for(api: &Api, id: &str, status: &str) -> Value {
    let deadline = tokio::time::Instant::now() + WITHIN;
    loop {
        let event = api.get(&format!("/api/v1/events/{id}")).await.expect(200);
        if event["status"] == status {
            return event;
        }
        assert!(tokio::time::Instant::now() < deadline, "never {status}: {event:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path());
    let second = command(folder.path()).output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains(&format!("process {}", first.child.id())) && said.contains("ANYHOOK_DATA_DIR"), "{said}");
}

#[tokio::test]
async fn a_signal_lets_running_attempts_finish() {
    let folder = tempfile::tempdir().unwrap();
    let handler = Handler::start().await;
    let mut process = start(folder.path());
    let (api, key) = owner(&process).await;
    let inbound = app(&api, &handler, 60).await;
    handler.script([Say::AfterGate]);
    let reply = api.request(Method::POST, &inbound, &[], b"{}").await.expect(200);
    handler.seen_until(1).await;
    signal(&process, "TERM");
    // It ends only after the handler has answered.
    let gate = async {
        while Api::new(&process.dashboard_url).try_get("/healthz").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        handler.open_gate();
    };
    gate.await;
    assert_eq!(exit_code(&mut process).await, Some(0));

    let process = start(folder.path());
    let mut api = Api::new(&process.dashboard_url);
    api.sign_in(&key);
    let event = wait_for(&api, reply["id"].as_str().unwrap(), "success").await;
    assert_eq!(event["deliveryAttempts"], 1);
    handler.seen_until(1).await;
}

#[tokio::test]
async fn after_a_crash_nothing_is_lost_and_no_success_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let handler = Handler::start().await;
    let process = start(folder.path());
    let (api, key) = owner(&process).await;
    let inbound = app(&api, &handler, 1).await;
    let mut ids = Vec::new();
    let mut recorded = Vec::new();
    for n in 0..200 {
        let reply = api.request(Method::POST, &inbound, &[], n.to_string().as_bytes()).await.expect(200);
        ids.push(reply["id"].as_str().unwrap().to_owned());
        if n == 150 {
            let page = api.get("/api/v1/events?limit=200&status=success").await.expect(200);
            recorded.extend(page["events"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        }
    }
    signal(&process, "KILL");
    let seen_before = handler.seen().len();
    drop(process);

    let process = start(folder.path());
    let mut api = Api::new(&process.dashboard_url);
    api.sign_in(&key);
    for id in &ids {
        wait_for(&api, id, "success").await;
    }
    let seen = handler.seen();
    let again: Vec<_> = seen[seen_before..].iter().map(|it| it.header("anyhook-event-id").to_owned()).collect();
    assert!(recorded.iter().all(|id| !again.contains(id)), "a recorded success was delivered again");
    assert!(recorded.len() > 50, "the crash came too early to show anything");
}

#[tokio::test]
async fn wrong_settings_are_said_all_at_once() {
    let refused = Command::new(env!("CARGO_BIN_EXE_anyhook"))
        .args(["up", "--ingress-addr", "here", "--default-plan", "gold", "--shutdown-grace", "soon"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    for setting in ["--ingress-addr", "--default-plan", "--shutdown-grace"] {
        assert!(said.contains(setting), "{said}");
    }
}

#[test]
fn help_is_as_reviewed() {
    for words in [&["--help"][..], &["up", "--help"], &["demo", "--help"]] {
        let help =
            Command::new(env!("CARGO_BIN_EXE_anyhook")).args(words).env_clear().env("COLUMNS", "100").output().unwrap();
        insta::assert_snapshot!(
            words.join("_").replace("_--help", "").replace("--help", "anyhook"),
            String::from_utf8(help.stdout).unwrap()
        );
    }
}
