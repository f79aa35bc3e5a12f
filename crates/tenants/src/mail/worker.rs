//! Sends what is in the outbox. Any number of processes may: each takes a mail by a compare-and-set. One that dies while
//! it sends leaves the mail to the others, who may send it a second time, with the same id.

use std::time::Duration;

use anyhook_domain::Timestamp;
use anyhook_store::{
    StoreError,
    config::{DueMail, TakenMail},
};
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{
    address::recipient,
    carry::{NotCarried, SENT_WITHIN, message},
    letter::{Contents, Letter},
    texts,
};
use crate::{Service, Tenants, problem::Problem, vault::SealedMail};

/// Mails of other processes, and those that were put off, are looked for so often.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const MAX_AT_ONCE: u32 = 32;
const MAX_CONNECTIONS: usize = 4;
/// Nobody else takes a mail before whoever took it must be done.
const TAKEN_FOR: Duration = SENT_WITHIN.saturating_mul(2);
const FIRST_RETRY: Duration = Duration::from_secs(30);
const LONGEST_RETRY: Duration = Duration::from_secs(60 * 60);
/// How often a server may refuse a mail for good before it is believed.
const MAX_REFUSALS: i64 = 5;

/// What becomes of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It is no longer in the outbox.
    Gone,
    /// There may be more to do at once.
    More,
    Later,
}

impl Tenants {
    /// Sends mails until the end. What is on its way then is finished first.
    pub async fn send_mails(self, ending: CancellationToken) {
        let service = &self.0;
        while !ending.is_cancelled() {
            let is_more = match service.send_due(&ending).await {
                Ok(is_more) => is_more,
                Err(error) => {
                    tracing::warn!(%error, "mails cannot be looked for; it is tried again");
                    false
                }
            };
            if is_more {
                continue;
            }
            let jitter = Duration::from_millis(rand::random_range(0..1000));
            tokio::select! {
                () = ending.cancelled() => {}
                () = service.mail.woken.notified() => {}
                () = service.clock.sleep(LOOK_EVERY + jitter) => {}
            }
        }
    }
}

impl Service {
    /// Whether there may be more to do at once.
    async fn send_due(&self, ending: &CancellationToken) -> Result<bool, StoreError> {
        let due = self.store.due_mails(self.now(), MAX_AT_ONCE).await?;
        let n_due = due.len();
        let sent = stream::iter(due).map(|mail| async move {
            if ending.is_cancelled() {
                return Next::Later;
            }
            self.handle(mail).await
        });
        let next: Vec<Next> = sent.buffer_unordered(MAX_CONNECTIONS).collect().await;
        let n_gone = next.iter().filter(|next| **next != Next::Later).count();
        Ok(next.contains(&Next::More) || (n_due == MAX_AT_ONCE as usize && n_gone > 0))
    }

    async fn handle(&self, mail: DueMail) -> Next {
        let outcome = async {
            match self.store.take_mail(&mail, self.now() + TAKEN_FOR).await? {
                Some(taken) => self.deal_with(&mail, taken).await,
                None => Ok(Next::Later),
            }
        };
        match outcome.await {
            Ok(next) => next,
            Err(problem) => {
                // Whoever took it keeps it for a while; then it is anybody's again.
                let why = problem.why();
                tracing::warn!(mail.id = %mail.id, why, "a mail could not be dealt with; it is tried again");
                Next::Later
            }
        }
    }

    async fn deal_with(&self, mail: &DueMail, taken: TakenMail) -> Result<Next, Problem> {
        if mail.expires_at <= self.now().unix_ms() {
            tracing::error!(mail.id = %mail.id, n_attempts = mail.n_attempts, "a mail that could not be sent is given up");
            self.store.finish_mail(taken, &[]).await?;
            return Ok(Next::Gone);
        }
        let sealed = SealedMail { bytes: mail.sealed.clone(), key_version: mail.key_version };
        match Contents::from_bytes(&self.vault.open_mail(mail.id, &sealed)?) {
            Some(Contents::Errand(errand)) => {
                self.run_errand(taken, errand).await?;
                Ok(Next::More)
            }
            Some(Contents::Letter(letter)) => self.send(mail, taken, &letter).await,
            None => {
                tracing::warn!(mail.id = %mail.id, "a mail of another version is left to that");
                self.put_off(taken, mail).await
            }
        }
    }

    async fn send(&self, mail: &DueMail, taken: TakenMail, letter: &Letter) -> Result<Next, Problem> {
        let Some(to) = recipient(&letter.to) else {
            tracing::warn!(mail.id = %mail.id, "a mail is given up: no mail can go to the account's address");
            self.store.finish_mail(taken, &[]).await?;
            return Ok(Next::Gone);
        };
        let config = &self.mail.config;
        let written = texts::write(&letter.says, &config.dashboard_url);
        let created_at = Timestamp::from_unix_ms(mail.created_at);
        let carried = match message(&config.sender, to, (mail.id, created_at), &written) {
            Ok(message) => config.carrier.carry(mail.id, &message).await,
            Err(error) => Err(error),
        };
        match carried {
            Ok(file) => {
                if let Some(file) = file {
                    // A link holds a token: it is in the log only where a developer alone reads that.
                    let link = written.link.as_deref().filter(|_| config.shows_links).unwrap_or("in the file");
                    tracing::info!(to = letter.to, subject = written.subject, file = %file.display(), link, "a mail");
                } else {
                    tracing::debug!(mail.id = %mail.id, "a mail was sent");
                }
                self.store.finish_mail(taken, &[]).await?;
                Ok(Next::Gone)
            }
            Err(error) => self.not_sent(mail, taken, &error).await,
        }
    }

    async fn not_sent(&self, mail: &DueMail, taken: TakenMail, error: &NotCarried) -> Result<Next, Problem> {
        let is_final = match error {
            NotCarried::NoWay | NotCarried::NotNow(_) => false,
            NotCarried::Refused(_) => taken.n_attempts >= MAX_REFUSALS,
            NotCarried::Unwritable(_) => true,
        };
        if is_final {
            tracing::error!(mail.id = %mail.id, %error, "a mail is given up");
            self.store.finish_mail(taken, &[]).await?;
            return Ok(Next::Gone);
        }
        if !matches!(error, NotCarried::NoWay) {
            tracing::warn!(mail.id = %mail.id, n_attempts = taken.n_attempts, %error, "a mail could not be sent");
        }
        self.put_off(taken, mail).await
    }

    async fn put_off(&self, taken: TakenMail, mail: &DueMail) -> Result<Next, Problem> {
        let wait = wait(taken.n_attempts, rand::random());
        let due_at = (self.now() + wait).unix_ms().min(mail.expires_at);
        self.store.put_off_mail(taken, Timestamp::from_unix_ms(due_at)).await?;
        Ok(Next::Later)
    }
}

/// How long after an attempt the next one comes. `entropy`: from 0 to 1.
fn wait(n_attempts: i64, entropy: f64) -> Duration {
    let doublings = u32::try_from(n_attempts - 1).unwrap_or(0).min(16);
    let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(LONGEST_RETRY);
    wait.mul_f64(0.8 + 0.2 * entropy.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_an_hour() {
        let waits = [1, 2, 3, 7, 8, 100].map(|n| wait(n, 1.0).as_secs());
        assert_eq!(waits, [30, 60, 120, 1920, 3600, 3600]);
        assert_eq!(wait(1, 0.0).as_secs(), 24);
    }
}
