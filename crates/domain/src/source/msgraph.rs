//! Microsoft Graph: the subscription's `clientState` comes along in every notification.
//!
//! Source: learn.microsoft.com/graph, "Receive change notifications through webhooks": the validation token is echoed
//! within ten seconds, and 202 says that a notification is processed later.

use std::borrow::Cow;

use serde::Deserialize;

use super::{
    BadConfig, Config, Handshake, Reason, Reply, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Scheme, any_secret, same},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "msgraph",
    name: "Microsoft Graph",
    secret_name: "clientState",
    secret_help: "the text that you give as clientState of the subscription",
    setup: "POST /subscriptions with notificationUrl the inbound URL and clientState a text of your own; Graph validates the \
            URL at once.",
    scheme: &ClientState,
    marks: &[Mark::Member("/value/0/subscriptionId")],
    handshake,
    handshake_help: "validationToken is echoed, decoded",
    event_type,
    provider_id,
    accepted: |_| Some(Reply::empty(202)),
    example: Example::json(
        r#"{"value":[{"id":"{id}","subscriptionId":"76222963-cc7b-42d2-882d-8aaa69cb2ba3","changeType":"created","clientState":"{secret}","resource":"users/1/messages/2"}]}"#,
    ),
    ..Source::BASE
};

/// `?validationToken=…` is echoed, decoded.
fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let token = request.parameter("validationToken").filter(|_| request.method == "POST")?;
    Some(Handshake::Answer(Reply::echo(&token)))
}

/// What happened, and to what kind of resource.
fn event_type(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    of("/value/0/changeType").or_else(|| of("/value/0/lifecycleEvent"))
}

/// The ids of the only notification, where it has them; others are the same as long as their bytes are.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    let only = json::raw(request.body, "/value/1").is_none();
    let own = || Some(format!("{}:{}", of("/value/0/subscriptionId")?, of("/value/0/id")?));
    only.then(own).flatten().or_else(|| Some(json::body_id(request.body)))
}

#[derive(Deserialize)]
struct Notifications<'a> {
    #[serde(borrow, deserialize_with = "json::items")]
    value: Vec<Notification<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    #[serde(borrow)]
    client_state: Option<Cow<'a, str>>,
}

#[derive(Debug)]
struct ClientState;

impl Scheme for ClientState {
    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let all: Notifications<'_> =
            serde_json::from_slice(request.body).map_err(|_| Reason::BodyMalformed("a collection of notifications"))?;
        if all.value.is_empty() {
            return Err(Reason::BodyMalformed("a collection of notifications"));
        }
        for notification in &all.value {
            let given = notification.client_state.as_deref().ok_or(Reason::FieldMissing("clientState"))?;
            if !any_secret(config, |secret| same(secret.expose().as_bytes(), given.as_bytes())) {
                return Err(Reason::WrongToken("clientState".to_owned()));
            }
        }
        Ok(())
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let quoted = serde_json::Value::from(secret.expose()).to_string();
        let body = String::from_utf8_lossy(&draft.body).replace("\"{secret}\"", &quoted);
        draft.body = body.into_bytes();
        Ok(())
    }
}
