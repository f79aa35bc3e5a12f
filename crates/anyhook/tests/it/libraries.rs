//! What providers' official libraries sign is accepted by a running `anyhook up`, and what AnyHook signs in a
//! provider's name is accepted by the libraries; neither accepts what was changed on its way.

mod programs;

use std::collections::{BTreeMap, BTreeSet};

use anyhook_domain::{
    Timestamp,
    secret::Secret,
    source::{Mock, SOURCES, SecretUse, Source, Wanted},
};
use http::Method;
use programs::{Library, Program};
use serde_json::{Value, json};

use crate::{binary, client::Api};

/// Sources for which no official library on npm or PyPI signs or checks anything, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("asana", "its libraries call the API only"),
    ("assemblyai", "a header is compared"),
    ("auto", "no provider"),
    ("azure-eventgrid", "a property is compared"),
    ("basic", "no provider"),
    ("bitbucket", "no library"),
    ("cloudevents", "its libraries write and read events, and sign nothing"),
    ("dropbox", "its libraries call the API only"),
    ("fal", "its libraries call the API only"),
    ("generic", "no provider"),
    ("hmac", "no provider"),
    ("huggingface", "a header is compared"),
    ("intercom", "its libraries call the API only"),
    ("lemonsqueezy", "its library calls the API only"),
    ("mailgun", "its libraries call the API only"),
    ("meta", "no library for webhooks"),
    ("msgraph", "a text in the body is compared"),
    ("okta", "a header is compared"),
    ("paypal", "its library asks PayPal; the one that checked is no longer maintained"),
    ("runpod", "a part of the URL is compared"),
    ("sentry", "its libraries send errors to Sentry only"),
    ("token", "no provider"),
    ("twitch", "no library"),
    ("typeform", "its library calls the API only"),
    ("vercel", "its library calls the API only"),
    ("woocommerce", "its library calls the API only"),
    ("x", "its libraries call the API only"),
    ("xero", "its libraries call the API only"),
];

/// What an example's ids and, where none is given, its secret are made of.
type Entropy = [u8; 32];

/// That of all apps' secrets.
const SECRET: Entropy = [7; 32];

/// Bodies and forms that are easily taken for others: whoever reads and writes them again signs something else.
const ODD_BODIES: [&str; 7] =
    ["\u{feff}{\"a\":1}", "{\"a\":1}\r\n", "  1\n", "{\"a\":\"\u{2028}\\u00e9\\ud83d 1\"}", "not JSON 1", "\0 1", "é1"];
const ODD_FORMS: [&str; 7] = [
    "a=1&a=2&b",
    "=x1",
    "a;b=1",
    "+=+1",
    "a=%2B1&A=1&_=2&%C3%A9=1&z%F0%9F%8E%89=1&%EE%80%80=1",
    "a[]=1&a[0]=2",
    "x=%00%0d%0a1",
];

struct App {
    source: &'static Source,
    slug: String,
    url: String,
    secret: Option<String>,
    n_accepted: usize,
    n_turned_away: usize,
}

struct Suite {
    api: Api,
    apps: BTreeMap<&'static str, App>,
    n_fresh: u8,
    failures: Vec<String>,
}

/// A request on its way to AnyHook and to the libraries.
#[derive(Clone)]
struct Sent {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
}

#[expect(clippy::disallowed_methods, reason = "libraries compare with the wall clock")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap())
}

fn example(app: &App, url: &str, body: Option<String>, entropy: Entropy) -> Mock {
    let secret = app.secret.clone().filter(|_| app.source.slug == "gitlab").map(Secret::new);
    let body = body.map(String::into_bytes);
    let options = serde_json::Map::default();
    app.source.mock(Wanted { url: url.to_owned(), secret, options, body, now: now(), entropy }).unwrap()
}

/// The same with texts that are not ASCII, with an empty and a repeated field.
fn richer(body: &str) -> String {
    match body.find('{') {
        Some(at) => format!("{}{{\"note\":\"Grüße 🎉\",{}", &body[..at], &body[at + 1..]),
        None => format!("{body}&Body=Gr%C3%BC%C3%9Fe+%26+%F0%9F%8E%89%20%2b&Empty=&Media=b&Media=a&Media=a"),
    }
}

/// Another digit in the place of the last one: every example ends with something that is signed.
fn changed(body: &str) -> String {
    let at = body.rfind(|c: char| c.is_ascii_digit()).expect("every example has a digit");
    let other = if &body[at..=at] == "1" { "2" } else { "1" };
    format!("{}{other}{}", &body[..at], &body[at + 1..])
}

