//! Logs for people or for machines, and traces for a collector.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogFormat, TelemetrySettings};

/// Keeps telemetry going; flushes it when dropped.
#[derive(Debug)]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = &self.0 {
            // The collector may be away; stopping does not depend on it.
            let _ = traces.shutdown_with_timeout(std::time::Duration::from_secs(2));
        }
    }
}

/// Starts logging and, where a collector is named, tracing under the name of the service.
///
/// # Errors
/// When the collector's address cannot be used.
pub fn start(settings: &TelemetrySettings, service: &'static str) -> Result<Telemetry> {
    let traces = settings.otlp_endpoint.as_deref().map(|endpoint| exporter(endpoint, service)).transpose()?;
    // RabbitMQ's client logs messages that come back with their whole bodies, and the agents' protocol its requests, which
    // may have keys in them.
    let filter = format!("lapin=error,rmcp=warn,{}", settings.filter);
    let filter = EnvFilter::try_new(filter).context("the log filter cannot be read")?;
    let spans = traces.as_ref().map(|traces| tracing_opentelemetry::layer().with_tracer(traces.tracer("anyhook")));
    tracing_subscriber::registry().with(spans).with(logs(settings.format)).with(filter).init();
    Ok(Telemetry(traces))
}

fn logs(format: LogFormat) -> Box<dyn Layer<LoggedTo> + Send + Sync> {
    let is_terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Auto if !is_terminal => layer.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text | LogFormat::Auto => layer.compact().with_target(false).with_ansi(is_terminal).boxed(),
    }
}

type LoggedTo = tracing_subscriber::layer::Layered<
    Option<tracing_opentelemetry::OpenTelemetryLayer<Registry, opentelemetry_sdk::trace::SdkTracer>>,
    Registry,
>;

fn exporter(endpoint: &str, service: &'static str) -> Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .context("the OpenTelemetry collector's address cannot be used")?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
