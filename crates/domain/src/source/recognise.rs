//! Telling a source by its requests, for apps that have none yet.

use super::{Request, SOURCES, Source};

/// Larger bodies are not looked into: that is done once for every source.
const LARGEST_BODY_BYTES: usize = 256 * 1024;

/// What a source's requests have, and others' do not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// Lower case.
    Header(&'static str),
    /// How `User-Agent` begins.
    Agent(&'static str),
    /// A value in the JSON body, by JSON Pointer.
    Member(&'static str),
}

impl Mark {
    fn is_on(self, request: &Request<'_>) -> bool {
        match self {
            Self::Header(name) => request.headers.all(name).next().is_some(),
            Self::Agent(start) => request.headers.text("user-agent").is_some_and(|agent| agent.starts_with(start)),
            Self::Member(pointer) => {
                request.body.len() <= LARGEST_BODY_BYTES && super::json::raw(request.body, pointer).is_some()
            }
        }
    }
}

/// What is left without an event's marks: handshakes, by a parameter of the URL or a header, and whose they are.
const PROBES: &[(Probe, &str)] = &[
    (Probe::Parameter("hub.mode"), "meta"),
    (Probe::Parameter("crc_token"), "x"),
    (Probe::Parameter("validationToken"), "msgraph"),
    (Probe::Parameter("challenge"), "dropbox"),
    (Probe::Header("webhook-request-origin"), "cloudevents"),
    (Probe::Header("ce-id"), "cloudevents"),
    (Probe::Header("x-hook-secret"), "asana"),
    (Probe::Header("x-okta-verification-challenge"), "okta"),
];

#[derive(Clone, Copy, Debug)]
enum Probe {
    Parameter(&'static str),
    Header(&'static str),
}

impl Probe {
    fn is_on(self, request: &Request<'_>) -> bool {
        match self {
            Self::Parameter(name) => request.body.is_empty() && request.parameter(name).is_some(),
            Self::Header(name) => request.headers.all(name).next().is_some(),
        }
    }
}

/// The source whose marks are all on the request, of several the one with the most; or the one that makes such a
/// handshake. Says nothing about its origin:
/// anybody can make these marks.
#[must_use]
pub fn recognise(request: &Request<'_>) -> Option<&'static Source> {
    let marked =
        |source: &&&'static Source| !source.marks.is_empty() && source.marks.iter().all(|it| it.is_on(request));
    // Of equals the first: families come before those that sign like them.
    let best = SOURCES.iter().filter(marked).rev().max_by_key(|source| source.marks.len());
    let probe = || PROBES.iter().find(|(probe, _)| probe.is_on(request));
    best.copied().or_else(|| Source::named(probe()?.1))
}
