//! A browser that goes from one site to the other and keeps each one's cookies.

use std::collections::BTreeMap;

use http::{Method, header};
use serde_json::Value;
use url::Url;

use crate::{
    client::{Api, Reply},
    harness::Running,
};

#[derive(Clone)]
pub(super) struct Browser {
    api: Api,
    home: String,
    /// By site.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// The cookies that were set last, as they were set.
    pub(super) set: Vec<String>,
}

impl Browser {
    pub(super) fn new(running: &Running) -> Self {
        let (api, home) = (Api::new(&running.dashboard_url), running.dashboard_url.clone());
        Self { api, home, cookies: BTreeMap::new(), set: Vec::new() }
    }

    fn url(&self, place: &str) -> Url {
        Url::parse(&self.home).unwrap().join(place).unwrap()
    }

    pub(super) async fn request(&mut self, method: Method, place: &str, body: Option<&Value>) -> Reply {
        let url = self.url(place);
        let site = url.authority().to_owned();
        let kept = self.cookies.entry(site.clone()).or_default();
        let cookie = kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut headers = vec![("cookie", cookie.as_str()), ("user-agent", "Browser/1.0")];
        if method != Method::GET {
            headers.push(("sec-fetch-site", "same-origin"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let reply = self.api.request(method, url.as_str(), &headers, body.as_bytes()).await;
        self.set = reply.headers.get_all(header::SET_COOKIE).iter().map(|it| it.to_str().unwrap().to_owned()).collect();
        for text in &self.set {
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            let kept = self.cookies.get_mut(&site).unwrap();
            if value.is_empty() {
                kept.remove(name)
            } else {
                kept.insert(name.to_owned(), value.to_owned())
            };
        }
        reply
    }

    pub(super) async fn get(&mut self, place: &str) -> Reply {
        self.request(Method::GET, place, None).await
    }

    pub(super) async fn post(&mut self, place: &str, body: &Value) -> Reply {
        self.request(Method::POST, place, Some(body)).await
    }

    /// Where this place leads to.
    #[track_caller]
    pub(super) fn led(reply: &Reply) -> String {
        assert!([302, 303].contains(&reply.status), "{}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        reply.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// Goes on until it is about to come back from the issuer.
    pub(super) async fn walk_to_callback(&mut self, place: &str) -> String {
        let mut place = self.url(place);
        while !place.path().ends_with("/oidc/callback") {
            let reply = self.get(place.as_str()).await;
            place = place.join(&Self::led(&reply)).unwrap();
        }
        place.into()
    }

    /// Comes back, and says at which page it arrives: a path, or what else it is.
    pub(super) async fn arrive(&mut self, callback: &str) -> String {
        let page = Self::led(&self.get(callback).await);
        page.strip_prefix(&self.home).unwrap_or(&page).to_owned()
    }

    /// All the way.
    pub(super) async fn sign_in(&mut self) -> String {
        let callback = self.walk_to_callback("/api/v1/login/oidc?return_to=/apps%3Fpage%3D2").await;
        self.arrive(&callback).await
    }

    /// The value of one of the dashboard's own cookies.
    pub(super) fn cookie(&self, name: &str) -> Option<&String> {
        self.cookies.get(Url::parse(&self.home).unwrap().authority())?.get(name)
    }

    pub(super) fn set_cookie(&mut self, name: &str, value: &str) {
        let site = Url::parse(&self.home).unwrap().authority().to_owned();
        self.cookies.entry(site).or_default().insert(name.to_owned(), value.to_owned());
    }
}
