//! What the services say about settings that cannot work, and what they wait for.

use std::process::Command;

use http::Method;

use super::cluster::{Cluster, until};
use crate::client::Api;

/// What a service says when it is started with nothing but these settings.
fn refusal(service: &str, settings: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anyhook"));
    let output = command.arg(service).env_clear().envs(settings.iter().copied()).output().unwrap();
    assert!(!output.status.success(), "{service} started");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let shared = ["ANYHOOK_DATABASE_URL", "ANYHOOK_SERVICE_TOKEN"];
    for (service, wanted) in [
        ("ingress", &["ANYHOOK_AMQP_URL", "ANYHOOK_TENANTS_URL", "ANYHOOK_PUBLIC_INGRESS_URL"][..]),
        ("delivery", &["ANYHOOK_AMQP_URL", "ANYHOOK_TENANTS_URL"]),
        ("tenants", &["ANYHOOK_MASTER_KEY"]),
        ("dashboard", &["ANYHOOK_AMQP_URL", "ANYHOOK_TENANTS_URL", "ANYHOOK_PUBLIC_DASHBOARD_URL"]),
    ] {
        let said = refusal(service, &[]);
        for name in wanted.iter().chain(&shared) {
            let line = said.lines().find(|line| line.contains(&format!("{name} ")));
            let line = line.unwrap_or_else(|| panic!("{service} says nothing of {name}: {said}"));
            assert!(line.contains("is missing: ") && line.contains("such as"), "{line}");
        }
    }
}

#[test]
fn what_only_one_process_can_use_is_refused() {
    for service in ["ingress", "delivery", "tenants", "dashboard"] {
        let said = refusal(service, &[("ANYHOOK_DATABASE_URL", "sqlite:/tmp/anyhook.db")]);
        assert!(said.contains("SQLite") && said.contains("anyhook up"), "{said}");
        let said = refusal(service, &[("ANYHOOK_DATABASE_URL", "mysql://root:hunter2@db/x")]);
        assert!(said.contains("no address of PostgreSQL") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_secret_that_cannot_be_used_is_never_repeated() {
    let settings = [
        ("ANYHOOK_SERVICE_TOKEN", "hunter2"),
        ("ANYHOOK_MASTER_KEY", "hunter2"),
        ("ANYHOOK_DATABASE_URL_FILE", "/nowhere/at-all"),
        ("ANYHOOK_REDIS_URL", "hunter2"),
    ];
    let said = refusal("tenants", &settings);
    assert!(!said.contains("hunter2"), "{said}");
    for part in ["ANYHOOK_SERVICE_TOKEN", "32 or more", "ANYHOOK_MASTER_KEY", "/nowhere/at-all"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let empty = tempfile::NamedTempFile::new().unwrap();
    for name in ["ANYHOOK_SERVICE_TOKEN", "ANYHOOK_MASTER_KEY", "ANYHOOK_DATABASE_URL", "ANYHOOK_REDIS_URL"] {
        let said = refusal("tenants", &[(&format!("{name}_FILE"), empty.path().to_str().unwrap())]);
        assert!(
            said.lines().any(|line| line.contains(&format!("{name}_FILE ")) && line.contains("is empty")),
            "{said}"
        );
    }
    let both = [("ANYHOOK_SERVICE_TOKEN", "a"), ("ANYHOOK_SERVICE_TOKEN_FILE", "/b")];
    assert!(refusal("tenants", &both).contains("keep one of them"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_waits_for_the_schema() {
    let Some(mut cluster) = Cluster::prepare().await else { return };
    cluster.set("ANYHOOK_TENANTS_URL", "http://127.0.0.1:1");
    cluster.set("tenants-1", "127.0.0.1:1");
    let url = cluster.begin_ingress("ingress-1", "tenants-1");
    until("it waits", async || cluster.log("ingress-1").contains("waiting for `anyhook migrate`")).await;
    assert_eq!(cluster.readiness(&url).await, None, "it listens before it can work");
    cluster.migrate();
    until("it listens", async || cluster.readiness(&url).await == Some(503)).await;
    let why = Api::new(&url).get("/readyz").await.expect(503);
    assert_eq!(why["error"], "the tenants service does not answer");
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_another_token_is_turned_away_but_no_person_is_blamed() {
    let Some(mut cluster) = Cluster::start().await else { return };
    cluster.set("ANYHOOK_SERVICE_TOKEN", "another-token-0123456789abcdef012345");
    cluster.signal("dashboard", "KILL");
    cluster.ended("dashboard").await;
    let url = cluster.begin_ingress("ingress-3", "tenants-1");
    until("it listens", async || cluster.readiness(&url).await == Some(503)).await;
    let (anybody, inbound) = (Api::new(&url), format!("{url}{}", cluster.inbound_path));
    let reply = anybody.request(Method::POST, &inbound, &[], b"{}").await;
    assert_eq!(reply.expect_refusal(503), "unavailable");
    cluster.stop().await;
}
