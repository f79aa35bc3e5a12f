//! From a name to the addresses that may be dialled: one look-up, every answer vetted.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver, system_conf};

use crate::config::{EgressConfig, EgressError};
use crate::refusal::Refusal;
use crate::url_rules::{Place, Rules, Target};

/// A destination that moves is found again after a minute at most, whatever its TTL says.
const KEEP_ANSWER_FOR: Duration = Duration::from_secs(60);
/// A record that was just created is found almost at once.
const KEEP_ABSENCE_FOR: Duration = Duration::from_secs(5);
const MAX_QUERIES_AT_ONCE: usize = 1024;

/// The look-up of names: the hosts file first, then DNS, never with search domains.
pub(crate) struct Resolver {
    hosts: Hosts,
    dns: TokioResolver,
    within: Duration,
}

impl Resolver {
    pub(crate) fn new(config: &EgressConfig) -> Result<Self, EgressError> {
        let (servers, options) = dns_settings(config);
        let mut builder = TokioResolver::builder_with_config(servers, TokioRuntimeProvider::default());
        *builder.options_mut() = tuned(options, config.resolve_within);
        Ok(Self {
            hosts: Hosts::from_system().unwrap_or_default(),
            dns: builder.build().map_err(|error| EgressError::NoResolver(error.into()))?,
            within: config.resolve_within,
        })
    }

    /// The addresses of a target, all of them vetted. Never empty.
    pub(crate) async fn vetted(&self, target: &Target, rules: &Rules) -> Result<Vec<SocketAddr>, Refusal> {
        let addresses = match &target.place {
            Place::Literal(address) => vec![*address],
            Place::Loopback(_, addresses) => addresses.clone(),
            Place::Name(name) => self.resolve(name).await?,
        };
        rules.vet(target, &addresses)?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, target.port)).collect())
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let mut full = Name::from_ascii(name).map_err(|_| Refusal::InvalidName(name.to_owned()))?;
        full.set_fqdn(true);
        let listed = self.in_hosts_file(&full);
        if !listed.is_empty() {
            return Ok(listed);
        }
        let answer = tokio::time::timeout(self.within, self.dns.lookup_ip(full)).await;
        let answer = answer.unwrap_or(Err(NetError::Timeout));
        let addresses: Vec<_> = match &answer {
            Ok(found) => found.iter().collect(),
            Err(error) if error.is_no_records_found() => Vec::new(),
            Err(error) => {
                tracing::debug!(%error, "a name could not be looked up");
                return Err(Refusal::ResolverFailed(name.to_owned()));
            }
        };
        if addresses.is_empty() { Err(Refusal::NameNotFound(name.to_owned())) } else { Ok(addresses) }
    }

    fn in_hosts_file(&self, name: &Name) -> Vec<IpAddr> {
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .filter_map(|kind| self.hosts.lookup_static_host(&Query::query(name.clone(), kind)))
            .flat_map(|lookup| lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect::<Vec<_>>())
            .collect()
    }
}

fn dns_settings(config: &EgressConfig) -> (ResolverConfig, ResolverOpts) {
    if !config.nameservers.is_empty() {
        return (asking(&config.nameservers), ResolverOpts::default());
    }
    system_conf::read_system_conf().unwrap_or_else(|error| {
        // The C library asks this machine when nothing is configured. Asking a public resolver would tell a stranger
        // every name that users enter.
        tracing::warn!(%error, "no DNS server is configured: asking 127.0.0.1");
        (asking(&[SocketAddr::from(([127, 0, 0, 1], 53))]), ResolverOpts::default())
    })
}

fn asking(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |address: &SocketAddr| {
        let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
        connections.iter_mut().for_each(|connection| connection.port = address.port());
        NameServerConfig::new(address.ip(), true, connections)
    };
    ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect())
}

/// Half the time for a try, so that one lost packet is made good within the budget.
fn tuned(mut options: ResolverOpts, within: Duration) -> ResolverOpts {
    options.timeout = within / 2;
    options.attempts = 2;
    options.use_hosts_file = ResolveHosts::Never;
    options.positive_max_ttl = Some(KEEP_ANSWER_FOR);
    options.negative_max_ttl = Some(KEEP_ABSENCE_FOR);
    options.max_active_requests = MAX_QUERIES_AT_ONCE;
    options
}
