//! Proofs of single events: from the event to its app's root, and from there to the day's anchor.

use std::collections::BTreeMap;

use anyhook_domain::anchor::{self, Link};

use super::{
    Finding,
    answers::{Place, Proof},
    chain::Chain,
};

/// By event; one with many leaves behind it comes in pages.
#[derive(Default)]
pub(super) struct Proofs(BTreeMap<String, Vec<Proof>>);

impl Proofs {
    pub(super) fn add(&mut self, proof: Proof) {
        self.0.entry(proof.id.clone()).or_default().push(proof);
    }

    pub(super) fn check(mut self, chain: &Chain) -> Vec<Finding> {
        let check = |(id, pages): (&String, &mut Vec<Proof>)| match verdict(pages, chain) {
            Ok(Some(text)) => Finding::Ok(format!("{id} {text}")),
            Ok(None) => Finding::Open(format!("{id}: its day is not sealed yet")),
            Err(why) => Finding::Failed(format!("{id}: {why}")),
        };
        self.0.iter_mut().map(check).collect()
    }
}

/// What the event is shown to be part of; `None` before its day is sealed.
fn verdict(pages: &mut [Proof], chain: &Chain) -> Result<Option<String>, String> {
    pages.sort_by_key(|page| page.place.as_ref().map_or(0, |place| place.after));
    for page in pages.iter() {
        let leaf = anchor::leaf_of(&page.id, &page.created_at, &page.body_hash);
        if leaf != page.leaf {
            return Err(format!("its id, instant and body make the leaf {leaf}, not {}", page.leaf));
        }
    }
    let Some(first) = pages.first() else { return Ok(None) };
    if !first.sealed {
        return Ok(None);
    }
    let Some(place) = &first.place else { return Err("a part of the proof is missing, or cannot be read".into()) };
    leads_to_root(first, place, pages)?;
    is_in_day(first, place, chain).map(Some)
}

/// Folds the leaf and all that stand behind it.
fn leads_to_root(proof: &Proof, place: &Place, pages: &[Proof]) -> Result<(), String> {
    if let Some(before) = &place.leaves_before {
        if before.len() as u64 + 1 != place.number {
            return Err(format!("it has number {}, but {} leaves are before it", place.number, before.len()));
        }
        if fold(place.prev_root, before)? != place.root_before {
            return Err("the leaves before it do not lead to root_before".into());
        }
    }
    let (mut root, mut number) = (Some(anchor::add_leaf(place.root_before, proof.leaf)), place.number);
    for page in pages.iter().filter_map(|page| page.place.as_ref()) {
        if (page.day, page.root, page.root_before) != (place.day, place.root, place.root_before) {
            return Err("its pages are of different proofs".into());
        }
        if page.after == number {
            root = fold(root, &page.leaves_after)?;
            number += page.leaves_after.len() as u64;
        }
    }
    if number < place.event_count {
        return Err(format!("the leaves behind number {number} are missing: ask for the proof with ?cursor={number}"));
    }
    if root == Some(place.root) { Ok(()) } else { Err("its leaves do not lead to the root".into()) }
}

fn is_in_day(proof: &Proof, place: &Place, chain: &Chain) -> Result<String, String> {
    let Place { day, root, .. } = place;
    let Some(anchor) = chain.get(*day) else {
        return Ok(format!("leads to the root {root}; its day is not checked: add /api/v1/anchors?day={day}"));
    };
    if (anchor.anchor, anchor.prev_anchor) != (place.anchor, place.prev_anchor) {
        return Err(format!("the proof names other anchors than {day} has"));
    }
    let Some(apps) = anchor.apps() else {
        return Ok(format!("leads to the root {root}; its day's roots were not given: add /api/v1/anchors?day={day}"));
    };
    let is_listed = apps.iter().any(|it| it.app_id == proof.app_id && it.root == *root);
    if !is_listed {
        return Err(format!("{day} has no app {} with the root {root}", proof.app_id));
    }
    match chain.root_before(*day, &proof.app_id) {
        Some(before) if before != place.prev_root => {
            Err(format!("its app had another root before {day} than the proof says"))
        }
        _ => Ok(format!("is event {} of {} of its app on {day}", place.number, place.event_count)),
    }
}

fn fold(root: Option<Link>, leaves: &[String]) -> Result<Option<Link>, String> {
    leaves.iter().try_fold(root, |root, leaf| {
        let leaf = leaf.parse().map_err(|bad| format!("{leaf:?} is no leaf: {bad}"))?;
        Ok(Some(anchor::add_leaf(root, leaf)))
    })
}
