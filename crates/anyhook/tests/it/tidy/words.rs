//! Texts that have no place in the tree, or one place only.

use super::{assert_kept, files};

/// The lines of Rust code that contain `needle`, comments left out.
fn code_lines(text: &str, needle: &str) -> Vec<usize> {
    let code = |line: &str| {
        let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
        line[..comment.map_or(line.len(), |(at, _)| at)].to_owned()
    };
    // `std::env!` is read by the compiler.
    let holds = |line: &str| line.match_indices(needle).any(|(at, _)| !line[at + needle.len()..].starts_with('!'));
    text.lines().enumerate().filter(|(_, line)| holds(&code(line))).map(|(at, _)| at + 1).collect()
}

/// Lines on which `use std::{...}` brings `env` in.
fn grouped_env_imports(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use std::{") {
        let group = &text[at..text[at..].find(';').map_or(text.len(), |end| at + end)];
        if group.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "env") {
            found.push(text[..at].lines().count().max(1) + usize::from(text[..at].ends_with('\n')));
        }
    }
    found
}

fn is_test_or_bench(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("crates/bench/") || path.ends_with("/build.rs")
}

fn reads_environment(path: &str, text: &str) -> Vec<String> {
    if is_test_or_bench(path) || path.starts_with("crates/anyhook/src/config") {
        return Vec::new();
    }
    let lines = code_lines(text, "std::env").into_iter().chain(grouped_env_imports(text));
    lines.map(|line| format!("{path}:{line}: std::env")).collect()
}

fn reads_wall_clock(path: &str, text: &str) -> Vec<String> {
    if is_test_or_bench(path) || path.starts_with("crates/store/src/clock") {
        return Vec::new();
    }
    code_lines(text, "SystemTime::now").iter().map(|line| format!("{path}:{line}: SystemTime::now")).collect()
}

/// Folders of one person's machine, and hosts that packages come from: the tree names neither.
fn speaks_of_elsewhere(path: &str, text: &str) -> Vec<String> {
    let folders = ["root", "home", "work", "Users"].map(|name| format!("/{name}/"));
    let hosts = [("registry", "npmjs.org"), ("index", "crates.io"), ("static", "crates.io")]
        .map(|(host, domain)| format!("{host}.{domain}"));
    let packages = [("files", "pythonhosted.org"), ("pypi", "org/simple")].map(|(host, rest)| format!("{host}.{rest}"));
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let folders = folders.iter().filter(|folder| starts_a_path(line, folder));
        let hosts = hosts.iter().chain(&packages).filter(|host| line.contains(*host));
        found.extend(folders.chain(hosts).map(|name| format!("{path}:{}: {name}", at + 1)));
    }
    found
}

/// Whether the folder stands at a path's beginning: `a/home/b` is a path of our own, and `//home/` a host.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = &line[..at];
        before.ends_with("file://") || !before.ends_with(|c: char| c.is_alphanumeric() || "/._-})]>*".contains(c))
    })
}

fn is_lock_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".lock") || name.ends_with("-lock.json") || name.ends_with("-lock.yaml")
}

fn broken(wanted: impl Fn(&str) -> bool, rule: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    files(wanted).iter().flat_map(|file| rule(&file.path, &file.text)).collect()
}

fn is_crate_code(path: &str) -> bool {
    path.starts_with("crates/") && path.ends_with(".rs")
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let found = broken(is_crate_code, reads_environment);
    assert_kept("settings are read in crates/anyhook/src/config and passed on:", &found);
}

#[test]
fn only_the_clock_reads_the_wall_clock() {
    let found = broken(is_crate_code, reads_wall_clock);
    assert_kept("the time comes from the Clock in crates/store/src/clock.rs, passed in:", &found);
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let found = broken(|path| !is_lock_file(path), speaks_of_elsewhere);
    assert_kept("no folders of one machine, no hosts of package registries:", &found);
}

#[test]
fn the_environment_is_found() {
    let found = |text: &str| reads_environment("crates/domain/src/a.rs", text);
    assert_eq!(found("x\n    std::env::var(\"A\")"), ["crates/domain/src/a.rs:2: std::env"]);
    assert_eq!(found("a();\nuse std::{\n    env,\n    fs,\n};"), ["crates/domain/src/a.rs:2: std::env"]);
    assert_eq!(found("use std::env;").len(), 1);
    assert!(found("// std::env is not read here\nstd::env!(\"A\"); use std::{fs, io}; let env = 1;").is_empty());
    assert!(reads_environment("crates/anyhook/src/config/file.rs", "std::env::var").is_empty());
    assert_eq!(reads_environment("crates/anyhook/src/main.rs", "std::env::var").len(), 1);
    assert!(reads_environment("crates/rpc/build.rs", "std::env::var").is_empty());
}

#[test]
fn the_wall_clock_is_found() {
    assert_eq!(reads_wall_clock("crates/delivery/src/a.rs", "let now = std::time::SystemTime::now();").len(), 1);
    assert!(reads_wall_clock("crates/store/src/clock.rs", "SystemTime::now()").is_empty());
    assert!(reads_wall_clock("crates/delivery/src/a.rs", "// not SystemTime::now").is_empty());
}

#[test]
fn elsewhere_is_found() {
    for folder in ["root", "home", "work", "Users"] {
        let found = |text: &str| speaks_of_elsewhere("README.md", &text.replace('~', folder)).len();
        assert_eq!(found("\nsee /~/x"), 1);
        assert_eq!(found("PATH=/~/x:"), 1);
        assert_eq!(found("a:/~/x"), 1);
        assert_eq!(found("file:///~/x"), 1);
        assert_eq!(found("src/~/x, ./~/x, https://~/x, https://a.example/~/x, ${A}/~/x"), 0);
    }
    assert_eq!(speaks_of_elsewhere("a", &format!("https://registry{}npmjs.org/a", '.')).len(), 1);
    assert!(is_lock_file("crates/dashboard/ui/package-lock.json") && is_lock_file("Cargo.lock"));
    assert!(!is_lock_file("package.json"));
}
