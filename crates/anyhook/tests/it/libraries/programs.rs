//! The programs of `tests/libraries`, and the libraries that they need: installed once, below the target folder.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/libraries");
/// What the libraries are installed by: a change installs them again. The first is written by
/// `npm install --package-lock-only --omit-lockfile-registry-resolved`, so that it names no registry.
const LOCKS: [&str; 2] = ["package-lock.json", "requirements.txt"];
const MISSING: &str = "providers' libraries need Node.js 20.19 or newer with npm, and Python 3.10 or newer with venv: \
    install them (Debian 13: apt-get install nodejs npm python3-venv; macOS: brew install node python), \
    or set ANYHOOK_TEST_LIBRARIES=skip";

#[derive(Clone, Debug)]
pub(super) struct Library {
    pub(super) provider: String,
    pub(super) name: String,
}

/// A running program; killed when dropped.
pub(super) struct Program {
    child: Child,
    tasks: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(super) signers: Vec<Library>,
    pub(super) checkers: Vec<Library>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it was there when the libraries were installed");
        let tasks = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, tasks, answers, signers: Vec::new(), checkers: Vec::new() }
    }

    /// Waits until it has loaded its libraries, and says which.
    fn ready(mut self) -> Self {
        let tables = self.answer();
        let table = |name: &str| {
            let pairs: Vec<(String, String)> = serde_json::from_value(tables[name].clone()).unwrap();
            pairs.into_iter().map(|(provider, name)| Library { provider, name }).collect()
        };
        (self.signers, self.checkers) = (table("signers"), table("checkers"));
        self
    }

    pub(super) fn ask(&mut self, task: &Value) -> Value {
        writeln!(self.tasks, "{task}").expect("the program takes tasks; what it says stands above");
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the program answers in JSON; what else it says stands above")
    }

    pub(super) fn providers(&self) -> impl Iterator<Item = String> + '_ {
        self.signers.iter().chain(&self.checkers).map(|it| it.provider.clone())
    }

    /// A provider's checkers and their places in the table.
    pub(super) fn checkers_of(&self, provider: &str) -> Vec<(usize, String)> {
        let all = self.checkers.iter().enumerate().filter(|(_, it)| it.provider == provider);
        all.map(|(at, it)| (at, it.name.clone())).collect()
    }
}

/// Installs what is missing and starts all programs; `None` where this is not wanted.
pub(super) fn start() -> Option<Vec<Program>> {
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests may leave this one out")]
    if std::env::var("ANYHOOK_TEST_LIBRARIES").is_ok_and(|value| value == "skip") {
        eprintln!("skipped: ANYHOOK_TEST_LIBRARIES is skip");
        return None;
    }
    let folder = installed();
    let mut node = Command::new("node");
    node.arg(folder.join("node/answer.mjs"));
    let mut python = Command::new(folder.join("python/bin/python"));
    python.arg("-B").arg(Path::new(SOURCES).join("answer.py")).env("PYTHONUTF8", "1");
    // They load their libraries at the same time.
    let starting = [node, python].map(Program::start);
    Some(starting.into_iter().map(Program::ready).collect())
}

/// The folder with the libraries. Who comes while somebody installs them waits.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libraries");
    fs::create_dir_all(folder.join("node")).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = LOCKS.map(|name| fs::read_to_string(Path::new(SOURCES).join(name)).unwrap()).concat();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        std::thread::scope(|both| {
            both.spawn(|| install_for_node(&folder.join("node"), &folder.join("npm-cache")));
            both.spawn(|| install_for_python(&folder.join("python")));
        });
        fs::write(&stamp, wanted).unwrap();
    }
    // Node looks for libraries beside the program.
    for name in ["answer.mjs", "sign.mjs", "check.mjs"] {
        fs::copy(Path::new(SOURCES).join(name), folder.join("node").join(name)).unwrap();
    }
    folder
}

fn install_for_node(folder: &Path, cache: &Path) {
    let is_new_enough = "const [a, b] = process.versions.node.split('.').map(Number); \
        process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)";
    assert!(succeeds(Command::new("node").args(["-e", is_new_enough])), "{MISSING}");
    for name in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(SOURCES).join(name), folder.join(name)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache"]).arg(cache).current_dir(folder);
    run(npm);
}

fn install_for_python(folder: &Path) {
    let is_new_enough = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    assert!(succeeds(Command::new("python3").args(["-c", is_new_enough])), "{MISSING}");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    run(venv);
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    pip.arg(Path::new(SOURCES).join("requirements.txt"));
    run(pip);
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

fn run(mut command: Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}; {MISSING}"));
    assert!(status.success(), "{command:?} failed; what it says stands above");
}
