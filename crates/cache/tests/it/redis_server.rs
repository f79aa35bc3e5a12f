//! Where the tests find a Redis: everybody's, or one of a test's own that it may kill.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhook_cache::{Cache, CacheWorker, RedisConfig};
use tempfile::TempDir;
use uuid::Uuid;

/// So that what is exact is so on a busy machine, too.
pub(crate) const PATIENT: Duration = Duration::from_secs(10);
const PASSWORD: &str = "a-test's";

/// Names that no other test uses, on everybody's server. `None`: there is none to test with.
pub(crate) fn shared() -> Option<(String, RedisConfig)> {
    #[expect(clippy::disallowed_methods, reason = "where the tests find Redis")]
    let url = std::env::var("ANYHOOK_TEST_REDIS_URL").ok();
    if url.is_none() {
        println!("skipped: ANYHOOK_TEST_REDIS_URL is not set");
    }
    Some((url?, config(PATIENT)))
}

fn config(answers_within: Duration) -> RedisConfig {
    RedisConfig { prefix: format!("anyhook-test.{}", Uuid::new_v4()), answers_within, ..RedisConfig::default() }
}

/// A server that ends with the test.
pub(crate) struct Server {
    port: u16,
    folder: TempDir,
    process: Child,
    config: RedisConfig,
}

impl Server {
    /// `None`: the program is not on this machine.
    pub(crate) fn start(answers_within: Duration) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let Some(process) = run(port, &folder) else {
            println!("skipped: there is no redis-server in PATH");
            return None;
        };
        Some(Self { port, folder, process, config: config(answers_within) })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/0", self.port)
    }

    /// What one process has.
    pub(crate) fn cache(&self) -> (Cache, CacheWorker) {
        Cache::redis(&self.url(), self.config.clone()).unwrap()
    }

    pub(crate) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.config.prefix)
    }

    pub(crate) async fn client(&self) -> redis::aio::MultiplexedConnection {
        redis::Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Again, with empty hands.
    pub(crate) fn restart(&mut self) {
        self.process = run(self.port, &self.folder).unwrap();
    }

    pub(crate) fn stop(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(port: u16, folder: &TempDir) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--requirepass", PASSWORD]);
    command.arg("--dir").arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}
