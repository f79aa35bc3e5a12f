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
    let table: toml::Table = text.parse().context("is not TOML")?;
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
        bail!("unknown settings: {}; `anyhook up --help` lists the known ones", unknown.join(", "));
    }
    let with_defaults = |sub: Command| {
        sub.mut_args(|arg| match values.get(arg.get_id().as_str()) {
            Some(value) => arg.default_value(value.clone()),
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
    fn the_file_is_found_on_the_command_line() {
        let named = |args: &[&str]| named_on(args.iter().map(OsString::from));
        assert_eq!(named(&["up", "--config", "a.toml"]), Some("a.toml".into()));
        assert_eq!(named(&["up", "--config=b.toml"]), Some("b.toml".into()));
        assert_eq!(named(&["up"]), None);
    }
}
