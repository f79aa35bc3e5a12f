//! Destinations: settings, whole lists, rotation.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    AddedHeader, AddedHeaders, CreateAppRequest, CreateDestinationRequest, CreatedApp, CreatedDestination,
    DeleteDestinationRequest, Destination, DestinationList, DestinationSettings, GetAppRequest, GetDestinationRequest,
    PauseDestinationRequest, RotateSecretRequest, UpdateAppRequest, UpdateDestinationRequest,
};
use tonic::{Code, Response, Status};

use crate::{
    fails,
    nameserver::{AT_ONCE, KNOWN},
    on_each_database,
    world::{World, destination, new_app, problem, to},
};

on_each_database! {
    settings_are_checked
    private_and_unresolvable_addresses_are_refused
    one_destination_is_made_changed_and_deleted
    a_list_is_the_whole_list
    a_list_with_a_foreign_destination_changes_nothing
    twenty_destinations_are_enough
    other_tenants_destinations_are_not_found
    the_problem_of_a_list_names_its_item
    addresses_are_asked_for_at_once
    both_secrets_sign_during_an_overlap
    a_repeated_rotation_takes_nothing_away
    a_handler_may_pause_its_destination
    a_list_written_meanwhile_is_not_overwritten
    a_header_that_keeps_its_value_brings_no_old_one_back
}

fn create(tenant: &str, settings: DestinationSettings) -> CreateDestinationRequest {
    CreateDestinationRequest {
        tenant_id: tenant.into(),
        app: "pay".into(),
        settings: Some(settings),
        ..CreateDestinationRequest::default()
    }
}

fn update(tenant: &str, id: &str, settings: DestinationSettings) -> UpdateDestinationRequest {
    UpdateDestinationRequest {
        tenant_id: tenant.into(),
        app: "pay".into(),
        destination_id: id.into(),
        settings: Some(settings),

        ..UpdateDestinationRequest::default()
    }
}

fn rotate(tenant: &str, id: &str, overlap_seconds: Option<u32>) -> RotateSecretRequest {
    RotateSecretRequest {
        tenant_id: tenant.into(),
        app: "pay".into(),
        destination_id: id.into(),
        overlap_seconds,
        ..RotateSecretRequest::default()
    }
}

async fn present(world: &mut World, tenant: &str) -> Vec<Destination> {
    let request = GetAppRequest { tenant_id: tenant.into(), app: "pay".into() };
    world.apps.get_app(request).await.unwrap().into_inner().destinations
}

async fn set_list(world: &mut World, tenant: &str, items: Vec<DestinationSettings>) -> Result<CreatedApp, Status> {
    let request = UpdateAppRequest {
        tenant_id: tenant.into(),
        app: "pay".into(),
        destinations: Some(DestinationList { items }),
        ..UpdateAppRequest::default()
    };
    world.apps.update_app(request).await.map(Response::into_inner)
}

async fn settings_are_checked(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let good = || to("http://127.0.0.1:9000/");
    let bad = DestinationSettings { timeout_seconds: Some(901), ..good() };
    let status = fails!(world.apps.create_destination(create(&tenant, bad)), "invalid_field", "timeout_seconds");
    assert!(status.message().contains("900"), "{status}");
    let bad = DestinationSettings { max_attempts: Some(0), ..good() };
    fails!(world.apps.create_destination(create(&tenant, bad)), "invalid_field", "max_attempts");
    let bad = DestinationSettings { signature_mode: Some("none".into()), ..good() };
    fails!(world.apps.create_destination(create(&tenant, bad)), "invalid_field", "signature_mode");
    fails!(
        world.apps.create_destination(create(&tenant, DestinationSettings::default())),
        "destination_refused",
        "url"
    );
    assert_eq!(present(world, &tenant).await.len(), 1);
}

