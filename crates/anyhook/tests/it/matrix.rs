//! Every route of the API's description × everybody who may call it × ids of their own tenant, of another tenant and of
//! nobody. New routes join by themselves.

use std::collections::BTreeMap;

use anyhook_dashboard::permissions::{Reach, Rule, rule_of};
use anyhook_domain::access::{Role, Scope};
use http::Method;
use serde_json::{Value, json};

use crate::{
    client::Reply,
    harness::{Harness, Running, sign_up},
};

const PASSWORD: &str = "correct horse battery";

/// They end the session of whoever calls them: only their refusals are looked at.
const ENDING: &[&str] = &["/api/v1/team/leave", "/api/v1/logout"];

/// Whoever calls.
struct Actor {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    is: Is,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Nobody,
    Member(Role),
    Key(Scope),
    /// A key of the tenant's that does not reach the app.
    Limited(Scope),
    /// Of another tenant, where it may do everything.
    Stranger,
    StrangersKey,
}

/// An operation of the description.
struct Operation {
    method: Method,
    path: String,
    rule: Rule,
    /// Asks for no credential.
    is_open: bool,
    /// Asks for another credential than a key or a session.
    is_others: bool,
    is_stream: bool,
    query: Vec<String>,
    body: Option<Value>,
}

/// What stands in a path or a query: of the tenant, and of nobody.
struct Ids(BTreeMap<&'static str, [String; 2]>);

/// Which of the two.
#[derive(Clone, Copy)]
enum Whose {
    Tenants = 0,
    Nobodys = 1,
}

/// What must be alike, whoever's the ids are.
#[derive(Debug, PartialEq)]
struct Said {
    status: u16,
    body: Value,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(anyhook_dashboard::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, details) in item.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let security = details.get("security").unwrap_or(&document["security"]);
            let asks_for = |name: &str| security.as_array().unwrap().iter().any(|it| it.get(name).is_some());
            let is_open = *security == json!([{}]);
            let parameters = details["parameters"].as_array().into_iter().flatten();
            let in_query =
                parameters.filter(|it| it["in"] == "query").map(|it| it["name"].as_str().unwrap().to_owned());
            operations.push(Operation {
                rule: rule_of(&method, path),
                is_open,
                is_others: !is_open && !asks_for("api_key") && !asks_for("session"),
                is_stream: details["responses"]["200"]["content"].get("text/event-stream").is_some(),
                query: in_query.collect(),
                body: details.get("requestBody").map(|it| example_of(it, &document)),
                method,
                path: path.clone(),
            });
        }
    }
    operations
}

/// The example of a request's body: what a call says that is about more than its path.
fn example_of(body: &Value, document: &Value) -> Value {
    let content = &body["content"]["application/json"];
    let reference = content["schema"]["$ref"].as_str().unwrap_or_default();
    let schema = document.pointer(reference.trim_start_matches('#')).unwrap_or(&content["schema"]);
    [&content["example"], &schema["example"], &schema["examples"][0]]
        .into_iter()
        .find(|it| !it.is_null())
        .cloned()
        .unwrap_or_else(|| json!({}))
}

impl Operation {
    /// One that says something, and one that says nothing.
    fn bodies(&self) -> Vec<Option<Value>> {
        self.body.as_ref().map_or_else(|| vec![None], |body| vec![Some(body.clone()), Some(json!({}))])
    }
}

impl Ids {
    /// An id by the path's part before it and its name, or a query parameter by its name.
    fn get(&self, place: &str, whose: Whose) -> &str {
        let ids = self.0.get(place).unwrap_or_else(|| panic!("{place}: say in Ids::of what stands there"));
        &ids[whose as usize]
    }

