//! Days are sealed once, in order, and hold every event that is stored.

use std::time::Duration;

use anyhook_domain::{
    AppId, Day, EventId, TenantId, Timestamp,
    anchor::{self, Link},
};
use anyhook_store::{
    Store,
    log::{Anchor, AppRoot, EventLeaf, NewEvent, Step},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::{NOW, app, event, on_both};

on_both! {
    a_days_events_are_folded_in_their_order
    empty_and_missed_days_are_sealed_in_order
    the_chain_begins_with_the_first_event
    what_comes_late_is_held_by_the_next_day
    a_sealing_that_was_cut_off_goes_on
    many_processes_seal_a_day_once
    a_day_of_many_pages_is_sealed
    leaves_go_when_no_event_is_left
    an_erased_event_leaves_the_others_provable
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const TENANT: TenantId = TenantId(Uuid::from_u128(1));

fn event_at(at: Timestamp, app_id: AppId) -> NewEvent {
    NewEvent { id: EventId::new(at, rand::random()), received_at: at, app_id, body_hash: rand::random(), ..event() }
}

fn due(day: Day) -> Timestamp {
    anchor::sealed_from(day)
}

/// Seals all that is due; the days, oldest first.
async fn seal(store: &Store, now: Timestamp) -> Vec<Anchor> {
    let mut sealed = Vec::new();
    while let Some(mut sealing) = store.begin_sealing(now).await.unwrap() {
        loop {
            match store.seal(&mut sealing, now).await.unwrap() {
                Step::More => {}
                Step::Sealed(anchor) => break sealed.push(anchor),
                Step::Elsewhere => break,
            }
        }
    }
    sealed
}

fn leaf(event: &NewEvent) -> Link {
    anchor::leaf(event.id, event.received_at, Link(event.body_hash))
}

/// What the root must be.
fn root(before: Option<Link>, events: &[&NewEvent]) -> Option<Link> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| (event.received_at, event.id));
    events.iter().fold(before, |root, event| Some(anchor::add_leaf(root, leaf(event))))
}

async fn roots(store: &Store, day: Day) -> Vec<AppRoot> {
    store.anchor_roots(day, None, 100).await.unwrap()
}

async fn proof(store: &Store, event: &NewEvent) -> EventLeaf {
    let proof = store.event_leaf(TENANT, event.id, None, 100).await.unwrap().unwrap();
    let Some(folded) = &proof.folded else { return proof };
    let before = folded.leaves_before.iter().flatten();
    let before = before.fold(folded.prev_root, |root, leaf| Some(anchor::add_leaf(root, *leaf)));
    assert_eq!(before, folded.root_before);
    let leaves = [leaf(event)].into_iter().chain(folded.leaves_after.iter().copied());
    assert_eq!(leaves.fold(before, |root, leaf| Some(anchor::add_leaf(root, leaf))), Some(folded.root));
    proof
}

async fn a_days_events_are_folded_in_their_order(store: Store) {
    let day = Day::of(NOW);
    let (one, two, other) =
        (event_at(NOW, app(1)), event_at(NOW + Duration::from_millis(1), app(1)), event_at(NOW, app(2)));
    let rejected = NewEvent {
        rejection: Some("why".into()),
        verification: anyhook_domain::event::Verification::Failed,
        ..event_at(NOW, app(1))
    };
    store.append(&[two.clone(), one.clone(), other.clone(), rejected.clone()]).await.unwrap();
    assert!(!store.is_sealed_up(NOW).await.unwrap(), "nobody has looked");
    assert_eq!(seal(&store, due(day) - Duration::from_millis(1)).await, []);
    assert!(store.is_sealed_up(due(day) - Duration::from_millis(1)).await.unwrap());
    assert!(!store.is_sealed_up(due(day)).await.unwrap());
    assert_eq!(proof(&store, &one).await.waits_for, Some(day));
    let sealed = seal(&store, due(day)).await;
    assert!(store.is_sealed_up(due(day)).await.unwrap());
    let expected = [root(None, &[&one, &two, &rejected]).unwrap(), root(None, &[&other]).unwrap()];
    let found = roots(&store, day).await;
    assert_eq!(
        found.iter().map(|it| (it.app_id, it.root, it.n_events)).collect::<Vec<_>>(),
        [(app(1), expected[0], 3), (app(2), expected[1], 1)]
    );
    let anchor = anchor::add_app(anchor::add_app(anchor::begin(None, day), app(1), expected[0]), app(2), expected[1]);
    assert_eq!(sealed, [Anchor { day, anchor, prev_anchor: None, n_apps: 2, n_events: 4, sealed_at: due(day) }]);
    assert_eq!(store.anchors(None, 10).await.unwrap(), sealed);
    assert_eq!(seal(&store, due(day)).await, []);
    for event in [&one, &two, &rejected] {
        let folded = proof(&store, event).await.folded.unwrap();
        assert_eq!((folded.day, folded.n_events, folded.prev_root, folded.anchor), (day, 3, None, anchor));
    }
    assert!(store.event_leaf(TenantId(Uuid::from_u128(2)), one.id, None, 9).await.unwrap().is_none());
}

