//! Keys that senders give to their requests, so that the same request sent again does nothing twice.

use anyhook_store::log::Once;
use axum::extract::FromRequestParts;
use http::{StatusCode, request::Parts};
use serde::{Serialize, de::DeserializeOwned};

use crate::{api::Api, auth::Caller, problem::Problem};

const MOST_CHARACTERS: usize = 255;

/// The header `Idempotency-Key`, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey(Option<String>);

/// What was done under a key.
pub(crate) struct Keyed {
    key: Option<String>,
    request: String,
    answer: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MOST_CHARACTERS);
        match (key, values.next()) {
            (Some(key), None) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::bad_field(
                "Idempotency-Key",
                format!("Idempotency-Key must be one text of 1 to {MOST_CHARACTERS} ASCII characters."),
            )),
        }
    }
}

impl IdempotencyKey {
    /// For the tenants service, which remembers what it makes by itself.
    pub(crate) fn text(self) -> Option<String> {
        self.0
    }

    /// What the same request was answered before.
    pub(crate) async fn answered<T: DeserializeOwned>(
        &self,
        api: &Api,
        caller: &Caller,
        request: &str,
    ) -> Result<Option<T>, Problem> {
        let Some(key) = &self.0 else { return Ok(None) };
        let Some(before) = api.store().answered(caller.tenant, key, api.now()).await? else { return Ok(None) };
        if before.request != asked_by(caller, request) {
            let text = "This Idempotency-Key was sent with another request before; take a new key for each request.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", text));
        }
        let answer = serde_json::from_str(&before.answer);
        answer.map(Some).map_err(|_| Problem::internal("store: a remembered answer that cannot be read"))
    }

    /// Somebody else was faster: what it was answered.
    pub(crate) async fn answered_meanwhile<T: DeserializeOwned>(
        &self,
        api: &Api,
        caller: &Caller,
        request: &str,
    ) -> Result<T, Problem> {
        let answered = self.answered(api, caller, request).await?;
        answered.ok_or_else(|| Problem::unavailable("store: a key was taken, and is gone"))
    }

    pub(crate) fn keyed(&self, caller: &Caller, request: &str, answer: &impl Serialize) -> Keyed {
        let answer = serde_json::to_string(answer).expect("an answer is JSON");
        Keyed { key: self.0.clone(), request: asked_by(caller, request), answer }
    }
}

/// The same of somebody else is another request: its answer may be more than they may see.
fn asked_by(caller: &Caller, request: &str) -> String {
    let actor = caller.actor().unwrap_or_default();
    let who = actor.api_key_id.or(actor.user_id).unwrap_or_default();
    format!("{who} {request}")
}

impl Keyed {
    pub(crate) fn once(&self) -> Option<Once<'_>> {
        self.key.as_deref().map(|key| Once { key, request: &self.request, answer: &self.answer })
    }
}