async fn private_and_unresolvable_addresses_are_refused(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    for url in ["http://10.0.0.1/", "http://[::1]/", "ftp://127.0.0.1/", "https://no-such-host.example.com/"] {
        let status = fails!(world.apps.create_destination(create(&tenant, to(url))), "destination_refused", "url");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().len() > 20, "{status}");
    }
    let status = set_list(world, &tenant, vec![to("http://169.254.169.254/latest")]).await.unwrap_err();
    assert_eq!(problem(&status), ("destination_refused", "destinations[0].url"));
}

async fn the_problem_of_a_list_names_its_item(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let good = || to("http://127.0.0.1:9000/");
    let by_id = DestinationSettings { id: Some(destination(&app).into()), ..DestinationSettings::default() };
    let slow = || DestinationSettings { timeout_seconds: Some(0), ..good() };
    for (items, field) in [
        (vec![good(), to("http://no-such-host.example.com/"), slow()], "destinations[1].url"),
        (vec![good(), slow(), to("http://no-such-host.example.com/")], "destinations[1].timeout_seconds"),
        (vec![good(), DestinationSettings { max_attempts: Some(99), ..by_id }, slow()], "destinations[1].max_attempts"),
        (vec![good(), good(), to("ftp://127.0.0.1/")], "destinations[2].url"),
    ] {
        assert_eq!(problem(&set_list(world, &tenant, items.clone()).await.unwrap_err()).1, field);
        if items[1].id.is_none() {
            let request = CreateAppRequest { destinations: items, ..new_app(&tenant, "Other") };
            assert_eq!(problem(&world.apps.create_app(request).await.unwrap_err()).1, field);
        }
    }
    assert_eq!(present(world, &tenant).await, app.destinations);
}

async fn addresses_are_asked_for_at_once(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let names = |word: &str| (0..AT_ONCE).map(|n| to(&format!("http://{word}-{n}.{KNOWN}/"))).collect::<Vec<_>>();
    let request = CreateAppRequest { destinations: names("new"), ..new_app(&tenant, "Other") };
    let made = world.apps.create_app(request).await.unwrap().into_inner();
    assert_eq!(made.created.len(), AT_ONCE);
    let listed = set_list(world, &tenant, names("listed")).await.unwrap().app.unwrap();
    assert!(listed.destinations[7].url.starts_with("http://listed-7."), "in the list's order");
    let moved = listed.destinations.iter().zip(names("moved"));
    let moved = moved.map(|(old, new)| DestinationSettings { id: Some(old.id.clone()), ..new }).collect();
    set_list(world, &tenant, moved).await.unwrap();
}

async fn one_destination_is_made_changed_and_deleted(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let settings = DestinationSettings {
        timeout_seconds: Some(60),
        max_attempts: Some(3),
        signature_mode: Some("standard".into()),
        is_paused: Some(true),
        ..to("http://127.0.0.1:9001")
    };
    let made = world.apps.create_destination(create(&tenant, settings)).await.unwrap().into_inner();
    let made = made.destination.unwrap();
    assert_eq!((made.url.as_str(), made.is_paused), ("http://127.0.0.1:9001/", true));
    assert_eq!((made.timeout_seconds, made.max_attempts, made.signature_mode.as_str()), (60, 3, "standard"));
    assert_eq!(present(world, &tenant).await[1], made);

    let settings = DestinationSettings { is_paused: Some(false), ..to("http://127.0.0.1:9002/") };
    let changed = world.apps.update_destination(update(&tenant, &made.id, settings)).await.unwrap().into_inner();
    let wanted = Destination { url: "http://127.0.0.1:9002/".into(), is_paused: false, ..made.clone() };
    assert_eq!(changed, wanted);

    let request = DeleteDestinationRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destination_id: made.id.clone(),
        ..DeleteDestinationRequest::default()
    };
    world.apps.delete_destination(request.clone()).await.unwrap();
    fails!(world.apps.delete_destination(request), "not_found");
    fails!(world.routing.get_destination(GetDestinationRequest { destination_id: made.id }), "not_found");
    assert_eq!(present(world, &tenant).await.len(), 1);
}

