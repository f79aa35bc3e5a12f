//! The days: each goes on from the one before, and follows from its apps' roots.

use std::collections::BTreeMap;

use anyhook_domain::{
    AppId, Day,
    anchor::{self, Link},
};

use super::{
    Finding,
    answers::{Anchor, Root},
};

/// The days that are known, by day.
#[derive(Default)]
pub(super) struct Chain {
    days: BTreeMap<Day, Anchor>,
    /// Whether the first one must be the chain's beginning.
    pub(super) is_whole: bool,
    /// Days that were given twice, and not alike.
    contradictions: Vec<String>,
}

impl Chain {
    /// A day may come more than once: without its apps and with them, or in pages of them.
    pub(super) fn add(&mut self, anchors: Vec<Anchor>) {
        for anchor in anchors {
            let Some(known) = self.days.get_mut(&anchor.day) else {
                self.days.insert(anchor.day, anchor);
                continue;
            };
            if known.facts() != anchor.facts() {
                let text =
                    format!("{}: it was given twice, and not alike: {} and {}", known.day, known.anchor, anchor.anchor);
                self.contradictions.push(text);
            }
            let new = anchor.apps.into_iter().flatten().collect::<Vec<_>>();
            let apps = known.apps.get_or_insert_default();
            let is_new = |root: &Root| !apps.contains(root);
            let new: Vec<_> = new.into_iter().filter(is_new).collect();
            apps.extend(new);
        }
    }

    pub(super) fn days(&self) -> Vec<Day> {
        self.days.keys().copied().collect()
    }

    pub(super) fn get(&self, day: Day) -> Option<&Anchor> {
        self.days.get(&day)
    }

    pub(super) fn check(&self) -> Vec<Finding> {
        let mut findings: Vec<_> = self.contradictions.iter().cloned().map(Finding::Failed).collect();
        let mut before: Option<&Anchor> = None;
        for (day, anchor) in &self.days {
            let wrong = self.link_is_wrong(before, anchor).or_else(|| anchor_is_wrong(anchor));
            findings.push(match wrong {
                Some(why) => Finding::Failed(format!("{day}: {why}")),
                None => Finding::Ok(summary(anchor)),
            });
            before = Some(anchor);
        }
        findings
    }

    fn link_is_wrong(&self, before: Option<&Anchor>, anchor: &Anchor) -> Option<String> {
        match before {
            None if self.is_whole && anchor.prev_anchor.is_some() => {
                Some("it is the first day, and yet names an anchor before it".into())
            }
            None => None,
            Some(before) if before.day.after(1) != anchor.day => {
                Some(format!("the days after {} are missing", before.day))
            }
            Some(before) if Some(before.anchor) != anchor.prev_anchor => Some(format!(
                "it goes on from {}, but the day before has the anchor {}",
                shown(anchor.prev_anchor),
                before.anchor
            )),
            Some(_) => None,
        }
    }

    /// The root that an app had before a day; `None` where the days do not tell.
    pub(super) fn root_before(&self, day: Day, app_id: &str) -> Option<Option<Link>> {
        let mut day = day;
        loop {
            let anchor = self.days.get(&day.before(1));
            // Nothing is before the first day.
            if self.days.get(&day).is_some_and(|it| it.prev_anchor.is_none()) {
                return Some(None);
            }
            let anchor = anchor?;
            let apps = anchor.apps().or((anchor.app_count == 0).then_some(&[]))?;
            if let Some(root) = apps.iter().find(|root| root.app_id == app_id) {
                return Some(Some(root.root));
            }
            day = day.before(1);
        }
    }
}

/// Days are checked with their apps where these were given.
fn anchor_is_wrong(anchor: &Anchor) -> Option<String> {
    let Some(apps) = anchor.apps() else {
        // What no app has part in follows from the day alone.
        let empty = anchor::begin(anchor.prev_anchor, anchor.day);
        let is_wrong = anchor.app_count == 0 && anchor.anchor != empty;
        return is_wrong.then(|| format!("without an app the anchor is {empty}, not {}", anchor.anchor));
    };
    if apps.len() as u64 != anchor.app_count {
        return Some(format!("it has {} apps, of which {} were given", anchor.app_count, apps.len()));
    }
    let mut computed = anchor::begin(anchor.prev_anchor, anchor.day);
    let mut last: Option<AppId> = None;
    for root in apps {
        let app = match root.app_id.parse::<AppId>() {
            Ok(app) => app,
            Err(bad) => return Some(bad.to_string()),
        };
        if last.is_some_and(|last| last >= app) {
            return Some(format!("{app} is not in the order of the ids"));
        }
        (computed, last) = (anchor::add_app(computed, app, root.root), Some(app));
    }
    (computed != anchor.anchor).then(|| format!("its apps' roots lead to {computed}, not to {}", anchor.anchor))
}

fn summary(anchor: &Anchor) -> String {
    let Anchor { day, anchor: hash, app_count, event_count, .. } = anchor;
    let note = if anchor.apps().is_some() || *app_count == 0 { "" } else { ", whose roots were not given" };
    format!("{day} {hash} {event_count} events of {app_count} apps{note}")
}

fn shown(link: Option<Link>) -> String {
    link.map_or_else(|| "nothing".into(), |link| link.to_string())
}
