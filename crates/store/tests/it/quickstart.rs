//! Tenants without an account: claimed or ended, never both, and nothing of them stays.

use std::time::Duration;

use anyhook_domain::{ApiKeyId, SessionId, TenantId, UserId, access::Scope, delivery::HeldReason, slug::Slug};
use anyhook_store::{
    Store,
    config::{
        AuditEntry, ClaimQuickstart, Claimant, NewApiKey, NewQuickstart, NewSession, NewTenant, NewToken, NewUser,
        Purpose, QuickstartClaim, SET_BY_OPERATOR,
    },
    log::NewEvent,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    fixture::{NOW, app, destination, event, event_to, on_both},
    two_tenants::{app_row, audit_entry, destination_row, mail, sign_up, slug, stored_key},
};

on_both! {
    a_claimed_one_stays
    a_plan_that_an_operator_set_stays
    one_that_ended_is_nobodys
    of_a_claim_and_the_end_one_wins
    whoever_is_signed_in_owns_it_and_only_so_many
    nothing_stays_of_one_that_ended
    one_that_failed_is_taken_back
}

const LIVES_FOR: Duration = Duration::from_secs(60);
const TOKEN: [u8; 32] = [9; 32];

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

/// The nth tenant, with the slug of that name; whether it was made.
async fn start(store: &Store, n: u128, name: &str) -> bool {
    let stored = stored_key(format!("quick-{n}"));
    let slug: Slug = name.parse().unwrap();
    let new = NewQuickstart {
        tenant: NewTenant {
            id: tenant(n),
            slug: &slug,
            name: "Quickstart",
            plan: "free",
            wrapped_key: &[1],
            master_version: 1,
        },
        api_key: NewApiKey {
            id: ApiKeyId(Uuid::from_u128(3_500 + n)),
            tenant: tenant(n),
            name: "key",
            stored: &stored,
            scope: Scope::Admin,
            expires_at: None,
            apps: None,
        },
        token_hash: TOKEN,
        at: NOW,
        expires_at: NOW + LIVES_FOR,
    };
    let record = audit_entry(n, rand::random(), "x");
    store.start_quickstart(&new, &record).await.unwrap()
}

/// A new account's, which is to be the `n`th user.
fn newcomer(n: u128, of: TenantId, email: &str) -> Claimant<'_> {
    let user = UserId(Uuid::from_u128(8_000 + n));
    let token_hash = [u8::try_from(n).unwrap(); 32];
    let expires_at = NOW + LIVES_FOR;
    Claimant::New {
        user: NewUser { id: user, email, password_hash: "x" },
        session: NewSession {
            id: SessionId(Uuid::from_u128(8_100 + n)),
            token_hash,
            user,
            tenant: of,
            created_at: NOW,
            expires_at,
            user_agent: None,
        },
        verification: (
            NewToken { token_hash, user, purpose: Purpose::VerifyEmail, email, created_at: NOW, expires_at },
            mail(8_200 + n),
        ),
    }
}

async fn claim(store: &Store, of: TenantId, claimant: Claimant<'_>) -> ClaimQuickstart {
    let claim = QuickstartClaim {
        tenant: of,
        token_hash: TOKEN,
        claimant,
        plan: "pro",
        name: Some("Acme"),
        slug: None,
        at: NOW,
    };
    let record = audit_entry(of.0.as_u128(), rand::random(), "x");
    let plan_set = audit_entry(of.0.as_u128(), rand::random(), "pro");
    store.claim_quickstart(&claim, &record, &plan_set).await.unwrap()
}

async fn state(store: &Store) -> Option<String> {
    store.quickstart_by_token(&TOKEN).await.unwrap().map(|row| row.state)
}

