//! All tenants as the operator sees them, and what there is to do for all of them.

use std::time::Duration;

use anyhook_domain::{Month, TenantId};
use anyhook_store::{
    Store,
    config::{QuotaNotice, TenantFilter},
    log::{NewEvent, Tally},
};
use uuid::Uuid;

use crate::{
    fixture::{GRACE, NOW, app, event, event_to, on_both},
    two_tenants::{app_row, audit_entry, mail, named, sign_up},
};

on_both! {
    tenants_are_found_by_name_plan_and_page
    letters_of_all_alphabets_have_cases
    a_plan_is_set_once_and_written_down
    of_another_plan_people_are_told_anew
    usage_is_told_of_each
    what_there_is_to_do_is_counted
}

const ALL: TenantFilter<'static> = TenantFilter { text: None, plan: None, before: None, limit: 10 };

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

async fn found(store: &Store, filter: TenantFilter<'_>) -> Vec<u128> {
    store.tenant_summaries(&filter).await.unwrap().iter().map(|row| row.id.0.as_u128()).collect()
}

async fn tenants_are_found_by_name_plan_and_page(store: Store) {
    for n in 1..=3 {
        sign_up(&store, n).await;
    }
    store.create_app(&app_row(2), &[], 10, &[], None).await.unwrap();
    store.set_plan(tenant(3), "pro", &audit_entry(3, 1, "pro")).await.unwrap();
    store.update_tenant(tenant(1), &named("Fifty %"), NOW, &[]).await.unwrap();
    assert_eq!(found(&store, ALL).await, [3, 2, 1]);
    assert_eq!(found(&store, TenantFilter { limit: 1, before: Some(tenant(3)), ..ALL }).await, [2]);
    assert_eq!(found(&store, TenantFilter { plan: Some("free"), ..ALL }).await, [2, 1]);
    assert_eq!(found(&store, TenantFilter { text: Some("ANT-2"), ..ALL }).await, [2]);
    assert_eq!(found(&store, TenantFilter { text: Some("y %"), ..ALL }).await, [1]);
    assert_eq!(found(&store, TenantFilter { text: Some("%"), plan: Some("pro"), ..ALL }).await, [0; 0]);
    let summary = store.tenant_summary(tenant(2)).await.unwrap().unwrap();
    assert_eq!((summary.n_members, summary.n_apps, summary.plan.as_str(), summary.expires_at), (1, 1, "free", None));
    assert_eq!(store.tenant_summary(tenant(9)).await.unwrap(), None);
    assert_eq!(store.tenant_counts().await.unwrap().n_tenants, 3);
}

async fn letters_of_all_alphabets_have_cases(store: Store) {
    for (n, name) in [(1, "École"), (2, "ÉCOLE 2"), (3, "Cole"), (4, "日本 École")] {
        sign_up(&store, n).await;
        store.update_tenant(tenant(n), &named(name), NOW, &[]).await.unwrap();
    }
    for text in ["École", "école", "éCOLE", "é"] {
        assert_eq!(found(&store, TenantFilter { text: Some(text), ..ALL }).await, [4, 2, 1], "{text}");
    }
    // Page by page, past those that only look like it.
    let page = TenantFilter { text: Some("éco"), limit: 1, ..ALL };
    assert_eq!(found(&store, page).await, [4]);
    assert_eq!(found(&store, TenantFilter { before: Some(tenant(4)), ..page }).await, [2]);
    assert_eq!(found(&store, TenantFilter { before: Some(tenant(2)), ..page }).await, [1]);
    assert_eq!(found(&store, TenantFilter { before: Some(tenant(1)), ..page }).await, [0; 0]);
    assert_eq!(found(&store, TenantFilter { text: Some("本 é"), ..ALL }).await, [4]);
}

async fn of_another_plan_people_are_told_anew(store: Store) {
    sign_up(&store, 1).await;
    let (month, later) = (Month::of(NOW), NOW + Duration::from_secs(40 * 24 * 60 * 60));
    let of = |plan, at| QuotaNotice { tenant: tenant(1), plan, month: Month::of(at), percent: 80 };
    store.append(&[NewEvent { tenant_id: tenant(1), app_id: app(1), ..event() }]).await.unwrap();
    let told = async || store.monthly_use(month, tenant(0), 10).await.unwrap()[0].told_percent;
    assert!(!store.note_quota(of("free", NOW), &mail(9_001), NOW).await.unwrap(), "told before");
    assert!(store.note_quota(of("free", later), &mail(9_002), later).await.unwrap());
    assert_eq!(told().await, 80);
    assert!(store.set_plan(tenant(1), "pro", &audit_entry(1, 1, "pro")).await.unwrap());
    assert_eq!(told().await, 0);
    assert!(!store.note_quota(of("free", NOW), &mail(9_003), NOW).await.unwrap(), "of the former plan");
    assert!(store.note_quota(of("pro", NOW), &mail(9_004), NOW).await.unwrap());
    assert!(!store.note_quota(of("pro", later), &mail(9_005), later).await.unwrap(), "another month's stays");
}

async fn a_plan_is_set_once_and_written_down(store: Store) {
    sign_up(&store, 1).await;
    assert!(store.set_plan(tenant(1), "pro", &audit_entry(1, 1, "pro")).await.unwrap());
    assert!(!store.set_plan(tenant(1), "pro", &audit_entry(1, 2, "pro")).await.unwrap());
    assert!(!store.set_plan(tenant(2), "pro", &audit_entry(2, 3, "pro")).await.unwrap());
    assert_eq!(store.audited(tenant(1), 10).await.unwrap().len(), 1);
    assert_eq!(store.plans_in_use().await.unwrap(), [("pro".to_owned(), 1)]);
}

async fn usage_is_told_of_each(store: Store) {
    let of = |n| NewEvent { tenant_id: tenant(n), app_id: app(n), ..event() };
    store.append(&[of(1), of(1), of(2)]).await.unwrap();
    let month = Month::of(NOW);
    let used = store.usage_of_each(&[tenant(1), tenant(2), tenant(3)], month).await.unwrap();
    assert_eq!((used.len(), used[&tenant(1)], used[&tenant(2)]), (2, 2, 1));
    assert_eq!(store.usage_of_each(&[tenant(1)], month).await.unwrap().len(), 1);
    assert!(store.usage_of_each(&[], month).await.unwrap().is_empty());
    let before = Month::of(month.starts_at() - Duration::from_millis(1));
    assert!(store.usage_of_each(&[tenant(1)], before).await.unwrap().is_empty());
}

async fn what_there_is_to_do_is_counted(store: Store) {
    let exactly = |n| Tally { n, is_exact: true };
    let idle = store.workload(NOW).await.unwrap();
    assert_eq!((idle.waiting, idle.overdue, idle.oldest_due), (exactly(0), exactly(0), None));
    let mut held = event_to(&[1]);
    held.deliveries[0].held = Some(anyhook_domain::delivery::HeldReason::AppPaused);
    store.append(&[event_to(&[1, 2]), held, event()]).await.unwrap();
    let now = store.workload(NOW).await.unwrap();
    assert_eq!((now.waiting, now.overdue, now.held), (exactly(2), exactly(0), exactly(1)));
    assert_eq!((now.oldest_due, now.events_last_hour), (None, exactly(3)));
    let later = store.workload(NOW + GRACE).await.unwrap();
    assert_eq!((later.overdue, later.oldest_due), (exactly(2), Some(NOW + GRACE)));
    let next_day = store.workload(NOW + Duration::from_secs(24 * 60 * 60)).await.unwrap();
    assert_eq!(next_day.events_last_hour, exactly(0));
}