    async fn of(running: &Running, viewer: &str) -> Self {
        let event = running.send("{}").await;
        running.event_with_status(&event, "success").await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let invited = json!({ "email": "guest@example.com", "role": "viewer" });
        let invitation = running.api.post("/api/v1/team/invitations", invited).await.expect(201);
        let keys = running.api.get("/api/v1/api-keys").await.expect(200);
        let tenant = running.api.get("/api/v1/tenant").await.expect(200);
        let slug = text(&running.app["slug"]);
        let replay = running.api.post("/api/v1/replays", json!({ "filter": { "app_slug": slug } })).await;
        let replay = text(&serde_json::from_slice::<Value>(&replay.body).unwrap()["id"]);
        let id = |prefix: &str| format!("{prefix}_01h455vb4pex5vsknk084sn02q");
        let ids = [
            ("apps/{slug}", [slug.clone(), "no-such-app".into()]),
            ("destinations/{id}", [text(&running.app["destinations"][0]["id"]), id("dst")]),
            ("events/{id}", [event, id("evt")]),
            ("api-keys/{id}", [text(&keys["apiKeys"][0]["id"]), id("key")]),
            ("invitations/{id}", [text(&invitation["id"]), id("inv")]),
            ("members/{id}", [viewer.to_owned(), id("usr")]),
            ("replays/{id}", [replay, id("rpl")]),
            ("sessions/{id}", [id("ses"), id("ses").replace("2q", "2r")]),
            ("tenants/{id}", [text(&tenant["id"]), id("ten")]),
            ("users/{email}", ["owner@example.com".into(), "nobody@example.com".into()]),
            ("identities/{id}", [id("idt"), id("idt").replace("2q", "2r")]),
            ("app_slug", [slug, "no-such-app".into()]),
            ("destination_id", [text(&running.app["destinations"][0]["id"]), id("dst")]),
        ];
        Self(ids.into_iter().collect())
    }

    fn path(&self, operation: &Operation, whose: Whose) -> String {
        let mut path = String::new();
        let mut before = "";
        for part in operation.path.split('/').skip(1) {
            path.push('/');
            path += if part.starts_with('{') { self.get(&format!("{before}/{part}"), whose) } else { part };
            before = part;
        }
        let named = operation.query.iter().filter(|name| self.0.contains_key(name.as_str()));
        let query: Vec<_> = named.map(|name| format!("{name}={}", self.get(name, whose))).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// An answer that repeats what was asked about says it in different words for each.
    fn masked(&self, body: &[u8], whose: Whose) -> Value {
        let mut text = String::from_utf8_lossy(body).into_owned();
        for ids in self.0.values() {
            text = text.replace(&ids[whose as usize], "…");
        }
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }
}

impl Actor {
    fn key(name: &'static str, key: &Value, is: Is) -> Self {
        Self { name, headers: vec![("authorization", format!("Bearer {}", key.as_str().unwrap()))], is }
    }

    fn session(name: &'static str, reply: &Reply, is: Is) -> Self {
        let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { name, headers: vec![("cookie", cookie), ("sec-fetch-site", "same-origin".into())], is }
    }

    async fn call(&self, running: &Running, operation: &Operation, path: &str, body: Option<&Value>) -> Reply {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let mut headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push(("content-type", "application/json"));
        let url = format!("{}{path}", running.dashboard_url);
        let reply = running.api.request(operation.method.clone(), &url, &headers, &body).await;
        assert!(reply.status < 500, "{}: {} {path}: {reply:?}", self.name, operation.method);
        reply
    }

    fn is_allowed(&self, operation: &Operation) -> bool {
        let permission = operation.rule.action.permission();
        let by_scope = |scope| permission.scope.is_some_and(|least| scope >= least);
        match self.is {
            Is::Nobody => false,
            Is::Member(role) => permission.role.is_some_and(|least| role >= least),
            Is::Key(scope) => by_scope(scope),
            Is::Limited(scope) => by_scope(scope) && operation.rule.reach != Reach::Whole,
            Is::Stranger => permission.role.is_some(),
            Is::StrangersKey => permission.scope.is_some(),
        }
    }