async fn a_list_is_the_whole_list(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    world.apps.create_destination(create(&tenant, to("http://127.0.0.1:9001/b"))).await.unwrap();
    world.tick();
    world.apps.create_destination(create(&tenant, to("http://127.0.0.1:9002/c"))).await.unwrap();
    let before = present(world, &tenant).await;
    let items = vec![
        // By its address, written in another way.
        DestinationSettings { is_paused: Some(true), ..to("http://127.0.0.1:09000/hook") },
        DestinationSettings { id: Some(before[2].id.clone()), ..to("http://127.0.0.1:9003/d") },
        to("http://127.0.0.1:9004/e"),
        to("http://127.0.0.1:9004/f"),
    ];
    world.tick();
    let changed = set_list(world, &tenant, items).await.unwrap();
    let after = changed.app.unwrap().destinations;
    assert_eq!(after.len(), 4);
    assert_eq!(after[0], Destination { is_paused: true, ..before[0].clone() });
    assert_eq!(after[1], Destination { url: "http://127.0.0.1:9003/d".into(), ..before[2].clone() });
    assert_eq!((after[2].url.as_str(), after[3].url.as_str()), ("http://127.0.0.1:9004/e", "http://127.0.0.1:9004/f"));
    let [CreatedDestination { destination: Some(made), signing_secret }, _] = &changed.created[..] else {
        panic!("only what is new is shown with its secret: {:?}", changed.created)
    };
    assert!(*made == after[2] && signing_secret.starts_with("whsec_"));
    let empty = set_list(world, &tenant, Vec::new()).await.unwrap();
    assert_eq!(empty.app.unwrap().destinations, []);
}

async fn a_list_with_a_foreign_destination_changes_nothing(world: &mut World) {
    let (tenant, stranger) = (world.tenant("Acme").await, world.tenant("Stranger").await);
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let foreign = world.app(&stranger, "pay").await.app.unwrap();
    let by_id = |id: &str| DestinationSettings { id: Some(id.into()), ..DestinationSettings::default() };
    let own = destination(&app);
    for items in [vec![by_id(own), by_id(destination(&foreign))], vec![by_id(own), by_id(own)], vec![by_id("x")]] {
        assert_eq!(set_list(world, &tenant, items).await.unwrap_err().code(), Code::NotFound);
    }
    assert_eq!(present(world, &tenant).await, app.destinations);
    assert_eq!(present(world, &stranger).await, foreign.destinations);
}

async fn twenty_destinations_are_enough(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    for n in 1..20 {
        let settings = to(&format!("http://127.0.0.1:9000/{n}"));
        world.apps.create_destination(create(&tenant, settings)).await.unwrap();
    }
    let one_more = create(&tenant, to("http://127.0.0.1:9000/20"));
    fails!(world.apps.create_destination(one_more), "too_many");
    let items = (0..21).map(|n| to(&format!("http://127.0.0.1:9000/{n}"))).collect();
    assert_eq!(problem(&set_list(world, &tenant, items).await.unwrap_err()), ("too_many", ""));
    assert_eq!(present(world, &tenant).await.len(), 20);
}

async fn other_tenants_destinations_are_not_found(world: &mut World) {
    let (tenant, stranger) = (world.tenant("Acme").await, world.tenant("Stranger").await);
    let app = world.app(&tenant, "pay").await.app.unwrap();
    world.app(&stranger, "pay").await;
    let id = destination(&app);
    fails!(world.apps.update_destination(update(&stranger, id, to("http://127.0.0.1:1/"))), "not_found");
    fails!(world.apps.rotate_secret(rotate(&stranger, id, None)), "not_found");
    let request = DeleteDestinationRequest {
        tenant_id: stranger,
        app: "pay".into(),
        destination_id: id.to_owned(),
        ..DeleteDestinationRequest::default()
    };
    fails!(world.apps.delete_destination(request), "not_found");
    // Nor under another app of its own tenant.
    world.app(&tenant, "other").await;
    let elsewhere = UpdateDestinationRequest { app: "other".into(), ..update(&tenant, id, to("http://127.0.0.1:1/")) };
    fails!(world.apps.update_destination(elsewhere), "not_found");
    assert_eq!(present(world, &tenant).await, app.destinations);
}

