//! The map of the crates is complete.

use super::{assert_kept, root};

/// A crate is named as `name`, as crates/name, or in a heading of its own.
fn unnamed(crates: &[String], map: &str) -> Vec<String> {
    let named = |name: &str| {
        let heading = |line: &str| line.starts_with('#') && line.trim_start_matches('#').trim() == name;
        let path = |text: &str| {
            let rest = text.strip_prefix(name);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_'))
        };
        map.contains(&format!("`{name}`")) || map.split("crates/").skip(1).any(path) || map.lines().any(heading)
    };
    let missing = crates.iter().filter(|name| !named(name));
    missing.map(|name| format!("crates/{name} is not named in crates/README.md")).collect()
}

#[test]
fn every_crate_is_named_in_the_map() {
    let folder = root().join("crates");
    let mut crates: Vec<String> = std::fs::read_dir(&folder)
        .expect("there are crates")
        .map(|entry| entry.expect("crates is readable"))
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!crates.is_empty());
    crates.sort();
    let map = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    assert_kept("the map shows every crate; write a paragraph about it:", &unnamed(&crates, &map));
}

#[test]
fn an_unnamed_crate_is_found() {
    let crates = ["store".to_owned(), "queue".to_owned(), "egress".to_owned()];
    assert!(unnamed(&crates, "`store`\n## queue\nsee crates/egress.").is_empty());
    assert_eq!(unnamed(&crates, "we store things; queues in crates/queued; `egress_guard`").len(), 3);
}
