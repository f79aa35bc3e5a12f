//! What is told to the outside about the process itself.

use clap::Args;

use super::problems::Problems;

#[derive(Clone, Args)]
pub(super) struct TelemetryArgs {
    /// text, json, or auto: text on a terminal
    #[arg(long, env = "ANYHOOK_LOG_FORMAT", default_value = "auto", value_name = "FORMAT")]
    log_format: String,
    /// What is logged: a level, or directives such as info,anyhook_delivery=debug
    #[arg(long, env = "ANYHOOK_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// OpenTelemetry collector that traces go to, over gRPC
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<String>,
}

#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    pub format: LogFormat,
    pub filter: String,
    pub otlp_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
    /// Text on a terminal, JSON otherwise.
    Auto,
}

impl TelemetryArgs {
    pub(super) fn check(self, problems: &mut Problems) -> TelemetrySettings {
        TelemetrySettings {
            format: problems.log_format("log-format", &self.log_format),
            filter: problems.log_filter("log", self.log),
            otlp_endpoint: problems.url("otlp-endpoint", self.otlp_endpoint),
        }
    }
}
