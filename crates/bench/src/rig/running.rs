//! Programs that the rig starts. Dropping one kills it, so that none outlives an error or an interrupt.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// Between two looks whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts a program.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command.spawn();
        let child = child.with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        Ok(Self { name: name.to_owned(), child })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it runs still.
    ///
    /// # Errors
    /// When its state cannot be asked for.
    pub fn is_alive(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits for its end; `each_look` is called while it runs.
    ///
    /// # Errors
    /// When it is still running after `within`.
    pub async fn ended(&mut self, within: Duration, mut each_look: impl FnMut(u32)) -> Result<ExitStatus> {
        let until = Instant::now() + within;
        loop {
            // Before the look: what has ended has left no trace after it.
            each_look(self.child.id());
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < until, "{} has not ended within {} s", self.name, within.as_secs());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Tells it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it had ended before, does not end `within`, or ends with a failure.
    pub async fn stop(&mut self, within: Duration) -> Result<()> {
        if !self.is_alive()? {
            bail!("{} has ended too early", self.name);
        }
        // The shell's own `kill`: the standard library has none that lets a program finish.
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.pid().to_string()]).status()?;
        ensure!(told.success(), "{} cannot be told to stop", self.name);
        let status = self.ended(within, |_| ()).await?;
        ensure!(status.success(), "{} stopped with {status}", self.name);
        Ok(())
    }

    /// What it wrote to a piped standard output; asked for when it has ended.
    ///
    /// # Errors
    /// When that was not piped or is not text.
    pub fn output(&mut self) -> Result<String> {
        let mut text = String::new();
        self.child.stdout.take().context("the output is piped and read once")?.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended; then nothing is sent.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[tokio::test]
    async fn runs_stops_and_is_killed() {
        let within = Duration::from_secs(5);
        let mut echo = Running::start("echo", Command::new("echo").arg("hello").stdout(Stdio::piped())).unwrap();
        assert!(echo.ended(within, |_| ()).await.unwrap().success());
        assert_eq!(echo.output().unwrap(), "hello\n");

        let mut sleep = Running::start("sleep", Command::new("sleep").arg("60")).unwrap();
        assert!(sleep.is_alive().unwrap());
        let stopped = sleep.stop(within).await.unwrap_err().to_string();
        assert!(stopped.contains("signal: 15"), "{stopped}");

        let sleep = Running::start("sleep", Command::new("sleep").arg("60")).unwrap();
        let folder = format!("/proc/{}", sleep.pid());
        assert!(std::fs::exists(&folder).unwrap());
        drop(sleep);
        assert!(!std::fs::exists(&folder).unwrap());
    }
}
