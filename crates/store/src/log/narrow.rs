//! What a list of events is narrowed down to, besides its app and status.

use std::collections::HashSet;

use anyhook_domain::{AppId, EventId, Timestamp, blind::Term};
use uuid::Uuid;

use super::list::EventSummary;
use crate::batched::Batched;

/// Conditions that all must hold; none by default. Time, the provider's id, fields and the status of a failed attempt
/// lead through an index; for the others, events are looked at one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Received at this instant or later.
    pub since: Option<Timestamp>,
    /// Received before this instant.
    pub until: Option<Timestamp>,
    pub source: Option<String>,
    /// The provider's own word; with a `*` at its end, how it begins.
    pub event_type: Option<String>,
    pub provider_id: Option<String>,
    /// What the last attempt was answered with, as the event's summary shows it.
    pub outbound_status: Option<u32>,
    /// Of one of these.
    pub apps: Option<Vec<AppId>>,
    /// Stands, in any case of letters, in the event's id, type, provider's id or path, in the reason of its rejection, or
    /// in its last attempt's error.
    pub text: Option<String>,
    /// Values of fields in the request.
    pub fields: Vec<FieldTerms>,
}

/// A field with a value, as the blind index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTerms {
    /// The field's name; the value is not kept.
    pub field: String,
    /// One of them; there is one for each of the tenant's keys.
    pub terms: Vec<Term>,
}

/// What an event's own row says: id, source, type, provider's id, path, rejection.
pub(super) type Texts = (Uuid, String, Option<String>, Option<String>, String, Option<String>);

pub(super) static TEXTS: Batched = Batched::look_up(
    "-- narrow events\nSELECT id, source, event_type, provider_id, path_rest, rejection FROM events WHERE id IN (",
    1,
    ")",
);

/// An event with one of its terms.
pub(super) type Termed = (Uuid, Vec<u8>);

pub(super) static TERMS: Batched =
    Batched::look_up("-- narrow terms\nSELECT event_id, term FROM event_terms WHERE event_id IN (", 1, ")");

/// What is known of an event from its own row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    No,
    /// Only its last attempt can bring the text that is searched.
    Perhaps,
    Yes,
}

impl Narrowing {
    /// Whether events' own rows must be read to decide.
    pub(super) const fn reads_events(&self) -> bool {
        self.source.is_some() || self.event_type.is_some() || self.text.is_some()
    }

    /// Whether most events that an index proposes may turn out not to be wanted, which costs little to find out.
    pub(super) fn is_choosy(&self) -> bool {
        self.reads_events() || self.apps.is_some() || !self.other_fields().is_empty()
    }

    /// The field whose index leads, unless the provider's id does.
    pub(super) fn leading_field(&self) -> Option<&FieldTerms> {
        self.fields.first().filter(|_| self.provider_id.is_none())
    }

    /// The fields that are yet to be compared.
    pub(super) fn other_fields(&self) -> &[FieldTerms] {
        self.fields.get(usize::from(self.leading_field().is_some())..).unwrap_or_default()
    }

    /// Only events that have not arrived can have been answered so: an attempt with 2xx is the last one.
    pub(super) fn is_of_undelivered(&self) -> bool {
        self.outbound_status.is_some_and(|code| !(200..300).contains(&code))
    }

    /// The ids between which all that is wanted lies, both excluded. Ids begin with the time.
    pub(super) fn bounds(&self) -> (Uuid, Uuid) {
        let first_at = |at: Timestamp| EventId::new(at, [0; 10]).0;
        let (mut after, mut before) = (Uuid::nil(), Uuid::max());
        if let Some(since) = self.since {
            after = beside(first_at(since), u128::checked_sub);
        }
        if let Some(until) = self.until {
            before = first_at(until);
        }
        // Whoever searches an id wants that event, however old it is.
        if let Some(id) = self.text.as_ref().and_then(|text| text.trim().parse::<EventId>().ok()) {
            after = after.max(beside(id.0, u128::checked_sub));
            before = before.min(beside(id.0, u128::checked_add));
        }
        (after, before)
    }

    /// The events that have these terms of the other fields.
    pub(super) fn having<'a>(&'a self, rows: &'a [Termed]) -> impl Fn(&EventId) -> bool + use<'a> {
        let present: HashSet<_> = rows.iter().map(|(event, term)| (*event, term.as_slice())).collect();
        move |event| {
            let has = |field: &FieldTerms| field.terms.iter().any(|term| present.contains(&(event.0, &term[..])));
            self.other_fields().iter().all(has)
        }
    }

