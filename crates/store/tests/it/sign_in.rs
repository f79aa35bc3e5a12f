//! Accounts at an issuer, second factors and invitations: what is checked again in the transaction, and what is written
//! down with it.

use anyhook_domain::{IdentityId, InvitationId, TenantId, UserId};
use anyhook_store::{
    Store,
    config::{
        Accept, Acceptance, AuditEntry, By, ByIdentity, ConfirmSecondFactor, Invite, LinkNotice, NewIdentity,
        NewSecondFactor, NewSession, SessionOfIdentity, SpentSignIn,
    },
};
use uuid::Uuid;

use crate::{
    fixture::{NOW, on_both},
    two_tenants::{audit_entry, invitation, mail, session, sign_up, token_of},
};

on_both! {
    an_identity_is_linked_while_the_session_goes_on
    an_identity_that_came_with_signing_in_is_told
    an_invitation_asks_for_the_code_of_that_moment
    a_recovery_code_is_written_down
}

fn tenant() -> TenantId {
    TenantId(Uuid::from_u128(1))
}

fn user() -> UserId {
    session(1, 0).user
}

fn identity(n: u128) -> NewIdentity<'static> {
    let subject = if n == 1 { "one" } else { "two" };
    let id = IdentityId(Uuid::from_u128(9_000 + n));
    NewIdentity { id, user: user(), issuer: "https://issuer.example", subject, email: None, at: NOW }
}

fn spent(n: u8) -> SpentSignIn {
    SpentSignIn { nonce_hash: [n; 32], expires_at: NOW }
}

fn record(id: u128, action: &'static str) -> AuditEntry<'static> {
    AuditEntry { action, ..audit_entry(1, id, "x") }
}

async fn actions(store: &Store) -> Vec<String> {
    store.audited(tenant(), 10).await.unwrap().into_iter().map(|row| row.action).collect()
}

/// From now on the user is asked for codes.
async fn protect(store: &Store) {
    let new = NewSecondFactor { user: user(), sealed_secret: &[1], key_version: 1, at: NOW };
    assert!(store.begin_second_factor(&new).await.unwrap());
    let confirmed = ConfirmSecondFactor {
        user: user(),
        sealed_secret: &[1],
        step: 1,
        recovery_codes: &[[5; 32]],
        kept: session(1, 0).id,
        at: NOW,
    };
    assert!(store.confirm_second_factor(&confirmed, &record(9_100, "on")).await.unwrap());
}

async fn an_identity_is_linked_while_the_session_goes_on(store: Store) {
    sign_up(&store, 1).await;
    sign_up(&store, 2).await;
    let n_mails = store.n_mails().await.unwrap();
    let (one, two) = (mail(9_301), mail(9_302));
    let notice = LinkNotice { record: record(9_101, "linked"), mail: &one };
    let (own, others) = (session(1, 0).token_hash, session(2, 0).token_hash);
    let refused = store.link_identity(&identity(1), &others, spent(1), &notice).await.unwrap();
    assert_eq!(refused, ByIdentity::Changed, "another user's session");
    assert_eq!(store.link_identity(&identity(1), &own, spent(1), &notice).await.unwrap(), ByIdentity::Done);
    assert_eq!((actions(&store).await, store.n_mails().await.unwrap()), (vec!["linked".to_owned()], n_mails + 1));

    assert!(store.close_session(&own).await.unwrap());
    let notice = LinkNotice { record: record(9_102, "linked"), mail: &two };
    let refused = store.link_identity(&identity(2), &own, spent(2), &notice).await.unwrap();
    assert_eq!(refused, ByIdentity::Changed, "its session has ended");
    assert_eq!(store.identities_of(user()).await.unwrap().len(), 1);
}

async fn an_identity_that_came_with_signing_in_is_told(store: Store) {
    sign_up(&store, 1).await;
    let n_mails = store.n_mails().await.unwrap();
    let told = mail(9_301);
    let open = |n: u8, linked_now| SessionOfIdentity {
        spent: spent(n),
        identity: identity(1),
        linked_now,
        has_passed: false,
        session: session(1, n),
    };
    let notice = LinkNotice { record: record(9_101, "linked"), mail: &told };
    assert_eq!(store.open_session_of_identity(&open(1, Some(notice))).await.unwrap(), ByIdentity::Done);
    assert_eq!(store.open_session_of_identity(&open(2, None)).await.unwrap(), ByIdentity::Done);
    assert_eq!((actions(&store).await, store.n_mails().await.unwrap()), (vec!["linked".to_owned()], n_mails + 1));
}

async fn an_invitation_asks_for_the_code_of_that_moment(store: Store) {
    sign_up(&store, 1).await;
    sign_up(&store, 2).await;
    let invited = invitation(2, 6_101, "1@example.com");
    let made = store.invite(&invited, By::Key, 10, &mail(9_301), &audit_entry(2, 9_201, "x"), None).await.unwrap();
    assert_eq!(made, Invite::Made);
    let seen = store.invitation_by_token(&token_of(6_101), NOW).await.unwrap().unwrap();
    assert_eq!(seen.id, InvitationId(Uuid::from_u128(6_101)));
    // Turned on after the password was looked at.
    protect(&store).await;
    let taken = |has_passed| Acceptance {
        invitation: &seen,
        token_hash: token_of(6_101),
        user: user(),
        password_hash: Some("x"),
        session_token_hash: None,
        has_passed,
        new_user: None,
        session: NewSession { tenant: TenantId(Uuid::from_u128(2)), ..session(1, 5) },
        at: NOW,
    };
    let joined = audit_entry(2, 9_202, "x");
    assert_eq!(store.accept_invitation(&taken(false), &joined).await.unwrap(), Accept::CodeNeeded);
    assert_eq!(store.accept_invitation(&taken(true), &joined).await.unwrap(), Accept::Joined);
}

async fn a_recovery_code_is_written_down(store: Store) {
    sign_up(&store, 1).await;
    protect(&store).await;
    let used = record(9_101, "used");
    assert!(!store.take_recovery_code(user(), &[6; 32], Some(&used)).await.unwrap());
    assert!(store.take_recovery_code(user(), &[5; 32], Some(&used)).await.unwrap());
    assert!(!store.take_recovery_code(user(), &[5; 32], Some(&used)).await.unwrap());
    let mut written = actions(&store).await;
    written.sort_unstable();
    assert_eq!(written, ["on", "used"]);
}
