//! An event's sealed parts: which they are, and what they hold once the tenants service has opened them.

use std::collections::HashMap;

use anyhook_domain::{
    DeliveryId,
    event::{Answer, Head, column},
};
use anyhook_rpc::tenants::v1::SealedPart;
use anyhook_store::log::StoredEvent;
use bytes::Bytes;

use crate::problem::Problem;

/// An event's content in plain text.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) head: Head,
    pub(crate) body: Bytes,
    /// By delivery and number of the attempt. An answer that cannot be read is missing: the rest is worth showing.
    pub(crate) answers: HashMap<(DeliveryId, u32), Answer>,
}

/// What is to be opened: head, body, then the answers. Empty for an event that was forgotten.
pub(crate) fn sealed_parts(event: &StoredEvent) -> Vec<SealedPart> {
    let Some(sealed) = &event.sealed else { return Vec::new() };
    let row = event.id.to_string();
    let mut parts = vec![part(&row, column::HEAD, &sealed.head), part(&row, column::BODY, &sealed.body)];
    parts.extend(answers(event).map(|(id, _, sealed)| part(&id.to_string(), column::ANSWER, sealed)));
    parts
}

fn part(row: &str, column: &str, sealed: &[u8]) -> SealedPart {
    SealedPart { row_id: row.to_owned(), column: column.to_owned(), sealed: sealed.to_owned().into() }
}

fn answers(event: &StoredEvent) -> impl Iterator<Item = (DeliveryId, u32, &[u8])> {
    event.deliveries.iter().flat_map(|delivery| {
        let sealed = delivery.attempts.iter().map(|it| (delivery.id, it.number, it.sealed_answer.as_deref()));
        sealed.filter_map(|(id, number, sealed)| Some((id, number, sealed?)))
    })
}

impl Opened {
    /// Takes the opened parts in the order of [`sealed_parts`].
    pub(crate) fn read(event: &StoredEvent, parts: Vec<Bytes>) -> Result<Self, Problem> {
        let too_few = || Problem::internal("tenants: opened fewer parts than were sealed");
        let mut parts = parts.into_iter();
        let head = parts.next().ok_or_else(too_few)?;
        let body = parts.next().ok_or_else(too_few)?;
        let head = Head::from_bytes(&head).map_err(|error| Problem::internal(error.to_string()))?;
        let answers = answers(event).zip(parts);
        let answers =
            answers.filter_map(|((id, number, _), part)| Some(((id, number), Answer::from_bytes(&part).ok()?)));
        Ok(Self { head, body, answers: answers.collect() })
    }
}
