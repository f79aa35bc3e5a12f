use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, Timestamp,
    delivery::{State, Trigger},
    event::{Head, Verification},
};
use anyhook_store::log::SealedEvent;
use bytes::Bytes;
use uuid::Uuid;

use super::*;
use crate::shapes::opened::Sealed;

const AT: Timestamp = Timestamp::from_unix_ms(1_750_000_000_120);

fn attempt(number: u32, sealed_answer: Option<Vec<u8>>) -> StoredAttempt {
    StoredAttempt {
        number,
        started_at: AT,
        duration_ms: 52_000,
        outcome: "http_error".into(),
        status_code: Some(500),
        error: Some("the handler answered 500".into()),
        url: "https://handler.example/webhooks?customId=123".into(),
        resolve_ms: Some(1),
        connect_ms: Some(2),
        tls_ms: None,
        first_byte_ms: Some(51_990),
        sealed_answer,
        answer_truncated: true,
    }
}

fn delivery(id: u128, is_current: bool, attempts: Vec<StoredAttempt>) -> StoredDelivery {
    StoredDelivery {
        id: DeliveryId(Uuid::from_u128(id)),
        destination_id: DestinationId(Uuid::from_u128(3)),
        trigger: if is_current { Trigger::Replay } else { Trigger::Initial },
        state: if is_current { State::Pending } else { State::Failed },
        n_attempts: attempts.last().map_or(0, |attempt| attempt.number),
        next_attempt_at: is_current.then_some(AT),
        held_reason: None,
        is_current,
        is_aside: false,
        created_at: AT,
        finished_at: (!is_current).then_some(AT),
        attempts,
    }
}

fn event() -> StoredEvent {
    let answered = vec![attempt(1, None), attempt(2, Some(b"sealed answer".to_vec()))];
    StoredEvent {
        id: EventId(Uuid::from_u128(1)),
        app_id: AppId(Uuid::from_u128(2)),
        source: "replicate".into(),
        received_at: AT,
        method: "POST".into(),
        path_rest: "/extra".into(),
        event_type: None,
        provider_id: Some("p-1".into()),
        is_conflicting: false,
        n_duplicates: 2,
        verification: Verification::None,
        rejection: None,
        body_hash: vec![0xab; 32],
        body_bytes: 2,
        key_version: 1,
        keep_until: None,
        sealed: Some(SealedEvent { salt: [7; 16], head: b"sealed head".to_vec(), body: b"sealed body".to_vec() }),
        deliveries: vec![delivery(4, false, answered), delivery(5, true, vec![])],
    }
}

fn opened(body: &'static [u8]) -> Vec<Bytes> {
    let headers = [
        ("content-type", b"application/json".to_vec()),
        ("x-odd", vec![0xff]),
        ("authorization", b"Bearer x".to_vec()),
    ];
    let headers = headers.into_iter().collect();
    let head = Head { query: Some("customId=123".into()), headers };
    let answer = Answer { headers: [("server", "nginx")].into_iter().collect(), body: b"no".to_vec() };
    vec![head.to_bytes().into(), body.into(), answer.to_bytes().into()]
}

fn hidden() -> Hidden {
    Hidden::of("replicate", None)
}

fn detail(body: &'static [u8]) -> EventDetail {
    let mut event = event();
    let (_, sealed) = Sealed::take(&mut event).unwrap();
    let opened = Opened::read(sealed.answers, opened(body)).unwrap();
    EventDetail::of(event, Some(opened), &Configured::default(), &hidden())
}

#[test]
fn names_are_as_clients_know_them() {
    insta::assert_json_snapshot!(detail(b"{}"));
}

#[test]
fn a_body_that_is_no_text_is_base64() {
    let json = serde_json::to_value(detail(b"\xff\x00")).unwrap();
    assert_eq!((&json["body"], &json["bodyEncoding"]), (&"/wA=".into(), &"base64".into()));
}

#[test]
fn a_forgotten_event_keeps_its_skeleton() {
    let mut forgotten = StoredEvent { sealed: None, ..event() };
    assert!(Sealed::take(&mut forgotten).is_none());
    let json = serde_json::to_value(EventDetail::of(forgotten, None, &Configured::default(), &hidden())).unwrap();
    assert_eq!(json["isForgotten"], true);
    for absent in ["/body", "/bodyEncoding", "/query", "/deliveries/0/attempts/1/answer"] {
        assert!(json.pointer(absent).unwrap().is_null(), "{absent}");
    }
    assert_eq!(json["deliveries"][0]["attempts"][1]["statusCode"], 500);
}

#[test]
fn parts_name_their_places_and_come_back_in_order() {
    let (salt, sealed) = Sealed::take(&mut event()).unwrap();
    assert_eq!((salt, &sealed.parts[1].sealed[..]), ([7; 16], &b"sealed body"[..]));
    let places: Vec<_> = sealed.parts.iter().map(|part| (part.row_id.as_str(), part.column.as_str())).collect();
    let (event_row, delivery_row) = ("evt_00000000000000000000000001", "dlv_00000000000000000000000004");
    let expected = [
        (event_row, "event_contents.sealed_head"),
        (event_row, "event_contents.sealed_body"),
        (delivery_row, "attempts.sealed_answer"),
    ];
    assert_eq!(places, expected);
    assert!(Opened::read(sealed.answers, vec![]).is_err());
}

#[test]
fn an_answer_that_cannot_be_read_does_not_hide_the_event() {
    let mut parts = opened(b"{}");
    parts[2] = Bytes::from_static(&[9, 9]);
    let (_, sealed) = Sealed::take(&mut event()).unwrap();
    assert!(Opened::read(sealed.answers, parts).unwrap().answers.is_empty());
}
