//! The four services as processes, on PostgreSQL, RabbitMQ and Redis.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use url::Url;

use super::Gateway;
use crate::rig::{database::Database, n_free_addresses, programs::Programs, queues::Queues, server::Server};

/// They protect nothing: all listens on loopback, and the database goes with the scenario.
const TOKEN: &str = "a-service-token-of-the-benchmark-which-protects-nothing";
const MASTER_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// Which services are started, and on what.
#[derive(Clone, Debug)]
pub struct Services {
    /// A database of a server where more may be made.
    pub postgres_url: Url,
    pub amqp_url: String,
    pub redis_url: String,
    pub n_ingresses: usize,
    pub n_deliveries: usize,
    /// More settings of every service: names and values of environment variables.
    pub settings: Vec<(String, String)>,
    /// Those servers whose processes are on this machine.
    pub servers: Vec<Server>,
}

/// A service's name as its subcommand, which of several it is, and where it says that it is ready.
struct Starting<'a> {
    service: &'a str,
    name: String,
    health: SocketAddr,
    settings: Vec<(&'a str, String)>,
}

impl Gateway {
    /// Starts the services with a database and queues of their own.
    pub(super) async fn start_services(&mut self, programs: &Programs, services: &Services) -> Result<()> {
        let database = Database::create(&services.postgres_url).await?;
        let queues = Queues::new(&services.amqp_url, database.name());
        let common = common(services, &database, &queues);
        self.database = Some(database);
        self._queues = Some(queues);
        migrate(command(programs, "migrate", &common))?;
        for starting in self.starting(services)? {
            let mut command = command(programs, starting.service, &common);
            command.envs(starting.settings);
            self.spawn(&starting.name, &mut command)?;
            self.serves(&format!("http://{}/readyz", starting.health)).await?;
        }
        Ok(())
    }

    /// All processes, in the order of who needs whom, and notes where they will be.
    fn starting<'a>(&mut self, services: &Services) -> Result<Vec<Starting<'a>>> {
        let mut free = n_free_addresses(3 + services.n_ingresses + services.n_deliveries)?;
        let deliveries = free.split_off(3 + services.n_ingresses);
        let ingresses = free.split_off(3);
        let (grpc, tenants_health, dashboard) = (free[0], free[1], free[2]);
        self.dashboard = format!("http://{dashboard}");
        self.ingresses = ingresses.iter().map(|address| format!("http://{address}")).collect();
        let tenants_url = ("ANYHOOK_TENANTS_URL", format!("http://{grpc}"));
        let public_ingress = ("ANYHOOK_PUBLIC_INGRESS_URL", self.ingresses[0].clone());
        let mut all = vec![
            starting("tenants", None, tenants_health, "ANYHOOK_HEALTH_ADDR")
                .with([("ANYHOOK_TENANTS_ADDR", grpc.to_string()), ("ANYHOOK_MASTER_KEY", MASTER_KEY.to_owned())]),
            starting("dashboard", None, dashboard, "ANYHOOK_DASHBOARD_ADDR").with([
                ("ANYHOOK_PUBLIC_DASHBOARD_URL", self.dashboard.clone()),
                ("ANYHOOK_API_RATE_LIMIT", "0".to_owned()),
                public_ingress.clone(),
                tenants_url.clone(),
            ]),
        ];
        all.extend(numbered(ingresses).map(|(number, address)| {
            starting("ingress", number, address, "ANYHOOK_INGRESS_ADDR")
                .with([public_ingress.clone(), tenants_url.clone()])
        }));
        all.extend(numbered(deliveries).map(|(number, address)| {
            starting("delivery", number, address, "ANYHOOK_HEALTH_ADDR").with([tenants_url.clone()])
        }));
        Ok(all)
    }
}

fn starting<'a>(service: &'a str, number: Option<usize>, health: SocketAddr, listens: &'a str) -> Starting<'a> {
    let name = number.map_or_else(|| service.to_owned(), |number| format!("{service}-{number}"));
    Starting { service, name, health, settings: vec![(listens, health.to_string())] }
}

impl<'a> Starting<'a> {
    fn with<const N: usize>(mut self, settings: [(&'a str, String); N]) -> Self {
        self.settings.extend(settings);
        self
    }
}

/// One alone needs no number.
fn numbered(addresses: Vec<SocketAddr>) -> impl Iterator<Item = (Option<usize>, SocketAddr)> {
    let is_one = addresses.len() == 1;
    (1..).zip(addresses).map(move |(number, address)| ((!is_one).then_some(number), address))
}

fn common(services: &Services, database: &Database, queues: &Queues) -> Vec<(String, String)> {
    let own = [
        ("ANYHOOK_DATABASE_URL", database.url()),
        ("ANYHOOK_AMQP_URL", &services.amqp_url),
        ("ANYHOOK_AMQP_PREFIX", queues.prefix()),
        ("ANYHOOK_REDIS_URL", &services.redis_url),
        ("ANYHOOK_SERVICE_TOKEN", TOKEN),
        ("ANYHOOK_ALLOW_DESTINATIONS", "127.0.0.0/8"),
        ("ANYHOOK_DEFAULT_PLAN", "unlimited"),
        ("ANYHOOK_LOG", "warn"),
        ("ANYHOOK_LOG_FORMAT", "text"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.into_iter().chain(services.settings.iter().cloned()).collect()
}

/// Passwords are in the environment, not in the list of processes.
fn command(programs: &Programs, service: &str, settings: &[(String, String)]) -> Command {
    let mut command = Command::new(&programs.anyhook);
    command.env_clear().arg(service).envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

fn migrate(mut command: Command) -> Result<()> {
    let done = command.stdin(Stdio::null()).output().context("anyhook migrate cannot be started")?;
    ensure!(done.status.success(), "anyhook migrate failed\n{}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_has_no_number() {
        let names = |n: usize| -> Vec<_> {
            let all = numbered(n_free_addresses(n).unwrap());
            all.map(|(number, address)| starting("ingress", number, address, "ANYHOOK_INGRESS_ADDR").name).collect()
        };
        assert_eq!(names(1), ["ingress"]);
        assert_eq!(names(2), ["ingress-1", "ingress-2"]);
    }
}