async fn a_claimed_one_stays(store: Store) {
    assert!(start(&store, 1, "quiet-otter").await);
    assert_eq!(store.tenant_counts().await.unwrap().n_unclaimed, 1);
    assert_eq!(claim(&store, tenant(1), newcomer(1, tenant(1), "a@example.com")).await, ClaimQuickstart::Granted);
    assert_eq!(claim(&store, tenant(1), newcomer(2, tenant(1), "b@example.com")).await, ClaimQuickstart::Gone);
    assert!(store.user_by_email("b@example.com").await.unwrap().is_none(), "nothing is kept of a claim that lost");
    let kept = store.tenant_summary(tenant(1)).await.unwrap().unwrap();
    assert_eq!((kept.plan.as_str(), kept.name.as_str(), kept.n_members, kept.expires_at), ("pro", "Acme", 1, None));
    let later = NOW + LIVES_FOR;
    assert!(store.over_quickstarts(later, 10).await.unwrap().is_empty());
    assert!(!store.end_quickstart(tenant(1), later).await.unwrap());
    assert!(!store.remove_quickstart(tenant(1)).await.unwrap());
    assert!(store.api_key("quick-1", later).await.unwrap().is_some());
    assert_eq!((store.forget_claimed_quickstarts(later).await.unwrap(), state(&store).await), (1, None));
    assert_eq!(store.tenant_counts().await.unwrap().n_unclaimed, 0);
}

async fn a_plan_that_an_operator_set_stays(store: Store) {
    let plan = async |n| store.tenant_summary(tenant(n)).await.unwrap().unwrap().plan;
    let written = async |n| store.audited(tenant(n), 10).await.unwrap().into_iter().map(|row| row.subject);
    start(&store, 1, "quiet-otter").await;
    let set = AuditEntry { action: SET_BY_OPERATOR, ..audit_entry(1, 1, "scale") };
    assert!(store.set_plan(tenant(1), "scale", &set).await.unwrap());
    assert!(store.is_unclaimed(tenant(1)).await.unwrap());
    assert_eq!(claim(&store, tenant(1), newcomer(1, tenant(1), "a@example.com")).await, ClaimQuickstart::Granted);
    assert_eq!(plan(1).await, "scale");
    assert!(!written(1).await.any(|subject| subject == "pro"), "no other plan was set");
    assert!(!store.is_unclaimed(tenant(1)).await.unwrap());
    // The same of one that nobody touched; the token is free once it is forgotten.
    store.forget_claimed_quickstarts(NOW + LIVES_FOR).await.unwrap();
    start(&store, 2, "calm-owl").await;
    assert_eq!(claim(&store, tenant(2), newcomer(2, tenant(2), "b@example.com")).await, ClaimQuickstart::Granted);
    assert_eq!(plan(2).await, "pro");
    assert!(written(2).await.any(|subject| subject == "pro"));
}

async fn one_that_ended_is_nobodys(store: Store) {
    start(&store, 1, "quiet-otter").await;
    assert!(!store.end_quickstart(tenant(1), NOW).await.unwrap(), "it is not over yet");
    let later = NOW + LIVES_FOR;
    assert_eq!(store.over_quickstarts(later, 10).await.unwrap(), [tenant(1)]);
    assert!(store.end_quickstart(tenant(1), later).await.unwrap());
    assert!(!store.end_quickstart(tenant(1), later).await.unwrap(), "somebody does that already");
    assert!(store.over_quickstarts(later, 10).await.unwrap().is_empty());
    assert_eq!(claim(&store, tenant(1), newcomer(1, tenant(1), "a@example.com")).await, ClaimQuickstart::Gone);
    assert!(store.api_key("quick-1", NOW).await.unwrap().is_none());
}

/// By clocks that do not agree.
async fn of_a_claim_and_the_end_one_wins(store: Store) {
    start(&store, 1, "quiet-otter").await;
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            if n % 2 == 0 {
                let email = format!("{n}@example.com");
                let granted = claim(&store, tenant(1), newcomer(n, tenant(1), &email)).await;
                (u32::from(granted == ClaimQuickstart::Granted), 0)
            } else {
                (0, u32::from(store.end_quickstart(tenant(1), NOW + LIVES_FOR).await.unwrap()))
            }
        });
    }
    let done = tasks.join_all().await;
    let (n_granted, n_ended) = done.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert_eq!(n_granted + n_ended, 1, "{n_granted} claims, {n_ended} ends");
    let expected = if n_granted == 1 { "claimed" } else { "ending" };
    assert_eq!(state(&store).await.as_deref(), Some(expected));
    assert_eq!(store.api_key("quick-1", NOW).await.unwrap().is_some(), n_granted == 1);
}