    pub(super) fn judge(&self, (id, source, event_type, provider_id, path, rejection): &Texts) -> Verdict {
        let is_type = |pattern: &String| match (event_type, pattern.strip_suffix('*')) {
            (None, _) => false,
            (Some(word), Some(start)) => word.starts_with(start),
            (Some(word), None) => word == pattern,
        };
        if self.source.as_ref().is_some_and(|wanted| wanted != source) || !self.event_type.as_ref().is_none_or(is_type)
        {
            return Verdict::No;
        }
        let Some(text) = &self.text else { return Verdict::Yes };
        let id = EventId(*id).to_string();
        let texts = [Some(&id), event_type.as_ref(), provider_id.as_ref(), Some(path), rejection.as_ref()];
        if texts.into_iter().flatten().any(|it| holds(it, text)) { Verdict::Yes } else { Verdict::Perhaps }
    }

    /// The rest of it, which the deliveries decide.
    pub(super) fn takes(&self, event: &EventSummary, verdict: Verdict) -> bool {
        let last = event.leading.as_ref().and_then(|delivery| delivery.last.as_ref());
        let is_answered = |wanted: u32| last.and_then(|attempt| attempt.status_code).is_some_and(|code| code == wanted);
        let holds_text = || {
            let error = last.and_then(|attempt| attempt.error.as_ref());
            error.zip(self.text.as_ref()).is_some_and(|(error, text)| holds(error, text))
        };
        self.outbound_status.is_none_or(is_answered)
            && self.apps.as_ref().is_none_or(|apps| apps.contains(&event.app_id))
            && match verdict {
                Verdict::No => false,
                Verdict::Yes => true,
                Verdict::Perhaps => holds_text(),
            }
    }
}

fn beside(id: Uuid, step: fn(u128, u128) -> Option<u128>) -> Uuid {
    step(id.as_u128(), 1).map_or(id, Uuid::from_u128)
}

fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(part.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str, event_type: Option<&str>) -> Texts {
        let path = "/orders/Ä".to_owned();
        (Uuid::from_u128(7), source.into(), event_type.map(Into::into), Some("pi_123".into()), path, None)
    }

    #[test]
    fn a_time_range_is_a_range_of_ids() {
        assert_eq!(Narrowing::default().bounds(), (Uuid::nil(), Uuid::max()));
        let (since, until) = (Timestamp::from_unix_ms(1_000), Timestamp::from_unix_ms(2_000));
        let (after, before) = Narrowing { since: Some(since), until: Some(until), ..Narrowing::default() }.bounds();
        let is_inside = |ms, entropy| {
            let id = EventId::new(Timestamp::from_unix_ms(ms), [entropy; 10]).0;
            after < id && id < before
        };
        assert_eq!(
            [(999, 255), (1_000, 0), (1_999, 255), (2_000, 0)].map(|(ms, it)| is_inside(ms, it)),
            [false, true, true, false]
        );
    }

    #[test]
    fn an_id_that_is_searched_bounds_the_search() {
        let id = EventId(Uuid::from_u128(7));
        let narrowing = Narrowing { text: Some(format!(" {id}")), ..Narrowing::default() };
        assert_eq!(narrowing.bounds(), (Uuid::from_u128(6), Uuid::from_u128(8)));
        assert_eq!(narrowing.judge(&texts("stripe", None)), Verdict::Yes);
    }

    #[test]
    fn types_are_compared_whole_or_by_their_beginning() {
        let judge = |pattern: &str, word| {
            let event_type = Some(pattern.to_owned());
            Narrowing { event_type, ..Narrowing::default() }.judge(&texts("stripe", word))
        };
        assert_eq!(judge("charge.failed", Some("charge.failed")), Verdict::Yes);
        assert_eq!(judge("charge", Some("charge.failed")), Verdict::No);
        assert_eq!(judge("charge.*", Some("charge.failed")), Verdict::Yes);
        assert_eq!(judge("charge.*", Some("charges.failed")), Verdict::No);
        assert_eq!([judge("*", Some("x")), judge("*", None)], [Verdict::Yes, Verdict::No]);
    }

    #[test]
    fn text_is_found_in_any_case() {
        let judge = |text: &str| {
            Narrowing { text: Some(text.into()), ..Narrowing::default() }.judge(&texts("stripe", Some("charge.failed")))
        };
        for text in ["CHARGE", "pi_12", "/orders/ä", "evt_0000"] {
            assert_eq!(judge(text), Verdict::Yes, "{text}");
        }
        assert_eq!(judge("%"), Verdict::Perhaps);
        let source = Narrowing { source: Some("slack".into()), text: Some("charge".into()), ..Narrowing::default() };
        assert_eq!(source.judge(&texts("stripe", Some("charge.failed"))), Verdict::No);
    }
}
