//! Whether a browser sends a request on behalf of our own pages.

use http::{HeaderMap, header};
use url::Url;

/// Whether a request that a session cookie speaks for comes from our own pages. A browser that does not say where it
/// comes from is not believed: other sites can make it send our cookies along.
pub(crate) fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    text(headers, "sec-fetch-site").map_or_else(|| has_our_origin(headers, public_url), is_own_site)
}

/// Whether a request comes from another site's page. One without any sign of a browser does not.
pub(crate) fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let from_browser = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    from_browser && !is_ours(headers, public_url)
}

/// `none` is the user's own doing: a bookmark, the address bar.
fn is_own_site(site: &str) -> bool {
    matches!(site, "same-origin" | "none")
}

fn has_our_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let ours = Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
    ours.is_some() && text(headers, header::ORIGIN.as_str()) == ours.as_deref()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(fields: &[(&'static str, &str)]) -> (bool, bool) {
        let headers = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let url = "https://hooks.example/some/path";
        (is_ours(&headers, url), is_foreign(&headers, url))
    }

    #[test]
    fn only_our_own_pages_are_ours() {
        assert_eq!(judge(&[("sec-fetch-site", "same-origin")]), (true, false));
        assert_eq!(judge(&[("sec-fetch-site", "none")]), (true, false));
        assert_eq!(judge(&[("origin", "https://hooks.example")]), (true, false));
        for site in ["cross-site", "same-site", ""] {
            assert_eq!(
                judge(&[("sec-fetch-site", site), ("origin", "https://hooks.example")]),
                (false, true),
                "{site}"
            );
        }
        for origin in ["https://hooks.example:8443", "http://hooks.example", "https://evil.example", "null"] {
            assert_eq!(judge(&[("origin", origin)]), (false, true), "{origin}");
        }
    }

    #[test]
    fn programs_are_neither() {
        assert_eq!(judge(&[]), (false, false));
    }
}