async fn both_secrets_sign_during_an_overlap(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let created = world.app(&tenant, "pay").await;
    let first = created.created[0].signing_secret.clone();
    let id = destination(created.app.as_ref().unwrap()).to_owned();
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(first.clone(), None)]);

    let rotated = world.apps.rotate_secret(rotate(&tenant, &id, Some(60))).await.unwrap().into_inner();
    let second = rotated.signing_secret;
    assert!(second.ends_with(rotated.destination.unwrap().secret_hint.trim_start_matches('…')));
    let until = Some(world.now() + 60_000);
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(second.clone(), None), (first, until)]);
    world.hand.advance(Duration::from_secs(60));
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(second.clone(), None)]);
    assert_eq!(world.tenants.forget_expired().await.unwrap(), 1);

    let third = world.apps.rotate_secret(rotate(&tenant, &id, None)).await.unwrap().into_inner().signing_secret;
    let until = Some(world.now() + 24 * 60 * 60 * 1000);
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(third, None), (second, until)]);
    let fourth = world.apps.rotate_secret(rotate(&tenant, &id, Some(0))).await.unwrap().into_inner().signing_secret;
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(fourth, None)]);
    assert_eq!(world.tenants.forget_expired().await.unwrap(), 0, "nothing was left behind");
    let too_long = rotate(&tenant, &id, Some(7 * 24 * 60 * 60 + 1));
    fails!(world.apps.rotate_secret(too_long), "invalid_field", "overlap_seconds");
}

async fn a_repeated_rotation_takes_nothing_away(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let created = world.app(&tenant, "pay").await;
    let first = created.created[0].signing_secret.clone();
    let id = destination(created.app.as_ref().unwrap()).to_owned();
    let until = Some(world.now() + 24 * 60 * 60 * 1000);
    let (mut one, mut two) = (world.apps.clone(), world.apps.clone());
    let (one, two) =
        tokio::join!(one.rotate_secret(rotate(&tenant, &id, None)), two.rotate_secret(rotate(&tenant, &id, None)));
    let (rotated, refused) = match (one, two) {
        (Ok(rotated), Err(refused)) | (Err(refused), Ok(rotated)) => (rotated, refused),
        both => panic!("one of them is refused: {both:?}"),
    };
    assert_eq!((problem(&refused), refused.code()), (("rotation_running", ""), Code::FailedPrecondition));
    assert!(refused.message().contains("2027-01-16T08:00:00.001Z"), "{refused}");
    let second = rotated.into_inner().signing_secret;
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(second.clone(), None), (first, until)]);

    let third = world.apps.rotate_secret(rotate(&tenant, &id, Some(60))).await.unwrap().into_inner().signing_secret;
    let until = Some(world.now() + 60_000);
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(third.clone(), None), (second, until)]);
    fails!(world.apps.rotate_secret(rotate(&tenant, &id, None)), "rotation_running");
    world.hand.advance(Duration::from_secs(60));
    let fourth = world.apps.rotate_secret(rotate(&tenant, &id, None)).await.unwrap().into_inner().signing_secret;
    let until = Some(world.now() + 24 * 60 * 60 * 1000);
    assert_eq!(world.signing_secrets(&tenant, &id).await, [(fourth, None), (third, until)]);
}

