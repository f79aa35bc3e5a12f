//! Which app a URL leads to.

use anyhook_domain::{forward, slug::Slug};

/// `/{tenant}/{app}` and whatever follows. Matched as it came: nothing is decoded or normalised, so that no two
/// spellings lead to one app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InboundPath<'a> {
    pub(crate) tenant_slug: &'a str,
    pub(crate) app_slug: &'a str,
    pub(crate) rest: &'a str,
}

impl<'a> InboundPath<'a> {
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let (tenant_slug, after) = path.strip_prefix('/')?.split_once('/')?;
        let (app_slug, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        let both_slugs = tenant_slug.parse::<Slug>().is_ok() && app_slug.parse::<Slug>().is_ok();
        (both_slugs && forward::stays_below(rest)).then_some(Self { tenant_slug, app_slug, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_as_they_come() {
        let parse = InboundPath::parse;
        let of = |rest| Some(InboundPath { tenant_slug: "acme", app_slug: "replicate", rest });
        assert_eq!(parse("/acme/replicate"), of(""));
        assert_eq!(parse("/acme/replicate/"), of("/"));
        assert_eq!(parse("/acme/replicate/a//b%2F"), of("/a//b%2F"));
        for other in [
            "",
            "/",
            "/acme",
            "/acme/",
            "//acme/replicate",
            "/Acme/replicate",
            "/acme/%72eplicate",
            "/a/b",
            "/acme/replicate/../x",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
