//! The settings file: its values become the command line's defaults, so that flags and environment win over them.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Command;

/// The command with the defaults of the file that `--config` or `ANYHOOK_CONFIG` names, if one does.
///
/// # Errors
/// When the file cannot be read, is not TOML, or has a setting that no command knows.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn with_file(command: Command) -> Result<Command> {
    let named = named_on(std::env::args_os().skip(1));
    match named.or_else(|| std::env::var_os("ANYHOOK_CONFIG").map(PathBuf::from)) {
        Some(path) => apply(command, &read(&path)?).with_context(|| format!("settings file {}", path.display())),
        None => Ok(command),
    }
}

/// Variables that look like settings and are none: misspelt ones, mostly. Kubernetes makes some for each of its Services,
/// and the tests have their own.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn unknown_variables(command: &Command) -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    unknown(command, names)
}

fn unknown(command: &Command, names: impl Iterator<Item = String>) -> Vec<String> {
    let is_known = |name: &str| {
        let has = |arg: &clap::Arg| arg.get_env().is_some_and(|env| env == name);
        command.get_subcommands().any(|sub| sub.get_arguments().any(has))
    };
    let is_others = |name: &str| {
        name.starts_with("ANYHOOK_TEST_")
            || name.starts_with("ANYHOOK_BENCH_")
            || ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"].iter().any(|part| name.contains(part))
    };
    names.filter(|name| name.starts_with("ANYHOOK_") && !is_known(name) && !is_others(name)).collect()
}

/// The command line is looked through before it can be parsed: its defaults depend on what this finds.
fn named_on(args: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut args = args;
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    None
}

fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("settings file {} cannot be read", path.display()))?;
    parse(&text).with_context(|| format!("settings file {}", path.display()))
}

fn parse(text: &str) -> Result<BTreeMap<String, String>> {
    // Without the line that is wrong, which TOML's own text shows: it may hold a secret.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        anyhow::anyhow!("is not TOML: line {line}: {}", error.message())
    })?;
    let as_text = |value| match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        other => bail!("a setting must be a text or a number, not {}", other.type_str()),
    };
    table.into_iter().map(|(name, value)| Ok((name, as_text(value)?))).collect()
}

fn apply(command: Command, values: &BTreeMap<String, String>) -> Result<Command> {
    let known = |name: &str| {
        let with_name = |sub: &Command| sub.get_arguments().any(|arg| arg.get_id() == name);
        name != "config" && command.get_subcommands().any(with_name)
    };
    let unknown: Vec<_> = values.keys().filter(|name| !known(name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        bail!(
            "unknown settings: {}; `anyhook up --help`, or the --help of the service, lists the known ones",
            unknown.join(", ")
        );
    }
    let with_defaults = |sub: Command| {
        sub.mut_args(|arg| match values.get(arg.get_id().as_str()) {
            // Not shown by --help: it may be a secret.
            Some(value) => arg.default_value(value.clone()).hide_default_value(true),
            None => arg,
        })
    };
    Ok(command.mut_subcommands(with_defaults))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn command() -> Command {
        let arg = Arg::new("ingress_addr").long("ingress-addr").default_value("built-in");
        Command::new("anyhook").subcommand(Command::new("up").arg(arg))
    }

    fn ingress_addr(command: Command, args: &[&str]) -> String {
        let matches = command.get_matches_from(args);
        matches.subcommand_matches("up").unwrap().get_one::<String>("ingress_addr").unwrap().clone()
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let with_file = apply(command(), &parse("ingress_addr = \"from-file\"").unwrap()).unwrap();
        assert_eq!(ingress_addr(command(), &["anyhook", "up"]), "built-in");
        assert_eq!(ingress_addr(with_file.clone(), &["anyhook", "up"]), "from-file");
        assert_eq!(ingress_addr(with_file, &["anyhook", "up", "--ingress-addr", "flag"]), "flag");
    }

    #[test]
    fn unknown_and_odd_settings_are_refused() {
        let unknown = apply(command(), &parse("ingress_adr = \"x\"\nother = 1").unwrap()).unwrap_err();
        assert!(unknown.to_string().starts_with("unknown settings: ingress_adr, other"), "{unknown}");
        assert!(parse("a = [1]").is_err());
        assert!(parse("= broken").is_err());
    }

    #[test]
    fn misspelt_variables_are_found() {
        let arg = Arg::new("max_in_flight").long("max-in-flight").env("ANYHOOK_MAX_IN_FLIGHT");
        let command = Command::new("anyhook").subcommand(Command::new("delivery").arg(arg));
        let names = ["PATH", "ANYHOOK_MAX_IN_FLIGHT", "ANYHOOK_MAX_INFLIGHT", "ANYHOOK_TENANTS_PORT_4402_TCP_ADDR"];
        assert_eq!(unknown(&command, names.map(str::to_owned).into_iter()), ["ANYHOOK_MAX_INFLIGHT"]);
    }

    #[test]
    fn a_broken_file_is_not_repeated() {
        let error = format!("{:#}", parse("a = \"fine\"\nservice_token = hunter2\n").unwrap_err());
        assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_error_names_its_line() {
        for (text, line) in [("= x", 1), ("a = 1\n= x", 2), ("a = 1\r\n\r\n= x\n", 3)] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(&format!("line {line}:")), "{text:?}: {error}");
        }
    }

    #[test]
    fn the_file_is_found_on_the_command_line() {
        let named = |args: &[&str]| named_on(args.iter().map(OsString::from));
        assert_eq!(named(&["up", "--config", "a.toml"]), Some("a.toml".into()));
        assert_eq!(named(&["up", "--config=b.toml"]), Some("b.toml".into()));
        assert_eq!(named(&["up"]), None);
    }
}
