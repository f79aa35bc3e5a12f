//! The services as processes of their own, on real PostgreSQL, RabbitMQ and Redis.

mod cluster;
mod crashes;
mod outages;
mod path;
#[expect(dead_code, reason = "the queue's tests use more of it")]
#[path = "../../../../queue/tests/it/proxy.rs"]
mod proxy;
mod settings;
mod stopping;
mod tls;
