//! Sections of the settings, one for each thing that is set up; a service has those that it needs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhook_domain::seal::Key;
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use ipnet::IpNet;

use super::problems::Problems;

#[derive(Clone, Args)]
pub(super) struct IngressArgs {
    /// Where providers post to
    #[arg(long, env = "ANYHOOK_INGRESS_ADDR", default_value = "127.0.0.1:4401", value_name = "IP:PORT")]
    ingress_addr: String,
    /// Longest body of an inbound request
    #[arg(long, env = "ANYHOOK_MAX_BODY", default_value = "10 MiB", value_name = "SIZE")]
    max_body: String,
}

#[derive(Clone, Debug)]
pub struct Ingress {
    pub addr: SocketAddr,
    pub max_body_bytes: usize,
}

impl IngressArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Ingress {
        Ingress {
            addr: problems.address("ingress-addr", &self.ingress_addr),
            max_body_bytes: problems.bytes("max-body", &self.max_body),
        }
    }
}

#[derive(Clone, Args)]
pub(super) struct DashboardArgs {
    /// Where the REST API and the dashboard are
    #[arg(long, env = "ANYHOOK_DASHBOARD_ADDR", default_value = "127.0.0.1:4400", value_name = "IP:PORT")]
    dashboard_addr: String,
    #[command(flatten)]
    url: DashboardUrlArgs,
}

impl DashboardArgs {
    pub(super) fn check(self, problems: &mut Problems) -> (SocketAddr, Option<String>) {
        (problems.address("dashboard-addr", &self.dashboard_addr), self.url.check(problems))
    }

    pub(super) fn check_public(self, problems: &mut Problems) -> (SocketAddr, String) {
        (problems.address("dashboard-addr", &self.dashboard_addr), self.url.check_public(problems))
    }
}

#[derive(Clone, Args)]
pub(super) struct DashboardUrlArgs {
    /// How the dashboard's URLs begin as people call them [default of `up`: http:// and the dashboard address]
    #[arg(long, env = "ANYHOOK_PUBLIC_DASHBOARD_URL", value_name = "URL")]
    public_dashboard_url: Option<String>,
}

impl DashboardUrlArgs {
    /// Without a slash at the end.
    pub(super) fn check(self, problems: &mut Problems) -> Option<String> {
        problems.url("public-dashboard-url", self.public_dashboard_url)
    }

    pub(super) fn check_public(self, problems: &mut Problems) -> String {
        let url = self.check(problems);
        problems.required("public-dashboard-url", url, "how people call it, such as https://hooks.example")
    }
}

#[derive(Clone, Args)]
pub(super) struct ProxiesArgs {
    /// Address ranges of the proxies in front of the dashboard, separated by commas, or none: what they say about where a
    /// request comes from (X-Forwarded-For) is believed
    #[arg(long, env = "ANYHOOK_TRUSTED_PROXIES", default_value = "none", value_name = "CIDR,…")]
    trusted_proxies: String,
}

impl ProxiesArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Vec<IpNet> {
        problems.nets("trusted-proxies", &self.trusted_proxies)
    }
}

/// Nobody who needs more is refused by this alone: it keeps one client from taking everybody's share.
const MOST_REQUESTS_PER_MINUTE: u32 = 1_000_000;

#[derive(Clone, Args)]
pub(super) struct ApiRateArgs {
    /// Requests of the API that one key, session or, without either, client address may send in a minute; 0: any number
    #[arg(long, env = "ANYHOOK_API_RATE_LIMIT", default_value = "600", value_name = "N")]
    api_rate_limit: String,
}

impl ApiRateArgs {
    pub(super) fn check(self, problems: &mut Problems) -> u32 {
        problems.at_most("api-rate-limit", &self.api_rate_limit, MOST_REQUESTS_PER_MINUTE)
    }
}

#[derive(Clone, Args)]
pub(super) struct InboundUrlArgs {
    /// How inbound URLs begin as providers call them [default of `up`: http:// and the ingress address]
    #[arg(long, env = "ANYHOOK_PUBLIC_INGRESS_URL", value_name = "URL")]
    public_ingress_url: Option<String>,
}

impl InboundUrlArgs {
    /// Without a slash at the end.
    pub(super) fn check(self, problems: &mut Problems) -> Option<String> {
        problems.url("public-ingress-url", self.public_ingress_url)
    }

