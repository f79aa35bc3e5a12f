//! The issuer of `tests/issuer`, which is installed once, below the target folder.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhook_domain::secret::Secret;
use anyhook_tenants::OpenId;
use serde_json::{Value, json};

use crate::harness::Running;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/issuer");
const CALLBACK: &str = "/api/v1/login/oidc/callback";

/// A running issuer; killed when dropped.
pub(super) struct Issuer {
    child: Child,
    told: ChildStdin,
    says: BufReader<ChildStdout>,
    pub(super) url: String,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Issuer {
    /// `None` where this is not wanted.
    pub(super) fn start() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "whoever runs the tests may leave this one out")]
        if std::env::var("ANYHOOK_TEST_LIBRARIES").is_ok_and(|value| value == "skip") {
            eprintln!("skipped: ANYHOOK_TEST_LIBRARIES is skip");
            return None;
        }
        Some(Self::at(0))
    }

    /// Listens on this port, or on any for 0.
    fn at(port: u16) -> Self {
        let mut command = Command::new("node");
        command.arg(installed().join("issuer.mjs")).arg(port.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let told = child.stdin.take().unwrap();
        let says = BufReader::new(child.stdout.take().unwrap());
        let mut issuer = Self { child, told, says, url: String::new() };
        issuer.url = issuer.answer()["url"].as_str().unwrap().to_owned();
        issuer
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the issuer answers in JSON")
    }

    fn tell(&mut self, told: &Value) {
        writeln!(self.told, "{told}").unwrap();
        self.answer();
    }

    /// As AnyHook knows it.
    pub(super) fn settings(&self) -> OpenId {
        OpenId {
            issuer: self.url.clone(),
            client_id: "anyhook".into(),
            client_secret: Some(Secret::new("issuer-secret".into())),
            name: "Acme SSO".into(),
            scopes: vec!["email".into()],
            may_sign_up: true,
        }
    }

    /// Makes AnyHook known to it. Another key's name is another key; claims are in the token, or asked for besides.
    pub(super) fn set_up(&mut self, running: &Running, key: &str, claims_in_token: bool) {
        let redirect = format!("{}{CALLBACK}", running.dashboard_url);
        let wanted =
            json!({ "issuer": self.url, "redirect": redirect, "key": key, "claims_in_token": claims_in_token });
        self.tell(&json!({ "set_up": wanted }));
    }

    /// Who signs in next.
    pub(super) fn account(&mut self, account: &Value) {
        self.tell(&json!({ "account": account }));
    }

    pub(super) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// At the same address.
    pub(super) fn start_again(self) -> Self {
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        drop(self);
        Self::at(port)
    }
}

/// The folder with the library. Who comes while somebody installs it waits.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("issuer");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read_to_string(Path::new(SOURCES).join("package-lock.json")).unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(Path::new(SOURCES).join(name), folder.join(name)).unwrap();
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache"]).arg(folder.join("cache"));
        assert!(npm.current_dir(&folder).stdout(Stdio::null()).status().unwrap().success(), "npm ci fails");
        fs::write(&stamp, wanted).unwrap();
    }
    fs::copy(Path::new(SOURCES).join("issuer.mjs"), folder.join("issuer.mjs")).unwrap();
    folder
}
