//! Keys, and opening with them.

use anyhook_domain::{
    DeliveryId, EventId, TenantId,
    seal::{Key, Place},
    secret::Secret,
};
use anyhook_rpc::tenants::v1::{
    GetDestinationRequest, GetTenantKeyRequest, OpenEventRequest, SealedPart, SealedSecret,
};
use tonic::Code;
use uuid::Uuid;

use crate::{fails, on_each_database, world::World};

on_each_database! {
    tenants_have_keys_of_their_own
    an_event_is_opened_and_that_is_written_down
    what_does_not_open_is_not_answered
    a_large_body_passes
}

const SALT: [u8; 16] = [3; 16];
const USER: &str = "usr_01h455vb4pex5vsknk084sn02q";

impl World {
    pub(crate) async fn key(&mut self, tenant: &str) -> Key {
        let request = GetTenantKeyRequest { tenant_id: tenant.into(), version: None };
        let got = self.keys.get_tenant_key(request).await.unwrap().into_inner();
        assert_eq!(got.version, 1);
        Key::from_slice(&got.key).unwrap()
    }

    /// A secret, opened as ingress and delivery do.
    pub(crate) async fn open(&mut self, tenant: &str, sealed: &SealedSecret) -> String {
        let row = match sealed.column.as_str() {
            "apps.sealed_secret" => sealed.row_id.parse::<anyhook_domain::AppId>().unwrap().0,
            _ => sealed.row_id.parse::<anyhook_domain::DestinationId>().unwrap().0,
        };
        let column =
            if sealed.column == "apps.sealed_secret" { "apps.sealed_secret" } else { "destinations.sealed_secret" };
        let place = Place { tenant: tenant.parse().unwrap(), row, column };
        let plain = self.key(tenant).await.for_secrets().open(&place, &sealed.sealed).unwrap();
        Secret::new(String::from_utf8(plain).unwrap()).expose().to_owned()
    }

    /// A destination's secrets in plain text, and until when each signs.
    pub(crate) async fn signing_secrets(&mut self, tenant: &str, id: &str) -> Vec<(String, Option<i64>)> {
        let request = GetDestinationRequest { destination_id: id.into() };
        let got = self.routing.get_destination(request).await.unwrap().into_inner();
        let mut opened = Vec::new();
        for secret in got.secrets {
            opened.push((self.open(tenant, &secret.secret.unwrap()).await, secret.until));
        }
        opened
    }
}

fn event() -> EventId {
    EventId(Uuid::from_u128(5))
}

fn sealed(key: &Key, tenant: TenantId, row: Uuid, column: &'static str, plain: &[u8]) -> bytes::Bytes {
    key.for_event(event(), &SALT).seal([1; 12], &Place { tenant, row, column }, plain).into()
}

fn part(row_id: &str, column: &str, sealed: bytes::Bytes) -> SealedPart {
    SealedPart { row_id: row_id.into(), column: column.into(), sealed }
}

fn request(tenant: &str, parts: Vec<SealedPart>) -> OpenEventRequest {
    OpenEventRequest {
        tenant_id: tenant.into(),
        event_id: event().to_string(),
        key_version: 1,
        salt: SALT.to_vec().into(),
        parts,
        user_id: Some(USER.into()),
        api_key_id: None,
    }
}

async fn tenants_have_keys_of_their_own(world: &mut World) {
    let (one, two) = (world.tenant("Acme").await, world.tenant("Other").await);
    assert_ne!(world.key(&one).await.expose(), world.key(&two).await.expose());
    let same = GetTenantKeyRequest { tenant_id: one.clone(), version: Some(1) };
    let same = world.keys.get_tenant_key(same).await.unwrap().into_inner();
    assert_eq!(&same.key[..], world.key(&one).await.expose());
    let later = GetTenantKeyRequest { tenant_id: one, version: Some(2) };
    fails!(world.keys.get_tenant_key(later), "not_found");
    let unknown = GetTenantKeyRequest { tenant_id: "ten_x".into(), version: None };
    fails!(world.keys.get_tenant_key(unknown), "not_found");
}

