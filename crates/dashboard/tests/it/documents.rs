//! The documents about sources, written from the table of them. `INSTA_UPDATE=always` writes them anew.

use std::{fmt::Write, fs, path::PathBuf};

use anyhook_domain::source::{COMMON_SETTINGS, SOURCES, SecretUse, Setting, Source};

const START: &str = "<!-- sources -->";
const END: &str = "<!-- /sources -->";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// Compares, or writes what ought to be there.
pub(crate) fn assert_written(name: &str, expected: &str) {
    let found = fs::read_to_string(file(name)).unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "as for snapshots, whoever runs the tests asks for it")]
    let is_to_be_written = std::env::var("INSTA_UPDATE").is_ok_and(|word| word == "always");
    if found != expected && is_to_be_written {
        fs::write(file(name), expected).unwrap();
    } else {
        let command = "INSTA_UPDATE=always cargo test -p anyhook-dashboard --test it";
        assert!(found == expected, "{name} is not what the tables in the code say; write it anew: {command}");
    }
}

#[test]
fn the_readme_lists_all_sources() {
    let readme = fs::read_to_string(file("README.md")).unwrap();
    let (before, rest) = readme.split_once(START).expect("the list's start is marked");
    let (_, after) = rest.split_once(END).expect("the list's end is marked");
    assert_written("README.md", &format!("{before}{START}\n{}{END}{after}", table()));
}

#[test]
fn the_guide_describes_all_sources() {
    assert_written("docs/sources.md", &guide());
}

fn table() -> String {
    let mut table = "\n| source | sender | secret |\n| --- | --- | --- |\n".to_owned();
    for source in SOURCES {
        let (slug, name, secret) = (source.slug, cell(source.name), cell(&secret(source)));
        let _ = writeln!(table, "| [`{slug}`](docs/sources.md#{slug}) | {name} | {secret} |");
    }
    table + "\n"
}

fn secret(source: &Source) -> String {
    match source.secret {
        SecretUse::None => "nothing is verified, and every event says so".to_owned(),
        SecretUse::Published => "none is needed: the provider publishes its key".to_owned(),
        SecretUse::Optional => source.secret_name.to_owned(),
        SecretUse::Required => format!("{} (needed)", source.secret_name),
    }
}

const INTRODUCTION: &str = "# Sources

An app's `source` says which provider posts to it: how its requests are verified, which of them are handshakes and how
those are answered, what an event is called, and by what a repeat of it is known. `GET /api/v1/sources` has the same list
as data.

For every source:

- Give the app's inbound URL to the provider, the provider's secret to the app as `secret`, and further settings as
  `source_config`. Secrets are sealed at once, and never shown again.
- Without a secret, everything is accepted, and every event says that it was not verified, unless the provider publishes
  its key. Where a secret is needed, an app cannot be made without it.
- While the provider replaces its secret, give both: `\"secret\": [\"the new one\", \"the old one\"]`. Any of them may
  have signed.
- Requests that a provider makes to learn whether the URL is right are answered as it expects, and are no events.
- A request that is not the provider's is answered `401`, kept as `rejected` with the reason, and not delivered.
- `POST /api/v1/tools/mock` makes a signed example request with a command that sends it; `POST /api/v1/tools/verify`
  says of a captured one whether it is the provider's, and if not, why.

Settings that every source has:

";

fn guide() -> String {
    let mut guide = format!("<!-- Written from the table of sources, crates/domain/src/source. -->\n\n{INTRODUCTION}");
    guide += &settings(COMMON_SETTINGS);
    for source in SOURCES {
        let slug = source.slug;
        let _ = write!(guide, "\n<a id=\"{slug}\"></a>\n\n## {}\n\n- Source: `{slug}`\n", source.name);
        let has_secret = matches!(source.secret, SecretUse::Optional | SecretUse::Required);
        let secret = if has_secret { secret(source) } else { "Secret".to_owned() };
        let _ = writeln!(guide, "- {secret}: {}", source.secret_help);
        let _ = writeln!(guide, "- Set-up: {}", source.setup);
        if !source.handshake_help.is_empty() {
            let _ = writeln!(guide, "- Handshake: {}.", source.handshake_help);
        }
        if !source.settings.is_empty() {
            let _ = write!(guide, "\nSettings:\n\n{}", settings(source.settings));
        }
    }
    guide
}

fn settings(all: &[Setting]) -> String {
    let line = |it: &Setting| {
        let needed = if it.is_required { " (needed)" } else { "" };
        format!("- `{}`{needed}: {}\n", it.name, it.help)
    };
    all.iter().map(line).collect()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
