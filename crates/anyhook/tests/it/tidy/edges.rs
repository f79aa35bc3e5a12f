//! Which crate may use which, inside the workspace and outside.

use super::{assert_kept, root};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// One line of a crate's manifest. Workspace crates go by their folder's name.
struct Use {
    by: String,
    of: String,
    inside: bool,
    dev: bool,
}

const PARTS: &[&str] = &["domain", "rpc", "store", "queue", "cache", "egress"];
const SERVICES: &[&str] = &["ingress", "delivery", "tenants", "dashboard"];

/// A technology, and the crates that may import it.
const TECHNOLOGIES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("tokio-postgres", &["bench"]),
    ("lapin", &["queue", "bench"]),
    ("redis", &["cache"]),
    ("lettre", &["tenants"]),
    ("hyper-rustls", &["egress"]),
    ("hickory-resolver", &["egress"]),
    ("reqwest", &["egress"]),
    ("axum", &["ingress", "dashboard", "anyhook", "bench"]),
    ("anyhow", &["anyhook", "bench"]),
];

/// `domain` has no input or output, no clock and no random numbers.
const IMPURE: &[&str] = &["tokio", "hyper", "hyper-util", "tonic", "rand", "getrandom", "tracing", "reqwest"];

fn may_use(by: &str, of: &str) -> bool {
    match by {
        "domain" => false,
        // The keys that callers of the tenants service remember.
        "rpc" => ["domain", "cache"].contains(&of),
        "store" | "queue" | "cache" | "egress" => of == "domain",
        "ingress" | "delivery" | "tenants" | "dashboard" => PARTS.contains(&of),
        "anyhook" => PARTS.contains(&of) || SERVICES.contains(&of),
        "bench" => true,
        _ => false,
    }
}

/// The tests of the binary and the benchmarks may look into everything.
fn free(line: &Use) -> bool {
    line.dev && ["anyhook", "bench"].contains(&line.by.as_str())
}

fn forbidden_edges(uses: &[Use]) -> Vec<String> {
    let broken = uses.iter().filter(|line| line.inside && !free(line) && !may_use(&line.by, &line.of));
    broken.map(|line| format!("crates/{} uses crates/{}", line.by, line.of)).collect()
}

fn misplaced_technologies(uses: &[Use]) -> Vec<String> {
    let mut broken = Vec::new();
    for line in uses.iter().filter(|line| !line.inside && !free(line)) {
        let home = TECHNOLOGIES.iter().find(|(name, _)| *name == line.of);
        if let Some((name, homes)) = home.filter(|(_, homes)| !homes.contains(&line.by.as_str())) {
            broken.push(format!("crates/{} imports {name}, which only {} may", line.by, homes.join(", ")));
        }
        if line.by == "domain" && !line.dev && IMPURE.contains(&line.of.as_str()) {
            broken.push(format!("crates/domain imports {}, but domain is pure", line.of));
        }
    }
    broken
}

fn uses() -> Vec<Use> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec();
    let metadata = metadata.expect("cargo reads the workspace's manifests");
    let mut uses = Vec::new();
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            uses.push(Use {
                by: folder(&package.name),
                of: folder(&dependency.name),
                inside: dependency.path.is_some(),
                dev: dependency.kind == DependencyKind::Development,
            });
        }
    }
    assert!(uses.len() > 50, "cargo names hardly any dependencies: {}", uses.len());
    uses
}

fn folder(package: &str) -> String {
    package.strip_prefix("anyhook-").unwrap_or(package).to_owned()
}

#[test]
fn crates_use_only_what_lies_below_them() {
    assert_kept(
        "domain ← store queue cache egress ← ingress delivery tenants dashboard ← anyhook; rpc is for the services; \
         nobody uses a neighbour:",
        &forbidden_edges(&uses()),
    );
}

#[test]
fn each_outside_technology_is_imported_by_its_crate_alone() {
    assert_kept(
        "use it through the crate that wraps it, or change the table with a reason:",
        &misplaced_technologies(&uses()),
    );
}

fn line(by: &str, of: &str, inside: bool, dev: bool) -> Use {
    Use { by: by.into(), of: of.into(), inside, dev }
}

#[test]
fn a_forbidden_edge_is_found() {
    let bad = [
        ("domain", "store"),
        ("store", "queue"),
        ("egress", "rpc"),
        ("rpc", "store"),
        ("ingress", "delivery"),
        ("delivery", "anyhook"),
        ("anyhook", "bench"),
        ("newcomer", "domain"),
    ];
    for (by, of) in bad {
        assert_eq!(forbidden_edges(&[line(by, of, true, false)]).len(), 1, "{by} uses {of}");
    }
    assert_eq!(forbidden_edges(&[line("store", "queue", true, true)]).len(), 1, "tests keep to the edges too");
    let good = [("store", "domain"), ("tenants", "rpc"), ("delivery", "egress"), ("anyhook", "dashboard")];
    for (by, of) in good {
        assert!(forbidden_edges(&[line(by, of, true, false)]).is_empty(), "{by} uses {of}");
    }
    assert!(forbidden_edges(&[line("anyhook", "bench", true, true)]).is_empty());
}

#[test]
fn a_misplaced_technology_is_found() {
    for (by, of) in [("delivery", "sqlx"), ("store", "lapin"), ("delivery", "axum"), ("domain", "tokio")] {
        assert_eq!(misplaced_technologies(&[line(by, of, false, false)]).len(), 1, "{by} imports {of}");
    }
    for (by, of) in [("store", "sqlx"), ("bench", "lapin"), ("ingress", "axum"), ("queue", "tokio")] {
        assert!(misplaced_technologies(&[line(by, of, false, false)]).is_empty(), "{by} imports {of}");
    }
}
