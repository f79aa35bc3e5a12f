//! Answers to providers that make sure of their URL. Nothing of it is an event, and nothing is kept but what was forged.

use anyhook_domain::source::{Handshake, Reason, Reply, Verdict};

use crate::{
    provider::Provider,
    rejection::Rejection,
    service::{Service, Visit},
};

impl Service {
    /// # Errors
    /// [`Rejection`]: it is not this app's, or not its provider's, or that cannot be told now.
    pub(crate) async fn shake(&self, handshake: Handshake, visit: Visit<'_>) -> Result<Reply, Rejection> {
        tracing::debug!(
            app.id = %visit.route.app_id,
            source = visit.provider.source.slug,
            handshake = word(&handshake),
            "a provider makes sure of its URL"
        );
        match handshake {
            Handshake::Answer(reply) => Ok(reply),
            Handshake::Signed(reply) => match self.verify(&visit).await? {
                Verdict::Rejected(reason) => Err(self.turn_away(visit, reason).await),
                Verdict::Verified | Verdict::NotChecked => Ok(reply),
            },
            Handshake::Confirm { url, reply } => self.confirm(&url, visit).await.map(|()| reply),
            Handshake::Learn { secret, reply } => {
                refuse_guess(&visit)?;
                let (path, app) = (&visit.path, visit.route.app_id);
                let learned = self.routes.learn((path.tenant_slug, path.app_slug), app, &secret).await;
                match learned.map_err(|_| Rejection::Unavailable)? {
                    true => Ok(reply),
                    false => Err(Rejection::Handshake(
                        "this app has its secret already: remove it there, and make the webhook anew".to_owned(),
                    )),
                }
            }
            Handshake::Refuse(why) => Err(Rejection::Handshake(why)),
        }
    }

    /// INVARIANT: an address that a request names is asked for only once the request is known to be its provider's.
    async fn confirm(&self, url: &str, visit: Visit<'_>) -> Result<(), Rejection> {
        refuse_guess(&visit)?;
        match self.verify(&visit).await? {
            Verdict::Verified => self.published.confirm(url).await.map_err(Rejection::not_fetched),
            Verdict::Rejected(reason) => Err(self.turn_away(visit, reason).await),
            Verdict::NotChecked => Err(Rejection::Handshake(
                "this app has nothing to verify it with: set its secret, and have the provider try again".to_owned(),
            )),
        }
    }

    /// A forged handshake is kept as a forged event is.
    async fn turn_away(&self, visit: Visit<'_>, reason: Reason) -> Rejection {
        let source = visit.provider.source;
        if visit.route.is_active
            && let Err(rejection) = self.keep(visit, &Verdict::Rejected(reason.clone())).await
        {
            return rejection;
        }
        Provider::refusal(source, reason)
    }
}

/// What acts for an app wants its source to be known.
fn refuse_guess(visit: &Visit<'_>) -> Result<(), Rejection> {
    let Provider { source, is_guess, .. } = visit.provider;
    let why = || format!("set the app's source to {} first, and have the provider try again", source.slug);
    if is_guess { Err(Rejection::Handshake(why())) } else { Ok(()) }
}

fn word(handshake: &Handshake) -> &'static str {
    match handshake {
        Handshake::Answer(_) => "answer",
        Handshake::Signed(_) => "signed",
        Handshake::Confirm { .. } => "confirm",
        Handshake::Learn { .. } => "learn",
        Handshake::Refuse(_) => "refuse",
    }
}
