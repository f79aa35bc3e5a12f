use anyhook_domain::{
    EventId,
    delivery::HeldReason,
    event::{Verification, dedup_key},
};
use anyhook_store::{
    Store,
    log::{Appended, NewEvent},
};

use crate::fixture::{app, claim, event, event_to, hints, on_both};

on_both! {
    what_is_appended_can_be_read
    any_number_of_events_fits_into_one_call
    a_repeat_finds_the_first
    repeats_within_one_call_find_the_first
    another_body_is_kept
    ids_of_other_apps_and_unverified_ones_do_not_collide
    concurrent_repeats_are_stored_once
    a_held_delivery_is_not_due
    rejections_are_bounded
}

fn repeatable(id: &str, body_hash: u8) -> NewEvent {
    NewEvent {
        provider_id: Some(id.into()),
        dedup_key: Some(dedup_key("replicate", Verification::Verified, id)),
        body_hash: [body_hash; 32],
        ..event_to(&[1])
    }
}

async fn what_is_appended_can_be_read(store: Store) {
    let event = event_to(&[1]);
    assert_eq!(store.append(std::slice::from_ref(&event)).await.unwrap(), [Appended::Stored]);
    let content = store.content(event.id).await.unwrap().unwrap();
    assert_eq!(content.sealed_body, event.sealed_body);
    assert_eq!(content.sealed_head, event.sealed_head);
    assert_eq!((content.method.as_str(), content.path_rest.as_str()), ("POST", "/rest"));
    assert_eq!((content.salt, content.key_version), (event.salt, 1));
    assert_eq!(content.verification, Verification::Verified);
    assert_eq!(content.received_at, event.received_at);
    let several = store.small_contents(&[event.id, EventId::new(event.received_at, [0; 10])]).await.unwrap();
    assert_eq!(several.len(), 1);
    assert!(store.content(EventId::new(event.received_at, [1; 10])).await.unwrap().is_none());
}

async fn any_number_of_events_fits_into_one_call(store: Store) {
    for n in [0, 1, 2, 31, 32, 33, 100] {
        let events: Vec<_> = (0..n).map(|_| event_to(&[1, 2])).collect();
        assert_eq!(store.append(&events).await.unwrap(), vec![Appended::Stored; n]);
        let claims: Vec<_> = hints(&events).iter().map(|hint| claim(hint.delivery_id, 0)).collect();
        assert_eq!(store.claim(&claims).await.unwrap().len(), 2 * n);
    }
}

async fn a_repeat_finds_the_first(store: Store) {
    let first = repeatable("msg_1", 1);
    let again = repeatable("msg_1", 1);
    store.append(std::slice::from_ref(&first)).await.unwrap();
    let appended = store.append(&[repeatable("msg_2", 1), again.clone()]).await.unwrap();
    assert_eq!(appended, [Appended::Stored, Appended::Duplicate { first: first.id }]);
    assert!(store.content(again.id).await.unwrap().is_none());
    assert!(store.claim(&[claim(again.deliveries[0].id, 0)]).await.unwrap().is_empty());
}

async fn repeats_within_one_call_find_the_first(store: Store) {
    let events: Vec<_> = (0..5).map(|_| repeatable("msg_1", 1)).collect();
    let appended = store.append(&events).await.unwrap();
    let stored: Vec<_> = events.iter().zip(&appended).filter(|(_, it)| **it == Appended::Stored).collect();
    assert_eq!(stored.len(), 1);
    let first = stored[0].0.id;
    assert_eq!(appended.iter().filter(|it| **it == Appended::Duplicate { first }).count(), 4);
}

async fn another_body_is_kept(store: Store) {
    let appended = store.append(&[repeatable("msg_1", 1), repeatable("msg_1", 2)]).await.unwrap();
    assert_eq!(appended, [Appended::Stored, Appended::Stored]);
    let third = repeatable("msg_1", 2);
    let appended = store.append(&[third]).await.unwrap();
    assert!(matches!(appended[..], [Appended::Duplicate { .. }]));
}

async fn ids_of_other_apps_and_unverified_ones_do_not_collide(store: Store) {
    let verified = repeatable("msg_1", 1);
    let unverified = NewEvent {
        verification: Verification::None,
        dedup_key: Some(dedup_key("replicate", Verification::None, "msg_1")),
        ..repeatable("msg_1", 1)
    };
    let of_another_app = NewEvent { app_id: app(2), ..repeatable("msg_1", 1) };
    let appended = store.append(&[verified, unverified, of_another_app]).await.unwrap();
    assert_eq!(appended, [Appended::Stored; 3]);
}

async fn concurrent_repeats_are_stored_once(store: Store) {
    let copies = (0..64).map(|_| {
        let store = store.clone();
        async move { store.append(&[repeatable("msg_1", 1), repeatable("msg_2", 1)]).await.unwrap() }
    });
    let mut tasks = tokio::task::JoinSet::new();
    copies.for_each(|copy| drop(tasks.spawn(copy)));
    let all: Vec<_> = tasks.join_all().await;
    for position in [0, 1] {
        assert_eq!(all.iter().filter(|appended| appended[position] == Appended::Stored).count(), 1);
    }
}

async fn a_held_delivery_is_not_due(store: Store) {
    let mut event = event_to(&[1]);
    event.deliveries[0].held = Some(HeldReason::DestinationPaused);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    assert!(store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap().is_empty());
    assert_eq!(store.oldest_due().await.unwrap(), None);
}

async fn rejections_are_bounded(store: Store) {
    let rejected = |_| NewEvent { verification: Verification::Failed, rejection: Some("why".into()), ..event() };
    let mut first = Vec::new();
    for _ in 0..11 {
        let events: Vec<_> = (0..100).map(rejected).collect();
        store.append(&events).await.unwrap();
        first.extend(events.iter().map(|event| event.id));
    }
    let accepted = event();
    store.append(&[accepted.clone(), rejected(0)]).await.unwrap();
    let mut n_left = 0;
    for id in first {
        n_left += usize::from(store.content(id).await.unwrap().is_some());
    }
    assert!((900..=1000).contains(&n_left), "{n_left}");
    assert!(store.content(accepted.id).await.unwrap().is_some());
}
