//! How a process stops.

use std::time::Duration;

use clap::Args;

use super::problems::Problems;

#[derive(Clone, Args)]
pub(super) struct StoppingArgs {
    /// How long requests are still taken after a signal to stop, while /readyz says no: until a load balancer has noticed
    #[arg(long, env = "ANYHOOK_SHUTDOWN_DELAY", default_value = "0s", value_name = "DURATION")]
    shutdown_delay: String,
    /// How long what runs may go on after that; a second signal ends it
    #[arg(long, env = "ANYHOOK_SHUTDOWN_GRACE", default_value = "330s", value_name = "DURATION")]
    shutdown_grace: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Stopping {
    pub delay: Duration,
    pub grace: Duration,
}

impl StoppingArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Stopping {
        Stopping {
            delay: problems.duration("shutdown-delay", &self.shutdown_delay, Duration::ZERO),
            grace: problems.duration("shutdown-grace", &self.shutdown_grace, Duration::ZERO),
        }
    }
}
