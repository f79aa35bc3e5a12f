//! The services as processes of their own, on real PostgreSQL, RabbitMQ and Redis.

mod cluster;
mod crashes;
mod outages;
mod path;
mod settings;
mod stopping;
#[path = "../../../../queue/tests/it/proxy.rs"]
mod proxy;
