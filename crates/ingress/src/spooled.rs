//! An event as it lies in the spool: what the log's rows would hold, sealed as there, in postcard's format behind a
//! version byte. Another version of AnyHook may read it, so a published version never changes.

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, TenantId, Timestamp, blind::Term, delivery::HeldReason,
    event::Verification, source::Source,
};
use anyhook_store::log::{NewDelivery, NewEvent};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const VERSION: u8 = 1;
/// The same with terms behind it; written where there are any.
const WITH_TERMS: u8 = 2;

/// A message that this version cannot read: another's, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a spooled event cannot be read by this version")]
pub(crate) struct Unreadable;

#[derive(Serialize, Deserialize)]
struct Event<'a> {
    id: u128,
    tenant_id: u128,
    app_id: u128,
    source: &'a str,
    received_at: i64,
    method: &'a str,
    path_rest: &'a str,
    event_type: Option<&'a str>,
    provider_id: Option<&'a str>,
    dedup_key: Option<[u8; 16]>,
    verification: &'a str,
    rejection: Option<&'a str>,
    body_hash: [u8; 32],
    body_bytes: u64,
    key_version: u32,
    salt: [u8; 16],
    #[serde(borrow)]
    sealed_head: &'a [u8],
    sealed_body: &'a [u8],
    traceparent: &'a str,
    keep_until: Option<i64>,
    #[serde(borrow)]
    deliveries: Vec<Delivery<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Delivery<'a> {
    id: u128,
    destination_id: u128,
    due_at: i64,
    held: Option<&'a str>,
}

pub(crate) fn encode(event: &NewEvent) -> Bytes {
    let delivery = |it: &NewDelivery| Delivery {
        id: it.id.0.as_u128(),
        destination_id: it.destination_id.0.as_u128(),
        due_at: it.due_at.unix_ms(),
        held: it.held.map(HeldReason::as_str),
    };
    let spooled = Event {
        id: event.id.0.as_u128(),
        tenant_id: event.tenant_id.0.as_u128(),
        app_id: event.app_id.0.as_u128(),
        source: event.source,
        received_at: event.received_at.unix_ms(),
        method: &event.method,
        path_rest: &event.path_rest,
        event_type: event.event_type.as_deref(),
        provider_id: event.provider_id.as_deref(),
        dedup_key: event.dedup_key,
        verification: event.verification.as_str(),
        rejection: event.rejection.as_deref(),
        body_hash: event.body_hash,
        body_bytes: event.body_bytes,
        key_version: event.key_version,
        salt: event.salt,
        sealed_head: &event.sealed_head,
        sealed_body: &event.sealed_body,
        traceparent: &event.traceparent,
        keep_until: event.keep_until.map(Timestamp::unix_ms),
        deliveries: event.deliveries.iter().map(delivery).collect(),
    };
    let start = Vec::with_capacity(event.sealed_head.len() + event.sealed_body.len() + 512);
    let written = match event.terms.is_empty() {
        true => postcard::to_extend(&(VERSION, spooled), start),
        false => postcard::to_extend(&(WITH_TERMS, spooled, &event.terms), start),
    };
    Bytes::from(written.expect("every value can be written"))
}

pub(crate) fn decode(message: &[u8]) -> Result<NewEvent, Unreadable> {
    let (version, rest) = message.split_first().ok_or(Unreadable)?;
    let read: Result<(Event<'_>, Vec<Term>), _> = match *version {
        VERSION => postcard::from_bytes(rest).map(|event| (event, Vec::new())),
        WITH_TERMS => postcard::from_bytes(rest),
        _ => return Err(Unreadable),
    };
    let (event, terms) = read.map_err(|_| Unreadable)?;
    let delivery = |it: &Delivery<'_>| {
        let held = it.held.map(|word| HeldReason::parse(word).ok_or(Unreadable)).transpose()?;
        Ok(NewDelivery {
            id: DeliveryId(Uuid::from_u128(it.id)),
            destination_id: DestinationId(Uuid::from_u128(it.destination_id)),
            due_at: Timestamp::from_unix_ms(it.due_at),
            held,
        })
    };
    Ok(NewEvent {
        id: EventId(Uuid::from_u128(event.id)),
        tenant_id: TenantId(Uuid::from_u128(event.tenant_id)),
        app_id: AppId(Uuid::from_u128(event.app_id)),
        source: Source::named(event.source).ok_or(Unreadable)?.slug,
        received_at: Timestamp::from_unix_ms(event.received_at),
        method: event.method.to_owned(),
        path_rest: event.path_rest.to_owned(),
        event_type: event.event_type.map(str::to_owned),
        provider_id: event.provider_id.map(str::to_owned),
        dedup_key: event.dedup_key,
        verification: Verification::parse(event.verification).ok_or(Unreadable)?,
        rejection: event.rejection.map(str::to_owned),
        body_hash: event.body_hash,
        body_bytes: event.body_bytes,
        key_version: event.key_version,
        salt: event.salt,
        sealed_head: event.sealed_head.to_vec(),
        sealed_body: event.sealed_body.to_vec(),
        terms,
        traceparent: event.traceparent.to_owned(),
        keep_until: event.keep_until.map(Timestamp::from_unix_ms),
        deliveries: event.deliveries.iter().map(delivery).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n_deliveries: u128) -> NewEvent {
        let held = |n| (n % 2 == 1).then_some(HeldReason::AppPaused);
        let delivery = |n| NewDelivery {
            id: DeliveryId(Uuid::from_u128(n)),
            destination_id: DestinationId(Uuid::from_u128(n + 1)),
            due_at: Timestamp::from_unix_ms(5),
            held: held(n),
        };
        NewEvent {
            id: EventId(Uuid::from_u128(1)),
            tenant_id: TenantId(Uuid::from_u128(2)),
            app_id: AppId(Uuid::from_u128(3)),
            source: "replicate",
            received_at: Timestamp::from_unix_ms(4),
            method: "POST".into(),
            path_rest: "/ä?".into(),
            event_type: Some("prediction.succeeded".into()),
            provider_id: None,
            dedup_key: Some([6; 16]),
            verification: Verification::Verified,
            rejection: None,
            body_hash: [7; 32],
            body_bytes: 8,
            key_version: 9,
            salt: [10; 16],
            sealed_head: vec![0, 255],
            sealed_body: vec![1; 100_000],
            terms: Vec::new(),
            traceparent: "00-…".into(),
            keep_until: Some(Timestamp::from_unix_ms(11)),
            deliveries: (0..n_deliveries).map(delivery).collect(),
        }
    }

    #[test]
    fn an_event_comes_back_as_it_went() {
        for n in [0, 1, 3] {
            let event = event(n);
            assert_eq!(format!("{:?}", decode(&encode(&event)).unwrap()), format!("{event:?}"));
            let event = NewEvent { terms: vec![[1; 16], [2; 16]], ..event };
            assert_eq!(format!("{:?}", decode(&encode(&event)).unwrap()), format!("{event:?}"));
        }
    }

    #[test]
    fn what_is_damaged_or_anothers_is_not_read() {
        let whole = encode(&event(1));
        assert_eq!(decode(&[]).unwrap_err(), Unreadable);
        assert_eq!(decode(&[&[WITH_TERMS + 1], &whole[1..]].concat()).unwrap_err(), Unreadable);
        assert_eq!(decode(&[&[WITH_TERMS], &whole[1..]].concat()).unwrap_err(), Unreadable);
        assert_eq!(decode(&whole[..whole.len() - 1]).unwrap_err(), Unreadable);
    }
}