async fn whoever_is_signed_in_owns_it_and_only_so_many(store: Store) {
    sign_up(&store, 2).await;
    start(&store, 1, "quiet-otter").await;
    let (user, session) = (UserId(Uuid::from_u128(2_002)), SessionId(Uuid::from_u128(4_002)));
    let signed_in = |most_owned| Claimant::SignedIn { user, session, most_owned };
    assert_eq!(claim(&store, tenant(1), signed_in(1)).await, ClaimQuickstart::TooMany);
    let over = Claimant::SignedIn { user, session: SessionId(Uuid::nil()), most_owned: 2 };
    assert_eq!(claim(&store, tenant(1), over).await, ClaimQuickstart::NotSignedIn);
    assert_eq!(state(&store).await.as_deref(), Some("open"), "whoever was refused may try again");
    assert_eq!(claim(&store, tenant(1), signed_in(2)).await, ClaimQuickstart::Granted);
    let member = store.member_by_session(&[2; 32], NOW).await.unwrap().unwrap();
    assert_eq!((member.tenant_id, member.role.as_str()), (tenant(1), "owner"));
}

async fn nothing_stays_of_one_that_ended(store: Store) {
    sign_up(&store, 2).await;
    store.create_app(&app_row(2), &[destination_row(2)], 10, &[], None).await.unwrap();
    start(&store, 1, "quiet-otter").await;
    store.create_app(&app_row(1), &[destination_row(1)], 10, &[], None).await.unwrap();
    let of = |n: u128, event: NewEvent| NewEvent { tenant_id: tenant(n), app_id: app(n), ..event };
    let mut held = of(1, event_to(&[1]));
    held.deliveries[0].held = Some(HeldReason::OverQuota);
    let own = [of(1, event()), of(1, event_to(&[1])), held];
    let others = of(2, event_to(&[2]));
    store.append(&own).await.unwrap();
    store.append(std::slice::from_ref(&others)).await.unwrap();

    let later = NOW + LIVES_FOR;
    assert!(store.end_quickstart(tenant(1), later).await.unwrap());
    assert!(!store.remove_quickstart(tenant(1)).await.unwrap(), "its events are still there");
    assert!(store.destination_route(destination(1)).await.unwrap().is_none());
    assert!(store.tenant_key(tenant(1), None).await.unwrap().is_none(), "what it stored does not open any more");
    let first = store.end_events(tenant(1), None, later, 2).await.unwrap();
    let second = store.end_events(tenant(1), first, later, 2).await.unwrap();
    assert!(first.is_some() && second > first, "two at once");
    assert_eq!(store.end_events(tenant(1), second, later, 2).await.unwrap(), None);
    assert_eq!(store.prune(later, NOW, 100).await.unwrap().n_events, 3);
    assert!(store.remove_quickstart(tenant(1)).await.unwrap());
    assert!(store.tenant(tenant(1)).await.unwrap().is_none());
    assert_eq!(store.usage_by_month(tenant(1)).await.unwrap(), []);
    assert!(store.content(others.id).await.unwrap().is_some() && store.tenant(tenant(2)).await.unwrap().is_some());
    assert_eq!(store.held_destinations().await.unwrap(), []);
    assert!(!start(&store, 3, slug(2).as_str()).await, "another tenant's slug is not free");
    assert!(start(&store, 3, "quiet-otter").await, "its slug is");
}

async fn one_that_failed_is_taken_back(store: Store) {
    sign_up(&store, 2).await;
    start(&store, 1, "quiet-otter").await;
    for n in [1, 2] {
        store.abandon_quickstart(tenant(n)).await.unwrap();
    }
    assert!(store.tenant(tenant(1)).await.unwrap().is_none());
    assert!(store.tenant(tenant(2)).await.unwrap().is_some(), "it is none");
}