impl Sent {
    fn of(mock: &Mock) -> Self {
        let body = String::from_utf8(mock.body.clone()).unwrap();
        let headers = mock.headers.iter().cloned().collect();
        Self { method: mock.method.clone(), url: mock.url.clone(), headers, body }
    }

    /// What must be noticed: another body, and another signature in each header that has one.
    fn tampered(&self) -> Vec<(String, Self)> {
        let mut all = vec![("a changed body".to_owned(), Self { body: changed(&self.body), ..self.clone() })];
        let signs = |name: &str| name.contains("signature") || name.contains("hmac");
        for (name, value) in self.headers.iter().filter(|(name, value)| signs(name) && value.len() > 20) {
            let at = value.len() * 3 / 4;
            let other = if &value[at..=at] == "a" { "b" } else { "a" };
            let mut copy = self.clone();
            copy.headers.insert(name.clone(), format!("{}{other}{}", &value[..at], &value[at + 1..]));
            all.push((format!("a changed {name}"), copy));
        }
        all
    }

    async fn post(&self, api: &Api) -> u16 {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        api.request(method, &self.url, &headers, self.body.as_bytes()).await.status
    }

    fn task(&self, secret: Option<&str>, mock: &Mock) -> Value {
        let resources: BTreeMap<_, _> =
            mock.resources.iter().map(|(url, bytes)| (url, String::from_utf8_lossy(bytes))).collect();
        json!({
            "secret": secret, "method": self.method, "url": self.url, "headers": self.headers, "body": self.body,
            "resources": resources,
        })
    }
}

impl Suite {
    /// The provider's app, made when it is first asked for.
    async fn app(&mut self, provider: &str) -> &'static str {
        let source = Source::named(provider).unwrap_or_else(|| panic!("there is no source {provider}"));
        if !self.apps.contains_key(source.slug) {
            let mut app =
                App { source, slug: String::new(), url: String::new(), secret: None, n_accepted: 0, n_turned_away: 0 };
            app.secret = match source.slug {
                // Its plain tokens are not signatures.
                "gitlab" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
                _ if source.secret == SecretUse::Published => None,
                _ => example(&app, "https://in.example.com", None, SECRET).secret.map(|it| it.expose().to_owned()),
            };
            let wanted = json!({ "name": provider, "source": provider, "secret": app.secret });
            let made = self.api.post("/api/v1/apps", wanted).await.expect(201);
            made["slug"].as_str().unwrap().clone_into(&mut app.slug);
            made["inboundUrl"].as_str().unwrap().clone_into(&mut app.url);
            self.apps.insert(source.slug, app);
        }
        source.slug
    }

    /// An example's body and a richer one, and the URLs to which they go.
    fn bodies(&self, provider: &str, entropy: Entropy) -> [(String, String); 2] {
        let app = &self.apps[provider];
        let body = String::from_utf8(example(app, &app.url, None, entropy).body).unwrap();
        let deeper = format!("{}/more?customId=12%2F3&q=a%20b", app.url);
        [(app.url.clone(), body.clone()), (deeper, richer(&body))]
    }

    /// Bodies that are no example's, for those who sign whatever they are given.
    fn odd_bodies(&self, provider: &str) -> Vec<(String, String)> {
        let bodies: &[&str] = match provider {
            "adyen" => &[],
            "twilio" => &ODD_FORMS,
            _ => &ODD_BODIES,
        };
        let url = format!("{}/x%2Fy?q=https%3A%2F%2Fa.example%2F&r='()!*@$,;:&s=a+b", self.apps[provider].url);
        bodies.iter().map(|body| (url.clone(), (*body).to_owned())).collect()
    }

    /// With it, ids are others than in all examples before.
    fn fresh(&mut self) -> Entropy {
        self.n_fresh += 1;
        let mut entropy = SECRET;
        entropy[20] += self.n_fresh;
        entropy
    }

    fn assert(&mut self, holds: bool, failure: impl FnOnce() -> String) {
        if !holds {
            self.failures.push(failure());
        }
    }

    /// AnyHook's own judgement of a request and of its tampered copies.
    async fn send(&mut self, provider: &str, by: &str, sent: &Sent) {
        let status = sent.post(&self.api).await;
        self.assert((200..300).contains(&status), || {
            format!("{provider}: AnyHook answers {status} to what {by} signed: {}", sent.body)
        });
        let mut n_turned_away = 0;
        for (what, copy) in sent.tampered() {
            let status = copy.post(&self.api).await;
            self.assert(status == 401, || format!("{provider}: AnyHook answers {status} to {what} after {by}"));
            n_turned_away += 1;
        }
        let app = self.apps.get_mut(provider).unwrap();
        app.n_accepted += 1;
        app.n_turned_away += n_turned_away;
    }

    /// The library signs, AnyHook judges.
    async fn signs(&mut self, program: &mut Program, at: usize, library: &Library) {
        let Library { provider, name } = library;
        let provider = self.app(provider).await;
        let entropy = self.fresh();
        let odd = self.odd_bodies(provider);
        for (url, body) in self.bodies(provider, entropy).into_iter().chain(odd) {
            let task = json!({ "sign": at, "secret": self.apps[provider].secret, "url": url, "body": body });
            let signed = program.ask(&task);
            let mut headers: BTreeMap<String, String> = serde_json::from_value(signed["headers"].clone()).unwrap();
            headers.entry("content-type".to_owned()).or_insert_with(|| "application/json".to_owned());
            let text = |name: &str| signed[name].as_str().unwrap().to_owned();
            let sent = Sent { method: "POST".to_owned(), url: text("url"), headers, body: text("body") };
            self.send(provider, name, &sent).await;
        }
    }

    /// AnyHook signs, and judges; then each of the provider's libraries does.
    async fn checks(&mut self, programs: &mut [Program], provider: &str) {
        let provider = self.app(provider).await;
        for (url, body) in self.bodies(provider, SECRET) {
            let app = &self.apps[provider];
            let is_published = app.source.secret == SecretUse::Published;
            let secret = app.secret.clone();
            let mock = example(app, &url, Some(body), SECRET);
            let sent = Sent::of(&mock);
            // What only the provider can sign is judged by `tools/verify` alone, as its tests do.
            if !is_published {
                self.send(provider, "Source::mock", &sent).await;
            }
            for program in &mut *programs {
                for (at, library) in program.checkers_of(provider) {
                    let mut ask = |sent: &Sent| {
                        let mut task = sent.task(secret.as_deref(), &mock);
                        task["check"] = at.into();
                        program.ask(&task)
                    };
                    let said = ask(&sent);
                    self.assert(said["valid"] == true, || {
                        format!("{provider}: {library} refuses the example: {}: {}", said["why"], sent.body)
                    });
                    for (what, copy) in sent.tampered() {
                        self.assert(ask(&copy)["valid"] == false, || format!("{provider}: {library} accepts {what}"));
                    }
                }
            }
        }
    }

    /// Each app has the events that were accepted, all of them verified, and those that were turned away.
    async fn look_at_events(&mut self) {
        for app in std::mem::take(&mut self.apps).into_values() {
            let path = format!("/api/v1/events?app_slug={}&limit=200", app.slug);
            let page = self.api.get(&path).await.expect(200);
            let events = page["events"].as_array().unwrap();
            let n = |valid: bool| events.iter().filter(|event| event["signatureValid"] == valid).count();
            let (seen, expected) = ((n(true), n(false), events.len()), (app.n_accepted, app.n_turned_away));
            self.assert(seen == (expected.0, expected.1, expected.0 + expected.1), || {
                format!("{}: events verified, rejected, all: {seen:?}, not {expected:?}", app.slug)
            });
        }
    }
}