async fn empty_and_missed_days_are_sealed_in_order(store: Store) {
    let day = Day::of(NOW);
    let (early, late) = (event_at(NOW, app(1)), event_at(NOW + DAY * 3, app(1)));
    store.append(&[early.clone(), late.clone()]).await.unwrap();
    let sealed = seal(&store, due(day.after(3))).await;
    assert_eq!(sealed.iter().map(|it| it.day).collect::<Vec<_>>(), [0, 1, 2, 3].map(|n| day.after(n)));
    assert_eq!(sealed.iter().map(|it| it.n_events).collect::<Vec<_>>(), [1, 0, 0, 1]);
    for pair in sealed.windows(2) {
        assert_eq!(pair[1].prev_anchor, Some(pair[0].anchor));
    }
    assert_eq!(sealed[1].anchor, anchor::begin(Some(sealed[0].anchor), day.after(1)));
    let before = root(None, &[&early]);
    let folded = proof(&store, &late).await.folded.unwrap();
    assert_eq!((folded.prev_root, Some(folded.root)), (before, root(before, &[&late])));
    let pages = [store.anchors(None, 3).await.unwrap(), store.anchors(Some(day.after(1)), 3).await.unwrap()];
    assert_eq!(pages.concat(), sealed.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(store.anchor_of(day.after(2)).await.unwrap(), Some(sealed[2]));
    assert_eq!(store.anchor_of(day.after(4)).await.unwrap(), None);
}

async fn the_chain_begins_with_the_first_event(store: Store) {
    let today = Day::of(NOW);
    assert_eq!(store.open_day(NOW).await.unwrap(), today);
    // From then on nothing moves the beginning.
    store.append(&[event_at(NOW - DAY * 5, app(1))]).await.unwrap();
    assert_eq!(store.open_day(NOW + DAY * 5).await.unwrap(), today);
    let sealed = seal(&store, due(today)).await;
    assert_eq!((sealed.len(), sealed[0].n_events), (1, 1), "the first day takes all that is older");
}

async fn what_comes_late_is_held_by_the_next_day(store: Store) {
    let day = Day::of(NOW);
    let (early, on_time) = (event_at(NOW - Duration::from_secs(1), app(1)), event_at(NOW, app(1)));
    store.append(std::slice::from_ref(&on_time)).await.unwrap();
    seal(&store, due(day)).await;
    let next = event_at(NOW + DAY, app(1));
    store.append_spooled(&[early.clone(), next.clone()]).await.unwrap();
    let waiting = proof(&store, &early).await;
    assert_eq!((waiting.folded.is_none(), waiting.waits_for), (true, Some(day.after(1))));
    seal(&store, due(day.after(1))).await;
    let folded = proof(&store, &early).await.folded.unwrap();
    assert_eq!((folded.day, folded.number, folded.n_events), (day.after(1), 1, 2));
    assert_eq!(proof(&store, &on_time).await.folded.unwrap().day, day);
    assert_eq!(proof(&store, &next).await.folded.unwrap().number, 2);
    // Days later, still.
    seal(&store, due(day.after(6))).await;
    let (later, too_late) = (event_at(NOW, app(1)), event_at(NOW - DAY, app(1)));
    store.append_spooled(&[later.clone(), too_late.clone()]).await.unwrap();
    assert_eq!(proof(&store, &later).await.waits_for, Some(day.after(7)));
    seal(&store, due(day.after(7))).await;
    assert_eq!(proof(&store, &later).await.folded.unwrap().day, day.after(7));
    let unheld = proof(&store, &too_late).await;
    assert!(unheld.folded.is_none() && unheld.waits_for.is_none(), "it says that no day holds it");
}

async fn a_sealing_that_was_cut_off_goes_on(store: Store) {
    let day = Day::of(NOW);
    let events = [1, 2, 3].map(|n| event_at(NOW, app(n)));
    store.append(&events).await.unwrap();
    let mut cut_off = store.begin_sealing(due(day)).await.unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(store.seal(&mut cut_off, due(day)).await.unwrap(), Step::More);
    }
    assert_eq!(store.anchors(None, 9).await.unwrap(), []);
    assert!(proof(&store, &events[0]).await.folded.is_none(), "its leaf is there, but the day is open");
    // Something that came meanwhile, before what is done already, belongs to the next day.
    let earlier = event_at(NOW - DAY / 24, app(1));
    store.append(std::slice::from_ref(&earlier)).await.unwrap();
    let sealed = seal(&store, due(day)).await;
    assert_eq!((sealed.len(), sealed[0].n_apps, sealed[0].n_events), (1, 3, 3));
    for event in &events {
        proof(&store, event).await.folded.unwrap();
    }
    assert_eq!(store.seal(&mut cut_off, due(day)).await.unwrap(), Step::More);
    while let step = store.seal(&mut cut_off, due(day)).await.unwrap()
        && step != Step::Elsewhere
    {
        assert_eq!(step, Step::More);
    }
    seal(&store, due(day.after(1))).await;
    assert_eq!(proof(&store, &earlier).await.folded.unwrap().day, day.after(1));
}

