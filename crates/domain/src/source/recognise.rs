//! Telling a source by its requests, for apps that have none yet.

use super::{Request, SOURCES, Source};

/// What a source's requests have, and others' do not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// Lower case.
    Header(&'static str),
    /// How `User-Agent` begins.
    Agent(&'static str),
    /// A parameter of the URL, of a request without a body.
    Parameter(&'static str),
    /// A value in the JSON body, by JSON Pointer.
    Member(&'static str),
}

impl Mark {
    fn is_on(self, request: &Request<'_>) -> bool {
        match self {
            Self::Header(name) => request.headers.all(name).next().is_some(),
            Self::Agent(start) => request.headers.text("user-agent").is_some_and(|agent| agent.starts_with(start)),
            Self::Parameter(name) => request.body.is_empty() && request.parameter(name).is_some(),
            Self::Member(pointer) => super::json::raw(request.body, pointer).is_some(),
        }
    }
}

/// The source whose marks are all on the request; of several the one with the most. Says nothing about its origin:
/// anybody can make these marks.
#[must_use]
pub fn recognise(request: &Request<'_>) -> Option<&'static Source> {
    let marked = |source: &&&'static Source| !source.marks.is_empty() && source.marks.iter().all(|it| it.is_on(request));
    // Of equals the first: families come before those that sign like them.
    let best = SOURCES.iter().filter(marked).rev().max_by_key(|source| source.marks.len());
    best.copied()
}
