//! The settings of each service that is a process of its own. They share PostgreSQL, RabbitMQ and Redis: what only one
//! process can use is refused.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhook_domain::seal::Key;
use anyhook_rpc::Transport;
use anyhook_tenants::{Guard, MailConfig};
use anyhow::Result;
use clap::Args;
use ipnet::IpNet;

use super::{
    accounts::{Accounts, AccountsArgs},
    grpc::{CallerArgs, TenantsAddrArgs, TokenArgs},
    mail::MailArgs,
    problems::Problems,
    sections::{
        ApiRateArgs, Attempts, AttemptsArgs, DashboardArgs, DashboardUrlArgs, DestinationsArgs, HealthArgs,
        InboundUrlArgs, Ingress, IngressArgs, IngressUrlArgs, MasterKeyArgs, ProxiesArgs,
    },
    servers::{Broker, BrokerArgs, Database, DatabaseArgs, Redis, RedisArgs},
    stopping::{Stopping, StoppingArgs},
    telemetry::{TelemetryArgs, TelemetrySettings},
};

/// How long `ingress` waits for the tenants service: well within what its senders wait.
const INGRESS_PATIENCE: Duration = Duration::from_millis(800);
const DELIVERY_PATIENCE: Duration = Duration::from_secs(5);
const DASHBOARD_PATIENCE: Duration = Duration::from_secs(10);
const DELIVERY_HEALTH_PORT: u16 = 4403;
const TENANTS_HEALTH_PORT: u16 = 4404;

const CHECKED: &str = "what is missing here is a problem that was said";

