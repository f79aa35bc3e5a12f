//! The web dashboard, as `make ui` built it. Without it the server says on `/` how to get it.

use std::borrow::Cow;

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use rust_embed::Embed;

use super::HOME;
use crate::problem::Problem;

/// No other host, no script or style but files of our own. What a sender sent may be shown as a picture, from memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// What stands under `/ui/` has a hash of its content in its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";
const PAGE: &str = "index.html";

/// How the addresses of pages begin; which page it is, they find out by themselves.
const PLACES: [&str; 18] = [
    "signup",
    "login",
    "forgot-password",
    "reset-password",
    "verify-email",
    "invite",
    "claim",
    "welcome",
    "events",
    "apps",
    "rejected",
    "usage",
    "team",
    "api-keys",
    "audit",
    "anchors",
    "settings",
    "operator",
];

/// Debug builds read the folder anew each time, so that the server need not be built again.
#[derive(Embed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Built;

fn built(name: &str) -> Option<Bytes> {
    Built::get(name).map(|file| match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    })
}

pub(super) fn router() -> Router {
    let page = get(async |headers: HeaderMap| page(built, &headers));
    let named = async |Path(name): Path<String>, headers: HeaderMap| {
        file(built, &format!("ui/{name}"), FOR_EVER, &headers).unwrap_or_else(gone)
    };
    let beside = |name: &'static str| {
        get(async move |headers: HeaderMap| file(built, name, ASK_AGAIN, &headers).unwrap_or_else(gone))
    };
    let router = Router::new()
        .route("/", page.clone())
        .route("/ui/{*name}", get(named))
        .route("/theme.js", beside("theme.js"))
        .route("/icon.svg", beside("icon.svg"));
    PLACES.iter().fold(router, |router, place| {
        router.route(&format!("/{place}"), page.clone()).route(&format!("/{place}/{{*rest}}"), page.clone())
    })
}

/// Where there is nothing: a page that says so for whoever looks with a browser, and the API's words for all others.
pub(crate) async fn lost(method: Method, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_reader = method == Method::GET && accepted.contains("text/html");
    let page = is_reader.then(|| file(built, PAGE, ASK_AGAIN, &headers)).flatten();
    page.map_or_else(gone, |page| (StatusCode::NOT_FOUND, page).into_response())
}

fn page(find: impl Fn(&str) -> Option<Bytes>, headers: &HeaderMap) -> Response {
    let without = || super::page(HOME.to_owned()).into_response();
    file(find, PAGE, ASK_AGAIN, headers).unwrap_or_else(without)
}

/// A file of the build, compressed as the browser takes it; `None` if there is no such file.
fn file(
    find: impl Fn(&str) -> Option<Bytes>,
    name: &str,
    cache: &'static str,
    headers: &HeaderMap,
) -> Option<Response> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepted = [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(word, _)| accepts(accepted, word));
    let compressed = accepted.filter_map(|(word, end)| Some((Some(word), find(&format!("{name}{end}"))?))).next();
    let (encoding, bytes) = compressed.or_else(|| Some((None, find(name)?)))?;
    let plain = [
        (header::CONTENT_TYPE, kind(name)?),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    Some((plain, encoding.map(|word| [(header::CONTENT_ENCODING, word)]), bytes).into_response())
}

fn accepts(accepted: &str, word: &str) -> bool {
    accepted.split(',').any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        name.trim().eq_ignore_ascii_case(word) && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn kind(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

/// A page of an older version asks for what it was built with.
fn gone() -> Response {
    Problem::unknown_path().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_two(name: &str) -> Option<Bytes> {
        match name {
            "index.html" => Some(Bytes::from_static(b"<!doctype html>")),
            "ui/a-1f.js" => Some(Bytes::from_static(b"let it")),
            "ui/a-1f.js.br" => Some(Bytes::from_static(b"short")),
            _ => None,
        }
    }

    fn asked(accept_encoding: &'static str) -> HeaderMap {
        [(header::ACCEPT_ENCODING, accept_encoding.parse().unwrap())].into_iter().collect()
    }

    fn header_of(response: &Response, name: &str) -> String {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_file_comes_as_the_browser_takes_it() {
        for (accepted, encoding) in
            [("gzip, deflate, br", "br"), ("br;q=1.0", "br"), ("gzip", ""), ("", ""), ("br;q=0", ""), ("brotli", "")]
        {
            let answer = file(of_two, "ui/a-1f.js", FOR_EVER, &asked(accepted)).unwrap();
            assert_eq!(header_of(&answer, "content-encoding"), encoding, "{accepted}");
            assert_eq!(header_of(&answer, "content-type"), "text/javascript; charset=utf-8");
            assert_eq!(header_of(&answer, "cache-control"), FOR_EVER);
            assert_eq!(header_of(&answer, "vary"), "accept-encoding");
        }
        assert!(file(of_two, "ui/b-2e.js", FOR_EVER, &asked("br")).is_none());
    }

    #[test]
    fn a_page_runs_nothing_but_our_own() {
        let answer = page(of_two, &asked(""));
        let policy = header_of(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header_of(&answer, "cache-control"), "no-cache");
    }

    #[test]
    fn without_a_build_it_is_said_how_to_make_one() {
        let answer = page(|_| None, &asked("br"));
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header_of(&answer, "content-security-policy"), super::super::PAGE_POLICY);
        assert!(HOME.contains("make ui"));
    }

    #[test]
    fn all_pages_of_the_dashboard_have_their_place() {
        let router = include_str!("../../ui/src/router.tsx");
        let paths = router.split("path: \"/").skip(1).filter_map(|rest| rest.split(['"', '/']).next());
        let mut places: Vec<_> = paths.filter(|place| !place.is_empty()).collect();
        places.dedup();
        assert!(places.len() > 10);
        for place in places {
            assert!(PLACES.contains(&place), "add {place} to PLACES");
        }
    }
}