async fn an_event_is_opened_and_that_is_written_down(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let (id, key) = (tenant.parse().unwrap(), world.key(&tenant).await);
    let delivery = DeliveryId(Uuid::from_u128(6));
    let (row, event_id) = (event().0, event().to_string());
    let parts = vec![
        part(&event_id, "event_contents.sealed_body", sealed(&key, id, row, "event_contents.sealed_body", b"body")),
        part(&event_id, "event_contents.sealed_head", sealed(&key, id, row, "event_contents.sealed_head", b"head")),
        part(
            &delivery.to_string(),
            "attempts.sealed_answer",
            sealed(&key, id, delivery.0, "attempts.sealed_answer", b""),
        ),
    ];
    let opened = world.keys.open_event(request(&tenant, parts)).await.unwrap().into_inner().parts;
    assert_eq!(opened, [&b"body"[..], b"head", b""]);
    let mut audited = world.store.audited(id, 10).await.unwrap();
    audited.retain(|it| it.action == "event.opened");
    assert_eq!(audited.len(), 1);
    assert_eq!((audited[0].action.as_str(), &audited[0].subject), ("event.opened", &event_id));
    assert_eq!(
        (audited[0].user_id, audited[0].at),
        (Some(USER.parse::<anyhook_domain::UserId>().unwrap().0), world.now())
    );
}

async fn what_does_not_open_is_not_answered(world: &mut World) {
    let (tenant, stranger) = (world.tenant("Acme").await, world.tenant("Stranger").await);
    let (id, key) = (tenant.parse().unwrap(), world.key(&tenant).await);
    let body = "event_contents.sealed_body";
    let event_id = event().to_string();
    let bytes = sealed(&key, id, event().0, body, b"body");
    let good = || part(&event_id, body, bytes.clone());

    let foreign = fails!(world.keys.open_event(request(&stranger, vec![good()])), "does_not_open");
    assert_eq!(foreign.code(), Code::DataLoss);
    let moved = part(&event_id, "event_contents.sealed_head", bytes.clone());
    fails!(world.keys.open_event(request(&tenant, vec![good(), moved])), "does_not_open");
    let elsewhere = part(&EventId(Uuid::from_u128(9)).to_string(), body, bytes.clone());
    fails!(world.keys.open_event(request(&tenant, vec![elsewhere])), "does_not_open");
    let unknown = part(&event_id, "apps.sealed_secret", bytes.clone());
    fails!(world.keys.open_event(request(&tenant, vec![unknown])), "invalid_field", "column");
    let salted = OpenEventRequest { salt: vec![3; 15].into(), ..request(&tenant, vec![good()]) };
    fails!(world.keys.open_event(salted), "invalid_field", "salt");
    let nobody = OpenEventRequest { user_id: None, ..request(&tenant, vec![good()]) };
    fails!(world.keys.open_event(nobody), "invalid_field", "user_id");
    let odd = OpenEventRequest { user_id: Some("ada".into()), ..request(&tenant, vec![good()]) };
    let status = fails!(world.keys.open_event(odd), "invalid_field", "user_id");
    assert!(status.message().contains("usr_"), "{status}");
    let later = OpenEventRequest { key_version: 2, ..request(&tenant, vec![good()]) };
    fails!(world.keys.open_event(later), "not_found");
    for tenant in [tenant, stranger] {
        let audited = world.store.audited(tenant.parse().unwrap(), 10).await.unwrap();
        assert!(audited.iter().all(|it| it.action != "event.opened"));
    }
}

async fn a_large_body_passes(world: &mut World) {
    let tenant = world.tenant("Acme").await;
    let (id, key) = (tenant.parse().unwrap(), world.key(&tenant).await);
    let plain = vec![b'x'; 10 << 20];
    let body = sealed(&key, id, event().0, "event_contents.sealed_body", &plain);
    let parts = vec![part(&event().to_string(), "event_contents.sealed_body", body)];
    let opened = world.keys.open_event(request(&tenant, parts)).await.unwrap().into_inner().parts;
    assert!(opened[0] == plain);
}