    /// Ids of the tenant are as good as ids of nobody.
    fn finds_nothing(&self) -> bool {
        matches!(self.is, Is::Limited(_) | Is::Stranger | Is::StrangersKey)
    }
}

async fn join(running: &Running, name: &'static str, role: Role) -> (Actor, String) {
    let email = format!("{name}@example.com");
    let invited = json!({ "email": email, "role": role.as_str() });
    let invited = running.api.post("/api/v1/team/invitations", invited).await.expect(201);
    let taken = json!({ "token": invited["token"], "password": PASSWORD });
    let reply = running.api.with_key(None).post("/api/v1/invitations/accept", taken).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let team = running.api.get("/api/v1/team").await.expect(200);
    let member = team["members"].as_array().unwrap().iter().find(|it| it["email"] == email).unwrap();
    (Actor::session(name, &reply, Is::Member(role)), member["userId"].as_str().unwrap().to_owned())
}

async fn key(running: &Running, name: &'static str, wanted: Value, is: Is) -> Actor {
    let made = running.api.post("/api/v1/api-keys", wanted).await.expect(201);
    Actor::key(name, &made["key"], is)
}

/// Everybody, and the viewer's user id.
async fn actors(running: &Running) -> (Vec<Actor>, String) {
    let anonymous = running.api.with_key(None);
    let other = json!({ "name": "Other", "source": "generic", "destinations": [{ "url": running.handler.url("/o") }] });
    let other = running.api.post("/api/v1/apps", other).await.expect(201);
    let login = json!({ "email": "owner@example.com", "password": PASSWORD });
    let owner = anonymous.post("/api/v1/login", login).await;
    let stranger = anonymous.post("/api/v1/signup", sign_up("stranger@example.com", "Strange")).await;
    let strange_key = serde_json::from_slice::<Value>(&stranger.body).unwrap()["apiKey"].clone();
    let (viewer, viewer_id) = join(running, "viewer", Role::Viewer).await;
    let mut actors = vec![
        Actor { name: "nobody", headers: Vec::new(), is: Is::Nobody },
        viewer,
        join(running, "member", Role::Member).await.0,
        join(running, "admin", Role::Admin).await.0,
        Actor::session("owner", &owner, Is::Member(Role::Owner)),
        Actor::session("stranger", &stranger, Is::Stranger),
        Actor::key("a stranger's key", &strange_key, Is::StrangersKey),
    ];
    let limited = |scope: &str| json!({ "name": "limited", "scope": scope, "apps": [other["slug"]] });
    for (name, wanted, is) in [
        ("read", json!({ "name": "read", "scope": "read" }), Is::Key(Scope::Read)),
        ("write", json!({ "name": "write", "scope": "write" }), Is::Key(Scope::Write)),
        ("admin key", json!({ "name": "admin", "scope": "admin" }), Is::Key(Scope::Admin)),
        ("limited to read", limited("read"), Is::Limited(Scope::Read)),
        ("limited", limited("admin"), Is::Limited(Scope::Admin)),
    ] {
        actors.push(key(running, name, wanted, is).await);
    }
    (actors, viewer_id)
}

struct Matrix {
    running: Running,
    ids: Ids,
    failures: Vec<String>,
}

impl Matrix {
    async fn said(&self, actor: &Actor, operation: &Operation, whose: Whose, body: Option<&Value>) -> Said {
        let path = self.ids.path(operation, whose);
        let reply = actor.call(&self.running, operation, &path, body).await;
        Said { status: reply.status, body: self.ids.masked(&reply.body, whose) }
    }

    fn assert(&mut self, holds: bool, failure: impl FnOnce() -> String) {
        if !holds {
            self.failures.push(failure());
        }
    }

    async fn look(&mut self, actor: &Actor, operation: &Operation) {
        let what = format!("{}: {} {}", actor.name, operation.method, operation.path);
        if operation.is_open {
            return;
        }
        if operation.is_others || !actor.is_allowed(operation) {
            return self.is_refused(actor, operation, &what).await;
        }
        let names_something = self.ids.path(operation, Whose::Tenants) != self.ids.path(operation, Whose::Nobodys);
        if actor.finds_nothing() && names_something {
            self.finds_nothing(actor, operation, &what).await;
        } else if !ENDING.contains(&operation.path.as_str()) {
            self.gets_through(actor, operation, names_something, &what).await;
        }
    }

