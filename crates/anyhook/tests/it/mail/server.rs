//! A real mail server, which is installed once, below the target folder.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhook_tenants::Carrier;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail");
const WITHIN: Duration = Duration::from_secs(20);
const USER: &str = "anyhook";
/// With something that an address must encode.
const PASSWORD: &str = "p@ss/word";

/// How connections are encrypted.
#[derive(Clone, Copy)]
pub(super) enum Tls {
    Starttls,
    Wrapped,
}

/// A place for a mail server, with its certificate; nobody listens there yet.
pub(super) struct Place {
    folder: TempDir,
    port: u16,
    tls: Tls,
}

/// A running one; killed when dropped.
pub(super) struct MailServer {
    _child: Child,
    mails: Lines<BufReader<ChildStdout>>,
}

impl Place {
    pub(super) fn new(tls: Tls) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority);
        for (file, text) in
            [("ca.pem", authority.pem()), ("cert.pem", certificate.unwrap().pem()), ("key.pem", key.serialize_pem())]
        {
            fs::write(folder.path().join(file), text).unwrap();
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self { folder, port: listener.local_addr().unwrap().port(), tls }
    }

    /// How AnyHook reaches it.
    pub(super) fn carrier(&self) -> Carrier {
        let authority = fs::read(self.folder.path().join("ca.pem")).unwrap();
        Carrier::smtp(&self.url("p%40ss%2Fword"), Some(&authority)).unwrap()
    }

    /// As somebody who does not know the password.
    pub(super) fn wrong_carrier(&self) -> Carrier {
        let authority = fs::read(self.folder.path().join("ca.pem")).unwrap();
        Carrier::smtp(&self.url("wrong"), Some(&authority)).unwrap()
    }

    /// As somebody who does not trust it.
    pub(super) fn distrustful_carrier(&self) -> Carrier {
        Carrier::smtp(&self.url("p%40ss%2Fword"), None).unwrap()
    }

    fn url(&self, password: &str) -> String {
        match self.tls {
            Tls::Starttls => format!("smtp://{USER}:{password}@127.0.0.1:{}?tls=required", self.port),
            Tls::Wrapped => format!("smtps://{USER}:{password}@127.0.0.1:{}", self.port),
        }
    }

    pub(super) async fn serve(&self) -> MailServer {
        let mode = match self.tls {
            Tls::Starttls => "starttls",
            Tls::Wrapped => "wrapped",
        };
        let mut child = Command::new(installed().join("bin/python"))
            .arg("-B")
            .arg(Path::new(SOURCES).join("serve.py"))
            .arg(self.port.to_string())
            .args(["cert.pem", "key.pem"].map(|file| self.folder.path().join(file)))
            .args([mode, USER, PASSWORD])
            .env("PYTHONWARNINGS", "ignore")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut mails = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = timeout(WITHIN, mails.next_line()).await.expect("the mail server starts").unwrap().unwrap();
        assert_eq!(port, self.port.to_string());
        MailServer { _child: child, mails }
    }
}

impl MailServer {
    /// The next mail that it takes.
    pub(super) async fn mail(&mut self) -> Value {
        let line = timeout(WITHIN, self.mails.next_line()).await.expect("a mail comes").unwrap();
        serde_json::from_str(&line.expect("the mail server goes on")).unwrap()
    }

    /// That no further one comes is known by one that was sent after it.
    pub(super) async fn mail_to(&mut self, address: &str) -> Value {
        let mail = self.mail().await;
        assert_eq!(mail["to"], serde_json::json!([address]), "{mail:#}");
        mail
    }
}

/// Who comes while somebody installs it waits.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-server");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let requirements = Path::new(SOURCES).join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).unwrap();
    let (stamp, python) = (folder.join("installed"), folder.join("python"));
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        run(std::process::Command::new("python3").args(["-m", "venv", "--clear"]).arg(&python));
        run(std::process::Command::new(python.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(requirements));
        fs::write(&stamp, wanted).unwrap();
    }
    python
}

fn run(command: &mut std::process::Command) {
    let status = command.status().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; the tests need Python 3.10 or newer with venv (Debian: python3-venv)")
    });
    assert!(status.success(), "{command:?} failed; what it says stands above");
}
