use std::time::Duration;

use anyhook_domain::{
    delivery::State,
    event::{Verification, dedup_key},
};
use anyhook_store::{
    Store,
    log::{Appended, NewEvent, Pruned},
};

use crate::fixture::{NOW, claim, ended, event, event_to, on_both, settlement};

on_both! {
    events_go_when_their_time_is_over_and_nobody_waits
    a_provider_id_is_forgotten_after_its_time
}

async fn events_go_when_their_time_is_over_and_nobody_waits(store: Store) {
    let until = Some(NOW + Duration::from_secs(60));
    let waiting = NewEvent { keep_until: until, ..event_to(&[1]) };
    let plain = NewEvent { keep_until: until, ..event() };
    let for_ever = event();
    store.append(&[waiting.clone(), plain.clone(), for_ever.clone()]).await.unwrap();
    let later = NOW + Duration::from_secs(61);
    assert_eq!(store.prune(NOW, NOW, 100).await.unwrap(), Pruned::default());
    assert_eq!(store.prune(later, NOW, 100).await.unwrap().n_events, 1);
    assert!(store.content(plain.id).await.unwrap().is_none());
    let lease = store.claim(&[claim(waiting.deliveries[0].id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, ended(State::Success))]).await.unwrap();
    assert_eq!(store.prune(later, NOW, 100).await.unwrap().n_events, 1);
    assert!(store.content(waiting.id).await.unwrap().is_none());
    assert!(store.content(for_ever.id).await.unwrap().is_some());
}

async fn a_provider_id_is_forgotten_after_its_time(store: Store) {
    let repeatable =
        || NewEvent { dedup_key: Some(dedup_key("replicate", Verification::Verified, "msg_1")), ..event() };
    store.append(&[repeatable()]).await.unwrap();
    assert_eq!(store.prune(NOW, NOW, 100).await.unwrap().n_dedup_keys, 0);
    assert!(matches!(store.append(&[repeatable()]).await.unwrap()[..], [Appended::Duplicate { .. }]));
    assert_eq!(store.prune(NOW, NOW + Duration::from_millis(1), 100).await.unwrap().n_dedup_keys, 1);
    assert_eq!(store.append(&[repeatable()]).await.unwrap(), [Appended::Stored]);
}
