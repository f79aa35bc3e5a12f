//! Collects what is wrong with the settings, so that it is all said at once.

use std::{
    fmt::Display,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhook_domain::plan::Plan;
use anyhow::{Result, bail};
use bytesize::ByteSize;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::telemetry::LogFormat;

/// Each check gives a value to go on with; it is never used when there is a problem.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<String>);

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
            self.say(name, &format!("is missing: {wanted}"));
            String::new()
        })
    }

    /// A secret, or an address that may hold one: given as it is, or as a file. It is never repeated.
    pub(super) fn secret(&mut self, name: &str, given: Option<String>, file: Option<&Path>) -> Option<String> {
        let given = given.filter(|text| !text.trim().is_empty());
        match (given, file) {
            (Some(_), Some(_)) => {
                self.say(name, &format!("and {}_FILE are both given: keep one of them", variable(name)));
                None
            }
            (Some(text), None) => Some(text.trim().to_owned()),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Some(text.trim().to_owned()),
                Err(error) => {
                    self.say(&format!("{name}-file"), &format!("names {}, which cannot be read: {error}", file.display()));
                    Some(String::new())
                }
            },
            (None, None) => None,
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

    pub(super) fn address(&mut self, name: &str, text: &str) -> SocketAddr {
        let wanted = "an address and a port, such as 127.0.0.1:4400";
        self.check(name, text, text.parse(), wanted, (Ipv4Addr::LOCALHOST, 0).into())
    }

    pub(super) fn url(&mut self, name: &str, text: Option<String>) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let is_base = |url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none();
        let parsed = Url::parse(&text).ok().filter(is_base).ok_or(());
        let parsed = parsed.map(|_| text.trim_end_matches('/').to_owned());
        Some(self.check(name, &text, parsed, "an http:// or https:// URL without a query", String::new()))
    }

    pub(super) fn data_dir(&mut self, folder: Option<PathBuf>) -> PathBuf {
        folder.unwrap_or_else(|| {
            self.say("data-dir", "is missing, and there is no HOME to derive it from: name a folder");
            PathBuf::new()
        })
    }

    pub(super) fn plan(&mut self, name: &str, text: &str) -> Plan {
        let unlimited = Plan::named("unlimited").expect("it is one of the plans");
        let wanted = Plan::names().collect::<Vec<_>>().join(", ");
        self.check(name, text, Plan::named(text).ok_or(()), &format!("one of {wanted}"), unlimited)
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

    pub(super) fn duration(&mut self, name: &str, text: &str) -> Duration {
        self.check(name, text, humantime::parse_duration(text), "a duration such as 30s or 5m", Duration::ZERO)
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
