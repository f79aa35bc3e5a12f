//! Handshakes, and what is answered to them.

use anyhook_domain::{
    Timestamp,
    source::{Config, Handshake, Reply, Request, Source, Verdict},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Outcome, case};

#[derive(Deserialize)]
pub(super) struct Case {
    id: String,
    provider: String,
    #[serde(default)]
    tier: String,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    public_key: Option<String>,
    now: i64,
    request: Sent,
    #[serde(default)]
    resources: Option<case::Stubs>,
    #[serde(default)]
    expect_outbound: Option<Vec<Outbound>>,
    expect_response: Expected,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    path_query: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body_base64: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Outbound {
    method: String,
    url: String,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

/// What an answer has to be like; what is absent may be anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Expected {
    status: Option<u16>,
    status_one_of: Option<Vec<u16>>,
    headers: Map<String, Value>,
    headers_absent: Vec<String>,
    body_json: Option<Value>,
    body_base64: Option<String>,
    body_base64_one_of: Option<Vec<String>>,
    any_of: Vec<Expected>,
}

/// What a gateway does about a request: its answer, and what it asks for on the way.
struct Done {
    reply: Reply,
    outbound: Vec<Outbound>,
}

impl Done {
    const fn only(reply: Reply) -> Self {
        Self { reply, outbound: Vec::new() }
    }
}

impl Case {
    pub(super) fn play(&self) -> Outcome {
        let id = self.id.clone();
        let (got, wrong) = match self.answer() {
            Ok(done) => (shown(&done.reply), self.differences(&done)),
            Err(why) => ("no answer".to_owned(), Some(why)),
        };
        match wrong {
            _ if self.tier == "informational" => Outcome::Open { id, got },
            None => Outcome::Ok(id),
            Some(why) => Outcome::Failed { id, why: format!("{why}; got {got}") },
        }
    }

    fn answer(&self) -> Result<Done, String> {
        let source = case::source(&self.provider)?;
        let config = case::config(source, self.secret.as_deref().or(self.public_key.as_deref()), &self.config);
        let (headers, body) =
            (case::headers(&self.request.headers), case::decode(self.request.body_base64.as_deref().unwrap_or(""))?);
        let url = format!("https://in.example.test{}", self.request.path_query);
        let request = Request { method: &self.request.method, url: &url, headers: &headers, body: &body };
        self.react(source, &request, &config)
    }

    fn react(&self, source: &Source, request: &Request<'_>, config: &Config) -> Result<Done, String> {
        let none = case::Stubs::new();
        let stubs = self.resources.as_ref().unwrap_or(&none);
        let verify = || case::verify(source, request, config, stubs, Timestamp::from_unix_seconds(self.now));
        let refused = |status| Done::only(refusal(source, status));
        Ok(match source.handshake(request, config) {
            Some(Handshake::Answer(reply)) => Done::only(reply),
            Some(Handshake::Signed(reply)) => match verify()? {
                Verdict::Rejected(_) => refused(401),
                Verdict::Verified | Verdict::NotChecked => Done::only(reply),
            },
            Some(Handshake::Confirm { url, reply }) => match verify()? {
                Verdict::Verified => confirm(url, reply, stubs),
                Verdict::Rejected(_) | Verdict::NotChecked => refused(401),
            },
            Some(Handshake::Learn { reply, .. }) if config.secrets.is_empty() => Done::only(reply),
            Some(Handshake::Learn { .. } | Handshake::Refuse(_)) => refused(403),
            None if request.method == "HEAD" => Done::only(Reply::empty(200)),
            None if request.method == "OPTIONS" => Done::only(Reply::empty(204)),
            None if request.method == "GET" && !source.takes_get => refused(405),
            None => match verify()? {
                Verdict::Rejected(_) => refused(401),
                Verdict::Verified | Verdict::NotChecked => {
                    Done::only(source.accepted(request).unwrap_or_else(|| Reply::json(&json!({ "id": "evt_0" }))))
                }
            },
        })
    }

    /// What is not as expected, in words.
    fn differences(&self, done: &Done) -> Option<String> {
        let expected = self.expect_outbound.as_ref().filter(|expected| **expected != done.outbound);
        if let Some(expected) = expected {
            return Some(format!("expected these outgoing requests: {expected:?}, got {:?}", done.outbound));
        }
        self.expect_response.differs(&done.reply)
    }
}

fn confirm(url: String, reply: Reply, stubs: &case::Stubs) -> Done {
    let is_confirmed = stubs.get(&url).is_some_and(case::Stub::is_success);
    let outbound = vec![Outbound { method: "GET".to_owned(), url, times: 1 }];
    Done { reply: if is_confirmed { reply } else { Reply::empty(503) }, outbound }
}

fn refusal(source: &Source, status: u16) -> Reply {
    if status == 401 && source.refuses_silently() {
        return Reply::empty(status);
    }
    Reply { status, ..Reply::json(&json!({ "error": "refused" })) }
}

impl Expected {
    fn differs(&self, reply: &Reply) -> Option<String> {
        let statuses: Vec<u16> = self.status.into_iter().chain(self.status_one_of.iter().flatten().copied()).collect();
        if !statuses.is_empty() && !statuses.contains(&reply.status) {
            return Some(format!("expected status {statuses:?}"));
        }
        for (name, wanted) in &self.headers {
            let given =
                reply.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            if !given.is_some_and(|given| is_as_wanted(given, wanted.as_str().unwrap_or_default())) {
                return Some(format!("expected header {name}: {wanted}, got {given:?}"));
            }
        }
        if let Some(name) = self.headers_absent.iter().find(|name| reply.headers.iter().any(|(it, _)| it == name)) {
            return Some(format!("header {name} is there"));
        }
        if let Some(json) = &self.body_json
            && serde_json::from_slice::<Value>(&reply.body).ok().as_ref() != Some(json)
        {
            return Some(format!("expected body {json}"));
        }
        let bodies: Vec<&String> = self.body_base64.iter().chain(self.body_base64_one_of.iter().flatten()).collect();
        if !bodies.is_empty() && !bodies.iter().any(|it| case::decode(it).is_ok_and(|body| body == reply.body)) {
            return Some(format!("expected body {bodies:?}"));
        }
        let others: Vec<_> = self.any_of.iter().map(|it| it.differs(reply)).collect();
        let none_fits = !others.is_empty() && others.iter().all(Option::is_some);
        none_fits.then(|| {
            format!("none of the answers fits: {}", others.into_iter().flatten().collect::<Vec<_>>().join(", "))
        })
    }
}

/// Whether a header is as wanted: `a or b`, `a (parameters allowed)`; `*` is a word.
fn is_as_wanted(given: &str, wanted: &str) -> bool {
    let (wanted, note) = wanted.split_once(" (").unwrap_or((wanted, ""));
    let allowed = note.starts_with("parameters allowed");
    let bare = if allowed { given.split(';').next().unwrap_or_default().trim() } else { given };
    wanted.split(" or ").any(|wanted| {
        given == wanted
            || bare == wanted
            || (wanted == "a positive integer" && given.parse::<u32>().is_ok_and(|n| n > 0))
    })
}

fn shown(reply: &Reply) -> String {
    format!("{} {:?} {:?}", reply.status, reply.headers, String::from_utf8_lossy(&reply.body))
}