async fn a_handler_may_pause_its_destination(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let app = world.app(&tenant, "pay").await.app.unwrap();
    let id = destination(&app).to_owned();
    let pause = |reason: &str| PauseDestinationRequest { destination_id: id.clone(), reason: reason.into() };
    world.routing.pause_destination(pause("answered 410\nGone\0")).await.unwrap();
    let (mut one, mut two) = (world.routing.clone(), world.routing.clone());
    let again = tokio::join!(one.pause_destination(pause("again")), two.pause_destination(pause("and again")));
    assert!(again.0.is_ok() && again.1.is_ok());
    let paused = present(world, &tenant).await.remove(0);
    assert_eq!((paused.is_paused, paused.paused_reason.as_deref()), (true, Some("answered 410 Gone")));
    let mut audited = world.store.audited(tenant.parse().unwrap(), 10).await.unwrap();
    audited.retain(|it| it.action == "destination.paused");
    assert_eq!(audited.len(), 1);
    assert_eq!((audited[0].action.as_str(), &audited[0].subject), ("destination.paused", &id));

    let resume = DestinationSettings { is_paused: Some(false), ..DestinationSettings::default() };
    let resumed = world.apps.update_destination(update(&tenant, &id, resume)).await.unwrap().into_inner();
    assert_eq!((resumed.is_paused, resumed.paused_reason), (false, None));
    let unknown = PauseDestinationRequest { destination_id: "dst_x".into(), reason: String::new() };
    fails!(world.routing.pause_destination(unknown), "not_found");
}

/// Whole lists and single additions at once: every outcome is one that some order of them gives.
async fn a_list_written_meanwhile_is_not_overwritten(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    world.app(&tenant, "pay").await;
    let list = |n: u32| UpdateAppRequest {
        tenant_id: tenant.clone(),
        app: "pay".into(),
        destinations: Some(DestinationList { items: vec![to(&format!("http://127.0.0.1:9000/list/{n}"))] }),
        ..UpdateAppRequest::default()
    };
    let (mut one, mut two) = (world.apps.clone(), world.apps.clone());
    for n in 0..20 {
        let (first, second) = tokio::join!(one.update_app(list(2 * n)), two.update_app(list(2 * n + 1)));
        first.unwrap();
        second.unwrap();
        assert_eq!(present(world, &tenant).await.len(), 1);
    }
}

fn headers(items: &[(&str, Option<&str>)]) -> DestinationSettings {
    let item =
        |(name, value): &(&str, Option<&str>)| AddedHeader { name: (*name).into(), value: value.map(Into::into) };
    let items = items.iter().map(item).collect();
    DestinationSettings { headers: Some(AddedHeaders { items }), ..DestinationSettings::default() }
}

/// Whatever the order, the credential is the new one in the end.
async fn a_header_that_keeps_its_value_brings_no_old_one_back(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let created = world.app(&tenant, "pay").await;
    let id = destination(created.app.as_ref().unwrap()).to_owned();
    for n in 0..20 {
        let old = headers(&[("x-token", Some("the former one"))]);
        world.apps.update_destination(update(&tenant, &id, old)).await.unwrap();
        let set = update(&tenant, &id, headers(&[("x-token", Some("a secret-new1"))]));
        let keep = headers(&[("x-token", None), ("x-team", Some("billing"))]);
        let (mut one, mut two) = (world.apps.clone(), world.apps.clone());
        if n % 2 == 0 {
            let items = vec![DestinationSettings { id: Some(id.clone()), ..keep }];
            let keep = UpdateAppRequest {
                tenant_id: tenant.clone(),
                app: "pay".into(),
                destinations: Some(DestinationList { items }),
                ..UpdateAppRequest::default()
            };
            let (set, kept) = tokio::join!(one.update_destination(set), two.update_app(keep));
            set.unwrap();
            kept.unwrap();
        } else {
            let keep = update(&tenant, &id, keep);
            let (set, kept) = tokio::join!(one.update_destination(set), two.update_destination(keep));
            set.unwrap();
            kept.unwrap();
        }
        let shown = present(world, &tenant).await.remove(0).headers;
        let token = shown.iter().find(|header| header.name == "x-token").unwrap();
        assert!(token.hint.ends_with("new1"), "{n}: {token:?}");
    }
}