fn every_source_is_covered_or_explained(programs: &[Program]) {
    let covered: BTreeSet<_> = programs.iter().flat_map(Program::providers).collect();
    let explained: BTreeSet<_> = WITHOUT.iter().map(|(slug, _)| (*slug).to_owned()).collect();
    assert!(covered.is_disjoint(&explained), "{:?}", covered.intersection(&explained));
    let all: BTreeSet<_> = SOURCES.iter().map(|source| source.slug.to_owned()).collect();
    assert_eq!(covered.union(&explained).cloned().collect::<BTreeSet<_>>(), all);
}

#[tokio::test]
async fn official_libraries_and_anyhook_agree() {
    let Some(mut programs) = programs::start() else { return };
    every_source_is_covered_or_explained(&programs);
    let folder = tempfile::tempdir().unwrap();
    let process = binary::start(folder.path());
    let (api, _) = binary::owner(&process).await;
    let mut suite = Suite { api, apps: BTreeMap::new(), n_fresh: 0, failures: Vec::new() };
    for program in &mut programs {
        for (at, library) in program.signers.clone().iter().enumerate() {
            suite.signs(program, at, library).await;
        }
    }
    let checked: BTreeSet<_> = programs.iter().flat_map(|it| &it.checkers).map(|it| it.provider.clone()).collect();
    for provider in checked {
        suite.checks(&mut programs, &provider).await;
    }
    suite.look_at_events().await;
    assert!(suite.failures.is_empty(), "{} failures:\n{}", suite.failures.len(), suite.failures.join("\n"));
}
