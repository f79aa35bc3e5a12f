//! Collects what is wrong with the settings, so that it is all said at once.

use std::{
    fmt::Display,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, bail};
use bytesize::ByteSize;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::telemetry::LogFormat;

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Each check gives a value to go on with; it is never used when there is a problem.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<String>);

/// What there is of a secret.
pub(super) enum Given {
    Nothing,
    /// It was said what is wrong with it.
    Unusable,
    Text(String),
}

impl Given {
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nothing | Self::Unusable => None,
        }
    }
}

impl Problems {
    pub(super) fn none(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        bail!("{}", self.0.join("\n         "))
    }

    fn check<T, E>(&mut self, name: &str, given: impl Display, parsed: Result<T, E>, wanted: &str, or: T) -> T {
        parsed.unwrap_or_else(|_| {
            self.say(name, &format!("is {given}, but must be {wanted}"));
            or
        })
    }

    pub(super) fn say(&mut self, name: &str, what: &str) {
        self.0.push(format!("{} (--{name}) {what}", variable(name)));
    }

    /// What must be given.
    pub(super) fn required(&mut self, name: &str, given: Option<String>, wanted: &str) -> String {
        given.unwrap_or_else(|| {
            self.missing(name, wanted);
            String::new()
        })
    }

    fn missing(&mut self, name: &str, wanted: &str) {
        self.say(name, &format!("is missing: {wanted}"));
    }

    /// A secret, or an address that may hold one: given as it is, or as a file. It is never repeated.
    pub(super) fn secret(&mut self, name: &str, given: Option<String>, file: Option<&Path>) -> Given {
        let given = given.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        match (given, file) {
            (Some(_), Some(_)) => {
                self.say(name, &format!("and {}_FILE are both given: keep one of them", variable(name)));
                Given::Unusable
            }
            (Some(text), None) => Given::Text(text),
            (None, Some(file)) => self.secret_file(name, file),
            (None, None) => Given::Nothing,
        }
    }

    fn secret_file(&mut self, name: &str, file: &Path) -> Given {
        let name = format!("{name}-file");
        match std::fs::read_to_string(file).map(|text| text.trim().to_owned()) {
            Ok(text) if text.is_empty() => self.say(&name, &format!("names {}, which is empty", file.display())),
            Ok(text) => return Given::Text(text),
            Err(error) => self.say(&name, &format!("names {}, which cannot be read: {error}", file.display())),
        }
        Given::Unusable
    }

    /// A secret that must be given; `None` when there is a problem.
    pub(super) fn required_secret(&mut self, name: &str, given: Given, wanted: &str) -> Option<String> {
        match given {
            Given::Text(text) => Some(text),
            Given::Unusable => None,
            Given::Nothing => {
                self.missing(name, wanted);
                None
            }
        }
    }

    pub(super) fn file(&mut self, name: &str, file: Option<&Path>) -> Option<Vec<u8>> {
        let file = file?;
        let bytes = std::fs::read(file);
        if let Err(error) = &bytes {
            self.say(name, &format!("names {}, which cannot be read: {error}", file.display()));
        }
        Some(bytes.unwrap_or_default())
    }

    /// How names begin that others may share a server with.
    pub(super) fn name(&mut self, name: &str, text: &str) {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=64).contains(&text.len()) || !text.chars().all(is_usual) {
            self.say(name, "must be 1 to 64 letters, digits, or any of - _ .");
        }
    }

    pub(super) fn address(&mut self, name: &str, text: &str) -> SocketAddr {
        let wanted = "an address and a port, such as 127.0.0.1:4400";
        self.check(name, text, text.parse(), wanted, (Ipv4Addr::LOCALHOST, 0).into())
    }

    pub(super) fn url(&mut self, name: &str, text: Option<String>) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let is_base = |url: &Url| {
            let is_bare = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none() && is_bare
        };
        let parsed = Url::parse(&text).ok().filter(is_base).ok_or(());
        let parsed = parsed.map(|_| text.trim_end_matches('/').to_owned());
        Some(self.check(
            name,
            &text,
            parsed,
            "an http:// or https:// URL without a query, fragment or credentials",
            String::new(),
        ))
    }

    pub(super) fn data_dir(&mut self, folder: Option<PathBuf>) -> PathBuf {
        folder.unwrap_or_else(|| {
            self.say("data-dir", "is missing, and there is no HOME to derive it from: name a folder");
            PathBuf::new()
        })
    }

    pub(super) fn nets(&mut self, name: &str, text: &str) -> Vec<IpNet> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty() && *item != "none");
        let parsed = items.map(str::parse).collect::<Result<Vec<IpNet>, _>>();
        self.check(name, text, parsed, "address ranges such as 10.0.0.0/8,fd00::/8, or none", Vec::new())
    }

    pub(super) fn bytes(&mut self, name: &str, text: &str) -> usize {
        let parsed = text.parse::<ByteSize>().ok().and_then(|size| usize::try_from(size.as_u64()).ok());
        let parsed = parsed.filter(|bytes| (1..=32 << 20).contains(bytes)).ok_or(());
        self.check(name, text, parsed, "a size between 1 B and 32 MiB, such as 10 MiB", 0)
    }

    pub(super) fn count(&mut self, name: &str, text: &str) -> usize {
        let parsed = text.parse().ok().filter(|n| (1..=1_000_000).contains(n)).ok_or(());
        self.check(name, text, parsed, "a number between 1 and 1000000", 1)
    }

    pub(super) fn at_most(&mut self, name: &str, text: &str, most: u32) -> u32 {
        let parsed = text.parse().ok().filter(|n| *n <= most).ok_or(());
        self.check(name, text, parsed, &format!("a number between 0 and {most}"), 0)
    }

    pub(super) fn on_or_off(&mut self, name: &str, text: &str) -> bool {
        let parsed = match text.trim() {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(()),
        };
        self.check(name, text, parsed, "on or off", false)
    }

    pub(super) fn duration(&mut self, name: &str, text: &str, least: Duration) -> Duration {
        let parsed = humantime::parse_duration(text).ok().filter(|it| (least..=A_DAY).contains(it)).ok_or(());
        let wanted = format!("a duration between {} and a day, such as 30s or 5m", humantime::format_duration(least));
        self.check(name, text, parsed, &wanted, least)
    }

    pub(super) fn log_format(&mut self, name: &str, text: &str) -> LogFormat {
        let parsed = match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            "auto" => Ok(LogFormat::Auto),
            _ => Err(()),
        };
        self.check(name, text, parsed, "text, json or auto", LogFormat::Auto)
    }

    pub(super) fn log_filter(&mut self, name: &str, text: String) -> String {
        let parsed = EnvFilter::try_new(&text).map(|_| text.clone());
        let wanted = "a level such as info, or directives such as info,anyhook_delivery=debug";
        self.check(name, &text, parsed, wanted, text.clone())
    }
}

/// The environment variable of a flag.
fn variable(flag: &str) -> String {
    match flag {
        "otlp-endpoint" => "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(),
        _ => format!("ANYHOOK_{}", flag.replace('-', "_").to_uppercase()),
    }
}
