//! Mail: the outbox, the worker that sends what is in it, and what the mails say.
//!
//! Whoever has a reason for a mail puts it into the outbox in the same transaction: a crash loses none, and makes none of
//! what did not happen. What goes to several people, or only to accounts that there are, stands there as an [`Errand`]
//! first: the worker looks who that is, so that nobody waits for it or learns of it.

mod address;
mod carry;
mod errands;
mod letter;
mod quota;
mod texts;
mod worker;

pub use address::{BadSender, Sender};
use anyhook_domain::Timestamp;
use anyhook_store::config::NewMail;
pub use carry::{BadSmtp, Carrier};
pub(crate) use letter::{Contents, Errand, Letter, Says};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{Service, random};

/// Whoever could not be reached for so long is not waited for any longer.
const TRIED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// How long a link for verifying an address works.
pub(crate) const VERIFY_WITHIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a link for choosing another password works.
pub(crate) const RESET_WITHIN: Duration = Duration::from_secs(60 * 60);

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// How the dashboard's URLs begin, without a slash at the end: links lead there.
    pub dashboard_url: String,
    /// Who the mails come from.
    pub sender: Sender,
    pub carrier: Carrier,
    /// Links, and so tokens, are shown in the log as well: for a developer whose machine nobody else uses.
    pub shows_links: bool,
}

/// The way out for mail.
pub(crate) struct PostOffice {
    config: MailConfig,
    /// There may be something in the outbox.
    woken: Notify,
}

impl PostOffice {
    pub(crate) fn new(config: MailConfig) -> Self {
        if config.carrier.is_nobody() {
            tracing::warn!(
                "no mail is sent, as nothing says how: set ANYHOOK_SMTP_URL and ANYHOOK_MAIL_FROM, or \
                 ANYHOOK_MAIL_FOLDER; until then mails wait, for three days at the most"
            );
        }
        Self { config, woken: Notify::new() }
    }

    /// Whether mails leave this machine for whom they are addressed to.
    pub(crate) const fn reaches_people(&self) -> bool {
        matches!(self.config.carrier, Carrier::Smtp(_))
    }

    /// To be called once a mail was committed; without it, it is sent some seconds later.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }
}

impl Service {
    /// A letter for the outbox, which is given up after three days.
    pub(crate) fn letter(&self, to: &str, says: Says) -> NewMail {
        self.mail_to_be(&Contents::Letter(Letter { to: to.to_owned(), says }), TRIED_FOR)
    }

    /// The same for one that is worth nothing after a while.
    pub(crate) fn letter_within(&self, to: &str, says: Says, within: Duration) -> NewMail {
        self.mail_to_be(&Contents::Letter(Letter { to: to.to_owned(), says }), within.min(TRIED_FOR))
    }

    /// An errand for the outbox.
    pub(crate) fn errand(&self, errand: Errand) -> NewMail {
        self.mail_to_be(&Contents::Errand(errand), TRIED_FOR)
    }

    fn mail_to_be(&self, contents: &Contents, within: Duration) -> NewMail {
        let now = self.now();
        let id = new_id(now);
        let sealed = self.vault.seal_mail(id, &contents.to_bytes());
        NewMail { id, sealed: sealed.bytes, key_version: sealed.key_version, created_at: now, expires_at: now + within }
    }
}

fn new_id(at: Timestamp) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.unix_ms_unsigned(), &random::bytes()).into_uuid()
}