    async fn is_refused(&mut self, actor: &Actor, operation: &Operation, what: &str) {
        let (status, code) = match actor.is {
            Is::Nobody => (401, "unauthenticated"),
            // To whoever is no operator, there is nothing.
            _ if operation.rule.action.permission().role.is_none() => (404, "not_found"),
            _ => (403, "forbidden"),
        };
        for body in operation.bodies() {
            let known = self.said(actor, operation, Whose::Tenants, body.as_ref()).await;
            let unknown = self.said(actor, operation, Whose::Nobodys, body.as_ref()).await;
            self.assert(known == unknown, || format!("{what}: {known:?}, but {unknown:?}"));
            let is_as_expected = known.status == status && known.body["code"] == code;
            self.assert(is_as_expected || operation.is_others, || format!("{what}: {known:?}, not {status}"));
            self.assert((400..500).contains(&known.status), || format!("{what}: {known:?}, not refused"));
        }
    }

    /// Whatever is wrong with the body besides.
    async fn finds_nothing(&mut self, actor: &Actor, operation: &Operation, what: &str) {
        let mut n_not_found = 0;
        for body in operation.bodies() {
            let known = self.said(actor, operation, Whose::Tenants, body.as_ref()).await;
            let unknown = self.said(actor, operation, Whose::Nobodys, body.as_ref()).await;
            self.assert(known == unknown, || format!("{what}: {known:?}, but {unknown:?}"));
            self.assert((400..500).contains(&known.status), || format!("{what}: {known:?}, not refused"));
            n_not_found += u32::from(known.status == 404 && known.body["code"] == "not_found");
        }
        self.assert(n_not_found > 0, || format!("{what}: never 404"));
    }

    /// What changes something is called with nobody's ids, or with an empty body, so that it changes nothing.
    async fn gets_through(&mut self, actor: &Actor, operation: &Operation, names_something: bool, what: &str) {
        if operation.is_stream {
            return;
        }
        let is_look = operation.method == Method::GET;
        let path = self.ids.path(operation, if is_look { Whose::Tenants } else { Whose::Nobodys });
        let body = operation.body.as_ref().map(|_| json!({}));
        let reply = actor.call(&self.running, operation, &path, body.as_ref()).await;
        let is_through = match reply.status {
            200..300 => is_look || !names_something,
            404 => !is_look || operation.path.ends_with("/proof"),
            409 => true,
            401 | 403 => false,
            _ => !is_look,
        };
        self.assert(is_through, || format!("{what}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
    }

    /// Nobody who was refused has changed anything.
    async fn nothing_is_gone(&self) {
        let is_of_tenant = |it: &&Operation| it.rule.action.permission().role.is_some();
        let looks = operations();
        let looks = looks.iter().filter(|it| it.method == Method::GET && it.path.ends_with('}'));
        for operation in looks.filter(is_of_tenant) {
            let path = self.ids.path(operation, Whose::Tenants);
            assert_eq!(self.running.api.get(&path).await.status, 200, "{path}");
        }
        let team = self.running.api.get("/api/v1/team").await.expect(200);
        assert_eq!(team["members"].as_array().unwrap().len(), 4, "{team}");
        let keys = self.running.api.get("/api/v1/api-keys").await.expect(200);
        assert_eq!(keys["apiKeys"].as_array().unwrap().len(), 6, "{keys}");
    }
}

async fn everybody_tries_everything(running: Running) {
    let (actors, viewer) = actors(&running).await;
    let ids = Ids::of(&running, &viewer).await;
    let mut matrix = Matrix { running, ids, failures: Vec::new() };
    let operations = operations();
    assert!(operations.len() > 40, "{} operations", operations.len());
    for operation in &operations {
        for actor in &actors {
            matrix.look(actor, operation).await;
        }
    }
    assert!(matrix.failures.is_empty(), "{} failures:\n{}", matrix.failures.len(), matrix.failures.join("\n"));
    matrix.nothing_is_gone().await;
    matrix.running.leaves_work_behind();
    matrix.running.stop().await;
}

#[tokio::test]
async fn everybody_tries_everything_on_sqlite() {
    everybody_tries_everything(Harness::new().start().await).await;
}

#[tokio::test]
async fn everybody_tries_everything_on_postgres() {
    let Some(running) = Harness::new().start_on_postgres().await else { return };
    everybody_tries_everything(running).await;
}
