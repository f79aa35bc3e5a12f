//! Destinations that take only so many attempts at once.

use std::time::Duration;

use anyhook_domain::{LeaseId, delivery::State};
use anyhook_store::{
    Store,
    config::{CreateApp, DestinationChange, DestinationOptions, DestinationRow, OptionsChange},
    log::Claim,
};

use tokio::task::JoinSet;

use crate::{
    fixture::{NOW, app, claim, destination, ended, event_to, on_both, settlement},
    two_tenants::{app_row, destination_row, sign_up},
};

on_both! {
    no_more_are_leased_than_the_bound
    many_processes_keep_to_it_together
    what_was_cut_off_keeps_its_slot_until_its_time_is_over
    a_destination_without_a_bound_takes_all
}

/// Deliveries to a destination with this bound, to be claimed.
async fn deliveries(store: &Store, bound: Option<i64>, n: usize) -> Vec<Claim> {
    sign_up(store, 1).await;
    let options = DestinationOptions { max_concurrency: bound, ..DestinationOptions::default() };
    let row = DestinationRow { options, ..destination_row(1) };
    assert_eq!(store.create_app(&app_row(1), &[row], 10, &[], None).await.unwrap(), CreateApp::Made);
    let events: Vec<_> = (0..n).map(|_| event_to(&[1])).collect();
    store.append(&events).await.unwrap();
    events.iter().map(|event| claim(event.deliveries[0].id, 0)).collect()
}

fn anew(claims: &[Claim]) -> Vec<Claim> {
    claims.iter().map(|it| Claim { lease_id: LeaseId(uuid::Uuid::new_v4()), ..*it }).collect()
}

async fn no_more_are_leased_than_the_bound(store: Store) {
    let claims = deliveries(&store, Some(2), 5).await;
    let within = store.claim_within(destination(1), &claims, NOW).await.unwrap();
    let ids: Vec<_> = claims.iter().map(|it| it.seen.delivery_id).collect();
    let mut leased: Vec<_> = within.leases.iter().map(|lease| lease.delivery_id).collect();
    leased.sort_unstable();
    let mut first = ids[..2].to_vec();
    first.sort_unstable();
    assert_eq!((leased, within.refused), (first, ids[2..].to_vec()));
    let claims = anew(&claims[2..]);
    assert!(store.claim_within(destination(1), &claims, NOW).await.unwrap().leases.is_empty());
    store.settle(&[settlement(&within.leases[0], ended(State::Success))]).await.unwrap();
    assert_eq!(store.claim_within(destination(1), &claims, NOW).await.unwrap().leases.len(), 1);
    let more = OptionsChange { max_concurrency: Some(4), ..OptionsChange::default() };
    let change = DestinationChange { options: more, ..DestinationChange::default() };
    let tenant = destination_row(1).tenant_id;
    store.update_destination(tenant, app(1), destination(1), &change, &[]).await.unwrap().unwrap();
    assert_eq!(store.claim_within(destination(1), &anew(&claims[1..]), NOW).await.unwrap().leases.len(), 2);
}

async fn many_processes_keep_to_it_together(store: Store) {
    let claims = deliveries(&store, Some(1), 16).await;
    let mut tries = JoinSet::new();
    for it in claims {
        let store = store.clone();
        tries.spawn(async move { store.claim_within(destination(1), &[it], NOW).await.unwrap().leases.len() });
    }
    assert_eq!(tries.join_all().await.into_iter().sum::<usize>(), 1);
}

async fn what_was_cut_off_keeps_its_slot_until_its_time_is_over(store: Store) {
    let claims = deliveries(&store, Some(1), 2).await;
    let lease = store.claim_within(destination(1), &claims, NOW).await.unwrap().leases[0];
    let over_at = NOW + Duration::from_secs(60);
    store.keep_slot(lease.tenant_id, lease.id, over_at).await.unwrap();
    store.hand_back(&[(lease.delivery_id, lease.id, over_at)]).await.unwrap();
    for (now, n) in [(NOW, 0), (over_at - Duration::from_millis(1), 0), (over_at, 1)] {
        let within = store.claim_within(destination(1), &anew(&claims[1..]), now).await.unwrap();
        assert_eq!(within.leases.len(), n, "{now}");
    }
}

async fn a_destination_without_a_bound_takes_all(store: Store) {
    let claims = deliveries(&store, None, 5).await;
    assert_eq!(store.claim_within(destination(1), &claims, NOW).await.unwrap().leases.len(), 5);
    assert!(store.claim_within(destination(9), &anew(&claims), NOW).await.unwrap().refused.is_empty());
}