/// What every service has.
#[derive(Clone, Args)]
struct ServiceArgs {
    /// TOML file with settings, named like the flags with underscores
    #[arg(long, env = "ANYHOOK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    stopping: StoppingArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[derive(Clone)]
pub struct Service {
    pub database: Database,
    pub redis: Option<Redis>,
    pub stopping: Stopping,
    pub telemetry: TelemetrySettings,
}

impl ServiceArgs {
    fn check(self, problems: &mut Problems) -> Service {
        Service {
            database: self.database.check_shared(problems),
            redis: self.redis.check(problems),
            stopping: self.stopping.check(problems),
            telemetry: self.telemetry.check(problems),
        }
    }
}

#[derive(Clone, Args)]
pub struct IngressServiceArgs {
    #[command(flatten)]
    ingress: IngressArgs,
    #[command(flatten)]
    inbound_url: InboundUrlArgs,
    #[command(flatten)]
    tenants: CallerArgs,
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

pub struct IngressSettings {
    pub ingress: Ingress,
    pub public_url: String,
    pub tenants: Transport,
    pub broker: Broker,
    pub service: Service,
}

impl IngressServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<IngressSettings> {
        let mut problems = Problems::default();
        let ingress = self.ingress.check(&mut problems);
        let public_url = self.inbound_url.check_public(&mut problems);
        let tenants = self.tenants.check(INGRESS_PATIENCE, &mut problems);
        let broker = self.broker.check(&mut problems);
        let service = self.service.check(&mut problems);
        problems.none()?;
        Ok(IngressSettings { ingress, public_url, tenants: tenants.expect(CHECKED), broker, service })
    }
}

#[derive(Clone, Args)]
pub struct DeliveryServiceArgs {
    #[command(flatten)]
    attempts: AttemptsArgs,
    #[command(flatten)]
    destinations: DestinationsArgs,
    #[command(flatten)]
    health: HealthArgs,
    #[command(flatten)]
    tenants: CallerArgs,
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

pub struct DeliverySettings {
    pub attempts: Attempts,
    pub allow_destinations: Vec<IpNet>,
    pub health_addr: SocketAddr,
    pub tenants: Transport,
    pub broker: Broker,
    pub service: Service,
}

impl DeliveryServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<DeliverySettings> {
        let mut problems = Problems::default();
        let attempts = self.attempts.check(&mut problems);
        let allow_destinations = self.destinations.check(&mut problems).unwrap_or_default();
        let health_addr = self.health.check(DELIVERY_HEALTH_PORT, &mut problems);
        let tenants = self.tenants.check(DELIVERY_PATIENCE, &mut problems);
        let broker = self.broker.check(&mut problems);
        let service = self.service.check(&mut problems);
        problems.none()?;
        let tenants = tenants.expect(CHECKED);
        Ok(DeliverySettings { attempts, allow_destinations, health_addr, tenants, broker, service })
    }
}

#[derive(Clone, Args)]
pub struct TenantsServiceArgs {
    #[command(flatten)]
    addr: TenantsAddrArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    master_key: MasterKeyArgs,
    #[command(flatten)]
    accounts: AccountsArgs,
    #[command(flatten)]
    destinations: DestinationsArgs,
    #[command(flatten)]
    health: HealthArgs,
    #[command(flatten)]
    dashboard_url: DashboardUrlArgs,
    #[command(flatten)]
    ingress_url: IngressUrlArgs,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

pub struct TenantsSettings {
    pub addr: SocketAddr,
    pub guard: Guard,
    pub master_key: Key,
    pub accounts: Accounts,
    pub allow_destinations: Vec<IpNet>,
    pub health_addr: SocketAddr,
    pub ingress_url: Option<String>,
    pub mail: MailConfig,
    pub service: Service,
}

impl TenantsServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<TenantsSettings> {
        let mut problems = Problems::default();
        let addr = self.addr.check(&mut problems);
        let guard = self.token.guard(&mut problems);
        let master_key = self.master_key.check(&mut problems);
        let accounts = self.accounts.check(&mut problems);
        let allow_destinations = self.destinations.check(&mut problems).unwrap_or_default();
        let health_addr = self.health.check(TENANTS_HEALTH_PORT, &mut problems);
        let ingress_url = self.ingress_url.check(&mut problems);
        let mail = self.mail.check(&mut problems);
        let mail = if mail.goes_nowhere() {
            mail.config(self.dashboard_url.check(&mut problems).unwrap_or_default())
        } else {
            mail.config(self.dashboard_url.check_public(&mut problems))
        };
        let service = self.service.check(&mut problems);
        problems.none()?;
        let (guard, master_key) = (guard.expect(CHECKED), master_key.expect(CHECKED));
        Ok(TenantsSettings {
            addr,
            guard,
            master_key,
            accounts,
            allow_destinations,
            health_addr,
            ingress_url,
            mail,
            service,
        })
    }
}

#[derive(Clone, Args)]
pub struct DashboardServiceArgs {
    #[command(flatten)]
    dashboard: DashboardArgs,
    #[command(flatten)]
    api_rate: ApiRateArgs,
    #[command(flatten)]
    proxies: ProxiesArgs,
    #[command(flatten)]
    inbound_url: InboundUrlArgs,
    #[command(flatten)]
    tenants: CallerArgs,
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

pub struct DashboardSettings {
    pub addr: SocketAddr,
    pub public_url: String,
    pub public_ingress_url: String,
    pub api_requests_per_minute: u32,
    pub trusted_proxies: Vec<IpNet>,
    pub tenants: Transport,
    pub broker: Broker,
    pub service: Service,
}

impl DashboardServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<DashboardSettings> {
        let mut problems = Problems::default();
        let (addr, public_url) = self.dashboard.check_public(&mut problems);
        let trusted_proxies = self.proxies.check(&mut problems);
        let public_ingress_url = self.inbound_url.check_public(&mut problems);
        let api_requests_per_minute = self.api_rate.check(&mut problems);
        let tenants = self.tenants.check(DASHBOARD_PATIENCE, &mut problems);
        let broker = self.broker.check(&mut problems);
        let service = self.service.check(&mut problems);
        problems.none()?;
        Ok(DashboardSettings {
            addr,
            public_url,
            public_ingress_url,
            api_requests_per_minute,
            trusted_proxies,
            tenants: tenants.expect(CHECKED),
            broker,
            service,
        })
    }
}
