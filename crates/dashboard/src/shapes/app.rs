//! Apps.

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{destination::Destination, instant};
use crate::problem::Problem;

/// The source that tells by a request which one it is.
pub(crate) const AUTO: &str = "auto";

/// One webhook source of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct App {
    #[schema(examples("app_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    /// The second part of its inbound URL.
    #[schema(examples("replicate"))]
    slug: String,
    name: String,
    /// Which provider posts to it.
    #[schema(examples("replicate"))]
    source: String,
    /// Where `source` is `auto`: the source that the newest requests look like; null where they look like none.
    proposed_source: Option<String>,
    /// The URL to give to the provider; any further path and query may follow.
    #[schema(examples("https://in.example/acme/replicate"))]
    inbound_url: String,
    /// Reserved.
    inbox_address: Option<String>,
    /// Events for an inactive app are discarded.
    is_active: bool,
    /// Events for a paused app are stored, and delivered on resume.
    is_paused: bool,
    /// The source's further settings.
    #[schema(value_type = Object)]
    source_config: Map<String, Value>,
    /// Whether the provider's secret is known, so that requests can be verified.
    has_secret: bool,
    destinations: Vec<Destination>,
    /// What its events can be found by, as `field` of `GET /api/v1/events` takes it.
    #[serde(rename = "indexed_fields")]
    #[schema(examples(json!(["/data/object/customer"])))]
    indexed_fields: Vec<String>,
    /// Inbound URLs of former slugs, which go on routing.
    legacy_inbound_urls: Vec<String>,
    created_at: String,
}

impl App {
    /// An app as it stands; its secrets are not shown.
    pub(crate) fn of(app: v1::App, ingress_url: &str) -> Result<Self, Problem> {
        Self::with_secrets(app, Vec::new(), ingress_url)
    }

    /// The answer to a call that may have made destinations: theirs are the secrets that are shown this once.
    pub(crate) fn created(created: v1::CreatedApp, ingress_url: &str) -> Result<Self, Problem> {
        let app = created.app.ok_or_else(|| Problem::internal("tenants: created no app"))?;
        Self::with_secrets(app, created.created, ingress_url)
    }

    pub(crate) fn proposing(self, proposed_source: Option<String>) -> Self {
        Self { proposed_source, ..self }
    }

    fn with_secrets(app: v1::App, created: Vec<v1::CreatedDestination>, ingress_url: &str) -> Result<Self, Problem> {
        let mut secrets: Vec<_> = created.into_iter().filter_map(id_and_secret).collect();
        let mut destination = |it: v1::Destination| {
            let secret = secrets.iter().position(|(id, _)| *id == it.id).map(|at| secrets.swap_remove(at).1);
            Destination::of(it, secret)
        };
        let mut urls = app.routes.iter().map(|route| inbound_url(ingress_url, route));
        Ok(Self {
            inbound_url: urls.next().ok_or_else(|| Problem::internal("tenants: an app that no URL leads to"))?,
            legacy_inbound_urls: urls.collect(),
            id: app.id,
            slug: app.slug,
            name: app.name,
            source: app.source,
            proposed_source: None,
            inbox_address: None,
            is_active: app.is_active,
            is_paused: app.is_paused,
            source_config: serde_json::from_str(&app.source_config).unwrap_or_default(),
            has_secret: app.has_secret,
            destinations: app.destinations.into_iter().map(&mut destination).collect(),
            indexed_fields: app.indexed_fields,
            created_at: instant(app.created_at),
        })
    }
}

fn id_and_secret(created: v1::CreatedDestination) -> Option<(String, String)> {
    Some((created.destination?.id, created.signing_secret))
}

pub(crate) fn inbound_url(ingress_url: &str, route: &str) -> String {
    format!("{}/{route}", ingress_url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(id: &str) -> v1::Destination {
        v1::Destination {
            id: id.into(),
            url: format!("https://{id}.example/hook"),
            timeout_seconds: 300,
            max_attempts: 11,
            signature_mode: "anyhook".into(),
            has_signing_secret: true,
            secret_hint: "…Bwc=".into(),
            ..v1::Destination::default()
        }
    }

    fn app() -> v1::App {
        v1::App {
            id: "app_1".into(),
            slug: "replicate".into(),
            name: "Replicate".into(),
            source: "replicate".into(),
            source_config: r#"{"tolerance":300}"#.into(),
            is_active: true,
            destinations: vec![destination("dst_1"), destination("dst_2")],
            routes: vec!["acme/replicate".into(), "old/replicate".into()],
            created_at: 1_750_000_000_120,
            ..v1::App::default()
        }
    }

    #[test]
    fn names_are_as_clients_know_them() {
        insta::assert_json_snapshot!(App::of(app(), "https://in.example/").unwrap());
    }

    #[test]
    fn an_app_that_no_url_leads_to_is_an_error() {
        let unreachable = v1::App { routes: vec![], ..app() };
        assert_eq!(App::of(unreachable, "https://in.example").expect_err("it has no route").seen().0, 500);
    }

    #[test]
    fn a_secret_is_shown_only_with_the_destination_that_was_made() {
        let made = v1::CreatedDestination { destination: Some(destination("dst_2")), signing_secret: "whsec_x".into() };
        let created = v1::CreatedApp { app: Some(app()), created: vec![made] };
        let json = serde_json::to_value(App::created(created, "https://in.example").unwrap()).unwrap();
        assert_eq!(json["destinations"][0].get("signing_secret"), None);
        assert_eq!(json["destinations"][1]["signing_secret"], "whsec_x");
        assert!(App::created(v1::CreatedApp::default(), "").is_err());
    }
}