async fn many_processes_seal_a_day_once(store: Store) {
    let day = Day::of(NOW);
    let events: Vec<_> =
        (0..200).map(|n| event_at(NOW + Duration::from_millis(n), app(1 + u128::from(n % 5)))).collect();
    store.append(&events).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        tasks.spawn(async move { seal(&store, due(day.after(2))).await });
    }
    let sealed = tasks.join_all().await.concat();
    assert_eq!(sealed.len(), 3, "each day by exactly one");
    assert_eq!(sealed.iter().map(|it| it.n_events).sum::<u64>(), 200);
    for n in 1..=5 {
        let own: Vec<_> = events.iter().filter(|event| event.app_id == app(n)).collect();
        let found = roots(&store, day).await.into_iter().find(|it| it.app_id == app(n)).unwrap();
        assert_eq!((Some(found.root), found.n_events), (root(None, &own), 40));
    }
}

async fn a_day_of_many_pages_is_sealed(store: Store) {
    let day = Day::of(NOW);
    let events: Vec<_> = (0..2_500).map(|n| event_at(NOW + Duration::from_millis(n / 2), app(1))).collect();
    for piece in events.chunks(500) {
        store.append(piece).await.unwrap();
    }
    let sealed = seal(&store, due(day)).await;
    assert_eq!((sealed[0].n_events, sealed[0].n_apps), (2_500, 1));
    let all: Vec<_> = events.iter().collect();
    assert_eq!(Some(roots(&store, day).await[0].root), root(None, &all));
    // The day has more leaves than are given at once.
    let first = all.iter().min_by_key(|event| event.id).unwrap();
    let (mut hash, mut behind) = (anchor::add_leaf(None, leaf(first)), None);
    loop {
        let page = store.event_leaf(TENANT, first.id, behind, 1_000).await.unwrap().unwrap().folded.unwrap();
        assert_eq!((page.number, page.root_before), (1, None));
        hash = page.leaves_after.iter().fold(hash, |root, leaf| anchor::add_leaf(Some(root), *leaf));
        behind = Some(behind.unwrap_or(1) + page.leaves_after.len() as u64);
        if behind == Some(page.n_events) {
            break assert_eq!(hash, page.root);
        }
    }
    let last = all.iter().max_by_key(|event| event.id).unwrap();
    let folded = store.event_leaf(TENANT, last.id, None, 100).await.unwrap().unwrap().folded.unwrap();
    assert!(folded.leaves_before.is_none() && folded.leaves_after.is_empty());
    assert_eq!(anchor::add_leaf(folded.root_before, leaf(last)), folded.root);
}

/// Looks at all apps once.
async fn forget(store: &Store) {
    let mut app = None;
    while let Some(next) = store.forget_leaves(app).await.unwrap() {
        app = Some(next);
    }
}

async fn leaves_go_when_no_event_is_left(store: Store) {
    let day = Day::of(NOW);
    let kept = |at| NewEvent { keep_until: Some(at + DAY * 30), ..event_at(at, app(1)) };
    let (first, second) = (kept(NOW), kept(NOW + Duration::from_secs(60)));
    store.append(&[first.clone(), second.clone(), event_at(NOW, app(2))]).await.unwrap();
    seal(&store, due(day.after(30))).await;
    // The first one's time is over.
    assert_eq!(store.prune(NOW + DAY * 30 + Duration::from_secs(1), NOW, 100).await.unwrap().n_events, 1);
    forget(&store).await;
    let folded = proof(&store, &second).await.folded.unwrap();
    assert_eq!((folded.number, folded.leaves_before.unwrap()), (2, vec![leaf(&first)]));
    assert_eq!(store.prune(NOW + DAY * 31, NOW, 100).await.unwrap().n_events, 1);
    forget(&store).await;
    assert_eq!(roots(&store, day).await.len(), 2, "roots stay");
    // A leaf that is gone is taken for one that never was: the same event would come late.
    store.append_spooled(std::slice::from_ref(&first)).await.unwrap();
    assert!(proof(&store, &first).await.folded.is_none());
}

async fn an_erased_event_leaves_the_others_provable(store: Store) {
    let day = Day::of(NOW);
    let at = |n: u64| NOW + Duration::from_secs(n);
    let expiring = NewEvent { keep_until: Some(NOW), ..event_at(at(1), app(1)) };
    let (before, behind) = (event_at(at(0), app(1)), event_at(at(2), app(1)));
    store.append(&[before.clone(), expiring.clone(), behind.clone()]).await.unwrap();
    seal(&store, due(day)).await;
    assert_eq!(store.prune(due(day), NOW, 100).await.unwrap().n_events, 1);
    assert!(store.event_leaf(TENANT, expiring.id, None, 9).await.unwrap().is_none());
    assert_eq!(proof(&store, &before).await.folded.unwrap().leaves_after[0], leaf(&expiring));
    assert_eq!(proof(&store, &behind).await.folded.unwrap().number, 3);
}
