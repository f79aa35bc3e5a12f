//! The page that a browser goes on with after it has been elsewhere.

use url::Url;

const MAX_CHARS: usize = 1000;

/// A path of our own, or else the first page: whoever makes a link to here must not send people on to other sites.
pub(crate) fn own_path(wanted: Option<&str>) -> &str {
    wanted.filter(|path| is_own(path)).unwrap_or("/")
}

fn is_own(path: &str) -> bool {
    let is_plain = path.chars().all(|c| c.is_ascii_graphic() && c != '\\') && path.len() <= MAX_CHARS;
    let is_path = path.starts_with('/') && !path.starts_with("//");
    // As browsers read it, to be sure.
    let own = Url::parse("https://own.example/").expect("a constant address");
    is_plain && is_path && own.join(path).is_ok_and(|url| url.origin() == own.origin())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_our_own_pages() {
        for own in ["/", "/apps/a?b=c%20d#e", "/a//b", "/@evil.example", "/a:b"] {
            assert_eq!(own_path(Some(own)), own);
        }
        for other in [
            "",
            "apps",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nset-cookie: b",
            " //evil.example",
            "javascript:alert(1)",
            "/ä",
        ] {
            assert_eq!(own_path(Some(other)), "/", "{other:?}");
        }
        assert_eq!(own_path(Some(&format!("/{}", "a".repeat(1000)))), "/");
        assert_eq!(own_path(None), "/");
    }
}
