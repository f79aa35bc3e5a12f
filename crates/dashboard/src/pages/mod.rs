//! The pages: the web dashboard, where it was built, and the API's reference. No page asks another host for anything.

mod html;
mod reference;
mod schema;
mod ui;

use axum::{
    Json, Router,
    response::{Html, IntoResponse},
    routing::get,
};
use http::{HeaderName, HeaderValue, header};
use utoipa::openapi::OpenApi;

pub(crate) use ui::lost;

const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// An hour: a new version may bring another style.
const ASSET_CACHE: &str = "public, max-age=3600";

const HOME: &str = include_str!("home.html");
const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

pub(crate) fn router(document: &OpenApi) -> Router {
    let description = serde_json::to_value(document).expect("a description is made of strings");
    let reference: String = reference::render(&description);
    Router::new()
        .merge(ui::router())
        .route("/reference", get(async move || page(reference.clone())))
        .route("/openapi.json", get(async move || Json(description.clone())))
        .route("/assets/style.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
}

fn page(html: String) -> impl IntoResponse {
    let policy = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (policy, Html(html))
}

fn asset(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, ASSET_CACHE)];
    (headers, text)
}