    pub(super) fn check_public(self, problems: &mut Problems) -> String {
        let url = self.check(problems);
        problems.required("public-ingress-url", url, "how providers call it, such as https://in.example")
    }
}

#[derive(Clone, Args)]
pub(super) struct IngressUrlArgs {
    /// How ingress is called from here for test events, by its whole name [default: as providers call it]
    #[arg(long, env = "ANYHOOK_INGRESS_URL", value_name = "URL")]
    ingress_url: Option<String>,
}

impl IngressUrlArgs {
    /// Without a slash at the end.
    pub(super) fn check(self, problems: &mut Problems) -> Option<String> {
        problems.url("ingress-url", self.ingress_url)
    }
}

/// What passes between a claim and its request must fit in, or two attempts could run at once.
const LEAST_LEASE_MARGIN: Duration = Duration::from_secs(1);

#[derive(Clone, Args)]
pub(super) struct AttemptsArgs {
    /// Attempts at once
    #[arg(long, env = "ANYHOOK_MAX_IN_FLIGHT", default_value = "1000", value_name = "N")]
    max_in_flight: String,
    /// Attempts at once to one destination
    #[arg(long, env = "ANYHOOK_MAX_PER_DESTINATION", default_value = "50", value_name = "N")]
    max_per_destination: String,
    /// How much longer than its attempt a delivery is kept from others after a crash
    #[arg(long, env = "ANYHOOK_LEASE_MARGIN", default_value = "60s", value_name = "DURATION")]
    lease_margin: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    pub max_in_flight: usize,
    pub max_per_destination: usize,
    pub lease_margin: Duration,
}

impl AttemptsArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Attempts {
        Attempts {
            max_in_flight: problems.count("max-in-flight", &self.max_in_flight),
            max_per_destination: problems.count("max-per-destination", &self.max_per_destination),
            lease_margin: problems.duration("lease-margin", &self.lease_margin, LEAST_LEASE_MARGIN),
        }
    }
}

#[derive(Clone, Args)]
pub(super) struct DestinationsArgs {
    /// Address ranges that destinations may have besides public ones, separated by commas, or none [default: this
    /// machine's loopback ones for an `up` that listens on nothing else, else none]
    #[arg(long, env = "ANYHOOK_ALLOW_DESTINATIONS", value_name = "CIDR,…")]
    allow_destinations: Option<String>,
}

impl DestinationsArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Option<Vec<IpNet>> {
        self.allow_destinations.map(|text| problems.nets("allow-destinations", &text))
    }
}

#[derive(Clone, Args)]
pub(super) struct MasterKeyArgs {
    /// The master key: 32 bytes in base64
    #[arg(long, env = "ANYHOOK_MASTER_KEY", value_name = "KEY", hide_env_values = true)]
    master_key: Option<String>,
    /// File with the master key
    #[arg(long, env = "ANYHOOK_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<PathBuf>,
}

impl MasterKeyArgs {
    /// `None` when there is a problem.
    pub(super) fn check(self, problems: &mut Problems) -> Option<Key> {
        let name = "master-key";
        let given = problems.secret(name, self.master_key, self.master_key_file.as_deref());
        let wanted = "32 random bytes in base64, such as the output of `openssl rand -base64 32`; keep a copy, nothing \
                      that is stored opens without it";
        let text = problems.required_secret(name, given, wanted)?;
        let key = read_key(&text);
        if key.is_none() {
            problems.say(name, "must be 32 bytes in base64, such as the output of `openssl rand -base64 32`");
        }
        key
    }
}

/// A key of 32 bytes in base64.
pub fn read_key(text: &str) -> Option<Key> {
    STANDARD.decode(text.trim()).ok().and_then(|bytes| Key::from_slice(&bytes).ok())
}

#[derive(Clone, Args)]
pub(super) struct HealthArgs {
    /// Where /healthz and /readyz are [default: 127.0.0.1:4403 for delivery, 127.0.0.1:4404 for tenants]
    #[arg(long, env = "ANYHOOK_HEALTH_ADDR", value_name = "IP:PORT")]
    health_addr: Option<String>,
}

impl HealthArgs {
    pub(super) fn check(self, default_port: u16, problems: &mut Problems) -> SocketAddr {
        match self.health_addr.filter(|text| !text.is_empty()) {
            Some(text) => problems.address("health-addr", &text),
            None => (Ipv4Addr::LOCALHOST, default_port).into(),
        }
    }
}
