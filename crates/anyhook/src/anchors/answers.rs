//! The API's answers, as far as they matter here.

use anyhook_domain::{
    Day,
    anchor::{self, Link},
};
use serde::{Deserialize, Deserializer, de::Error};

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Anchors {
        anchors: Vec<Anchor>,
        #[serde(rename = "nextCursor")]
        next_cursor: Option<String>,
    },
    Proof(Box<Proof>),
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Anchor {
    #[serde(deserialize_with = "parsed")]
    pub(super) day: Day,
    #[serde(deserialize_with = "parsed")]
    pub(super) anchor: Link,
    #[serde(deserialize_with = "link")]
    pub(super) prev_anchor: Option<Link>,
    pub(super) app_count: u64,
    pub(super) event_count: u64,
    pub(super) apps: Option<Vec<Root>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Root {
    pub(super) app_id: String,
    #[serde(deserialize_with = "parsed")]
    pub(super) root: Link,
}

impl Anchor {
    /// What has to be alike wherever the day is given.
    pub(super) const fn facts(&self) -> (Link, Option<Link>, u64, u64) {
        (self.anchor, self.prev_anchor, self.app_count, self.event_count)
    }

    /// `None` where they were not asked for.
    pub(super) fn apps(&self) -> Option<&[Root]> {
        self.apps.as_deref().filter(|apps| !apps.is_empty() || self.app_count == 0)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Proof {
    pub(super) id: String,
    pub(super) app_id: String,
    pub(super) created_at: String,
    pub(super) body_hash: String,
    #[serde(deserialize_with = "parsed")]
    pub(super) leaf: Link,
    pub(super) sealed: bool,
    #[serde(flatten)]
    pub(super) place: Option<Place>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Place {
    #[serde(deserialize_with = "parsed")]
    pub(super) day: Day,
    pub(super) number: u64,
    pub(super) event_count: u64,
    #[serde(deserialize_with = "link")]
    pub(super) prev_root: Option<Link>,
    #[serde(default)]
    pub(super) leaves_before: Option<Vec<String>>,
    #[serde(deserialize_with = "link")]
    pub(super) root_before: Option<Link>,
    pub(super) after: u64,
    pub(super) leaves_after: Vec<String>,
    #[serde(deserialize_with = "parsed")]
    pub(super) root: Link,
    #[serde(deserialize_with = "parsed")]
    pub(super) anchor: Link,
    #[serde(deserialize_with = "link")]
    pub(super) prev_anchor: Option<Link>,
}

fn parsed<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// An empty text where there was nothing before.
fn link<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Link>, D::Error> {
    anchor::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}
