//! An event's sealed parts: which they are, and what they hold once the tenants service has opened them.

use std::collections::HashMap;

use anyhook_domain::{
    DeliveryId,
    event::{Answer, Head, column},
    seal::Salt,
};
use anyhook_rpc::tenants::v1::SealedPart;
use anyhook_store::log::{SealedEvent, StoredEvent};
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

/// What is to be opened of an event: head, body, then the answers.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) parts: Vec<SealedPart>,
    /// Whose the answers are, in their order.
    pub(crate) answers: Vec<(DeliveryId, u32)>,
}

impl Sealed {
    /// Takes the sealed parts out of the event, which may be large. `None` for an event that was forgotten.
    pub(crate) fn take(event: &mut StoredEvent) -> Option<(Salt, Self)> {
        let SealedEvent { salt, head, body } = event.sealed.take()?;
        let row = event.id.to_string();
        let mut sealed = Self {
            parts: vec![part(row.clone(), column::HEAD, head), part(row, column::BODY, body)],
            answers: Vec::new(),
        };
        for delivery in &mut event.deliveries {
            for attempt in &mut delivery.attempts {
                let Some(answer) = attempt.sealed_answer.take() else { continue };
                sealed.parts.push(part(delivery.id.to_string(), column::ANSWER, answer));
                sealed.answers.push((delivery.id, attempt.number));
            }
        }
        Some((salt, sealed))
    }
}

fn part(row_id: String, column: &str, sealed: Vec<u8>) -> SealedPart {
    SealedPart { row_id, column: column.to_owned(), sealed: sealed.into() }
}

impl Opened {
    /// Takes the opened parts in the order of the sealed ones.
    pub(crate) fn read(answers: Vec<(DeliveryId, u32)>, parts: Vec<Bytes>) -> Result<Self, Problem> {
        let too_few = || Problem::internal("tenants: opened fewer parts than were sealed");
        let mut parts = parts.into_iter();
        let head = parts.next().ok_or_else(too_few)?;
        let body = parts.next().ok_or_else(too_few)?;
        let head = Head::from_bytes(&head).map_err(|error| Problem::internal(error.to_string()))?;
        let answers = answers.into_iter().zip(parts);
        let answers = answers.filter_map(|(whose, part)| Some((whose, Answer::from_bytes(&part).ok()?)));
        Ok(Self { head, body, answers: answers.collect() })
    }
}
