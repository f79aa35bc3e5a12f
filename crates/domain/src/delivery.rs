//! Deliveries: one event on its way to one destination.

use crate::{AppId, DeliveryId, DestinationId, EventId, LeaseId, TenantId, Timestamp};

/// Where a delivery stands, as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// To be attempted: now, at its due time, or just now by the holder of its lease.
    Pending,
    /// Kept back until somebody releases it.
    Held,
    Success,
    Failed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Held, Self::Success, Self::Failed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// The API's word for a delivery: a pending one is `queued` before its first attempt and `retrying` after it.
#[must_use]
pub const fn public_state(state: State, attempts: u32) -> &'static str {
    match state {
        State::Pending if attempts == 0 => "queued",
        State::Pending => "retrying",
        other => other.as_str(),
    }
}

/// Why a delivery exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    Initial,
    Replay,
}

impl Trigger {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Replay => "replay",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Initial, Self::Replay].into_iter().find(|trigger| trigger.as_str() == word)
    }

    /// The value of `Anyhook-Trigger` on attempt `number` (from 1).
    #[must_use]
    pub const fn header_value(self, number: u32) -> &'static str {
        if number > 1 { "retry" } else { self.as_str() }
    }
}

/// Why a delivery is kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldReason {
    DestinationPaused,
    AppPaused,
    /// Its tenant had used up its plan's events of the month. Named before a pause: resuming does not let it go.
    OverQuota,
}

impl HeldReason {
    pub const ALL: [Self; 3] = [Self::DestinationPaused, Self::AppPaused, Self::OverQuota];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DestinationPaused => "destination_paused",
            Self::AppPaused => "app_paused",
            Self::OverQuota => "over_quota",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A wake-up: this delivery, which had so many attempts, may be due. It may be lost, doubled, late or wrong; whoever
/// acts on it acts on what the row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hint {
    pub delivery_id: DeliveryId,
    pub destination_id: DestinationId,
    pub attempts: u32,
}

/// One worker's hold on one delivery, from the claim to the settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub id: LeaseId,
    pub delivery_id: DeliveryId,
    pub event_id: EventId,
    pub destination_id: DestinationId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub trigger: Trigger,
    /// Attempts that were settled before this one.
    pub attempts: u32,
    /// The instant after which others may take the delivery for abandoned.
    pub until: Timestamp,
}

impl Lease {
    /// The number of the attempt that this lease is for, from 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.attempts + 1
    }
}
