//! Who sent a request: the source that the app names, or the one that the request looks like.

use anyhook_domain::source::{Config, Reason, Request, Source, Verdict, recognise};

use crate::rejection::Rejection;

/// The source of apps that have none yet.
const AUTO: &str = "auto";

/// The source as which a request is taken, and what it is checked with.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) source: &'static Source,
    pub(crate) config: Config,
    /// The app names no source. INVARIANT: what only looks like a provider's is never called verified.
    pub(crate) is_guess: bool,
}

impl Provider {
    pub(crate) fn of(source: &'static Source, config: Config, request: &Request<'_>) -> Self {
        if source.slug != AUTO {
            return Self { source, config, is_guess: false };
        }
        let source = recognise(request).unwrap_or(source);
        Self { source, config: Config { secrets: Vec::new(), ..config }, is_guess: true }
    }

    /// The path as it is kept and forwarded.
    pub(crate) fn kept_path<'a>(&self, rest: &'a str, verdict: &Verdict) -> &'a str {
        if *verdict == Verdict::Verified { self.source.kept_path(&self.config, rest) } else { rest }
    }

    pub(crate) fn refusal(source: &Source, reason: Reason) -> Rejection {
        Rejection::Signature { reason, silently: source.refuses_silently() }
    }

    /// What may be sent here.
    pub(crate) fn allow(&self) -> &'static str {
        if self.source.takes_get { "GET, POST, PUT, PATCH, DELETE" } else { "POST, PUT, PATCH, DELETE" }
    }
}
