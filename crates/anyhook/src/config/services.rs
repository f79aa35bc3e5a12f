//! The settings of each service that is a process of its own. They share PostgreSQL, RabbitMQ and Redis: what only one
//! process can use is refused.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhook_domain::{plan::Plan, seal::Key};
use anyhook_rpc::Remote;
use anyhook_tenants::Guard;
use anyhow::Result;
use clap::Args;
use ipnet::IpNet;

use super::{
    grpc::{CallerArgs, TenantsAddrArgs, TokenArgs},
    problems::Problems,
    sections::{
        AccountsArgs, Attempts, AttemptsArgs, DashboardArgs, DestinationsArgs, HealthArgs, InboundUrlArgs, Ingress,
        IngressArgs, MasterKeyArgs,
    },
    servers::{Broker, BrokerArgs, Database, DatabaseArgs, RedisArgs},
    stopping::{Stopping, StoppingArgs},
    telemetry::{TelemetryArgs, TelemetrySettings},
};

/// How long `ingress` waits for the tenants service: well within what its senders wait.
const INGRESS_PATIENCE: Duration = Duration::from_millis(800);
const DELIVERY_PATIENCE: Duration = Duration::from_secs(5);
const DASHBOARD_PATIENCE: Duration = Duration::from_secs(10);
const DELIVERY_HEALTH_PORT: u16 = 4403;
const TENANTS_HEALTH_PORT: u16 = 4404;

/// What every service has.
#[derive(Clone, Debug, Args)]
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
    pub redis_url: Option<String>,
    pub stopping: Stopping,
    pub telemetry: TelemetrySettings,
}

impl ServiceArgs {
    fn check(self, problems: &mut Problems) -> Service {
        Service {
            database: self.database.check_shared(problems),
            redis_url: self.redis.check(problems),
            stopping: self.stopping.check(problems),
            telemetry: self.telemetry.check(problems),
        }
    }
}

#[derive(Clone, Debug, Args)]
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
    pub tenants: Remote,
    pub broker: Broker,
    pub service: Service,
}

impl IngressServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<IngressSettings> {
        let mut problems = Problems::default();
        let settings = IngressSettings {
            ingress: self.ingress.check(&mut problems),
            public_url: self.inbound_url.check_public(&mut problems),
            tenants: self.tenants.check(INGRESS_PATIENCE, &mut problems),
            broker: self.broker.check(&mut problems),
            service: self.service.check(&mut problems),
        };
        problems.none()?;
        Ok(settings)
    }
}

#[derive(Clone, Debug, Args)]
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
    pub tenants: Remote,
    pub broker: Broker,
    pub service: Service,
}

impl DeliveryServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<DeliverySettings> {
        let mut problems = Problems::default();
        let settings = DeliverySettings {
            attempts: self.attempts.check(&mut problems),
            allow_destinations: self.destinations.check(&mut problems).unwrap_or_default(),
            health_addr: self.health.check(DELIVERY_HEALTH_PORT, &mut problems),
            tenants: self.tenants.check(DELIVERY_PATIENCE, &mut problems),
            broker: self.broker.check(&mut problems),
            service: self.service.check(&mut problems),
        };
        problems.none()?;
        Ok(settings)
    }
}

#[derive(Clone, Debug, Args)]
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
    service: ServiceArgs,
}

pub struct TenantsSettings {
    pub addr: SocketAddr,
    pub guard: Guard,
    pub master_key: Key,
    pub default_plan: Plan,
    pub allow_destinations: Vec<IpNet>,
    pub health_addr: SocketAddr,
    pub service: Service,
}

impl TenantsServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<TenantsSettings> {
        let mut problems = Problems::default();
        let settings = TenantsSettings {
            addr: self.addr.check(&mut problems),
            guard: self.token.guard(&mut problems),
            master_key: self.master_key.check(&mut problems),
            default_plan: self.accounts.check(&mut problems),
            allow_destinations: self.destinations.check(&mut problems).unwrap_or_default(),
            health_addr: self.health.check(TENANTS_HEALTH_PORT, &mut problems),
            service: self.service.check(&mut problems),
        };
        problems.none()?;
        Ok(settings)
    }
}

#[derive(Clone, Debug, Args)]
pub struct DashboardServiceArgs {
    #[command(flatten)]
    dashboard: DashboardArgs,
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
    pub tenants: Remote,
    pub broker: Broker,
    pub service: Service,
}

impl DashboardServiceArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<DashboardSettings> {
        let mut problems = Problems::default();
        let (addr, public_url) = self.dashboard.check_public(&mut problems);
        let settings = DashboardSettings {
            addr,
            public_url,
            public_ingress_url: self.inbound_url.check_public(&mut problems),
            tenants: self.tenants.check(DASHBOARD_PATIENCE, &mut problems),
            broker: self.broker.check(&mut problems),
            service: self.service.check(&mut problems),
        };
        problems.none()?;
        Ok(settings)
    }
}
