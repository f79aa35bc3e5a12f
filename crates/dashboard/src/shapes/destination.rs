//! Destinations, and what can be set about them.

use anyhook_rpc::tenants::v1;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    problem::Problem,
    shapes::added_headers::{AddedHeaders, HeaderHint},
};

/// Where an app's events go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Destination {
    #[schema(examples("dst_01h455vb4pex5vsknk084sn02q"))]
    pub(crate) id: String,
    #[schema(examples("https://handler.example/webhooks"))]
    url: String,
    is_paused: bool,
    /// Why AnyHook paused it; null when a person did, or nobody.
    paused_reason: Option<String>,
    /// How long an attempt may take in all.
    timeout_seconds: u32,
    /// All attempts of a delivery, the first included.
    max_attempts: u32,
    /// The policy that is followed: `{first_delay_seconds, factor, max_delay_seconds}` or `{delays_seconds}`.
    #[schema(value_type = Object, example = json!({ "first_delay_seconds": 20, "factor": 3, "max_delay_seconds": 86400 }))]
    retry_policy: Value,
    /// The delays that follow from it and from `max_attempts`, one after the other; up to a fifth is added to each.
    #[schema(examples(json!([20, 60, 180])))]
    retry_delays_seconds: Vec<u32>,
    /// Attempts that may begin in any second; null: as many as come.
    rate_limit_per_second: Option<u32>,
    /// Attempts that may run at once, of all processes together; null: no bound of its own.
    max_concurrency: Option<u32>,
    /// Headers that are added to each attempt.
    headers: Vec<HeaderHint>,
    /// Patterns of the event types that it wants; empty: all, and events without a type.
    #[schema(examples(json!(["invoice.*"])))]
    event_types: Vec<String>,
    /// Which of them it wants (docs/destinations.md); null: all.
    #[schema(value_type = Option<Object>)]
    filter: Option<Value>,
    /// `anyhook` or `standard`.
    #[schema(examples("anyhook"))]
    signature_mode: String,
    has_signing_secret: bool,
    /// The secret's last characters.
    secret_hint: String,
    /// The secret in plain text: only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
}

/// What can be set about a destination. Whatever is left out keeps its value, or takes the default.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct DestinationSettings {
    /// In an app's changed list: the existing destination that is meant. Elsewhere without meaning.
    id: Option<String>,
    /// Needed for a new destination.
    #[schema(examples("https://handler.example/webhooks"))]
    url: Option<String>,
    #[serde(alias = "isPaused")]
    is_paused: Option<bool>,
    /// 1 to 900; 300 by default.
    #[schema(minimum = 1, maximum = 900)]
    timeout_seconds: Option<u32>,
    /// 1 to 50; 11 by default.
    #[schema(minimum = 1, maximum = 50)]
    max_attempts: Option<u32>,
    /// `anyhook` (the default) or `standard`.
    signature_mode: Option<String>,
    /// `{first_delay_seconds, factor, max_delay_seconds}`, by default 20, 3 and 86400, or `{delays_seconds: […]}`, of which
    /// the last is repeated; null: the default.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Object>, example = json!({ "delays_seconds": [10, 60, 600] }))]
    retry_policy: Option<Option<Value>>,
    /// Attempts that may begin in any second: 1 to 1000; null: as many as come.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    rate_limit_per_second: Option<Option<u32>>,
    /// Attempts that may run at once, of all processes together: 1 to 1000; null: no bound of its own.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    max_concurrency: Option<Option<u32>>,
    /// All headers that are added to each attempt, at most 20: a list of `{name, value}`, or an object. One without a value
    /// keeps the value that it has; null: none. They take the place of the provider's of the same name.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<AddedHeaders>)]
    headers: Option<Option<AddedHeaders>>,
    /// At most 50 patterns of event types, in which `*` stands for anything; null or empty: all.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["invoice.*"]))]
    event_types: Option<Option<Vec<String>>>,
    /// Which events it wants, over `headers`, `query`, `body`, `path` and `method` (docs/destinations.md); null: all.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Object>, example = json!({ "body": { "amount": { "$gte": 100 } } }))]
    filter: Option<Option<Value>>,
}

/// Tells a member that is null from one that is left out.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Destination {
    pub(crate) fn of(destination: v1::Destination, signing_secret: Option<String>) -> Self {
        Self {
            id: destination.id,
            url: destination.url,
            is_paused: destination.is_paused,
            paused_reason: destination.paused_reason,
            timeout_seconds: destination.timeout_seconds,
            max_attempts: destination.max_attempts,
            signature_mode: destination.signature_mode,
            retry_policy: serde_json::from_str(&destination.retry_policy).unwrap_or_default(),
            retry_delays_seconds: destination.retry_delays_seconds,
            rate_limit_per_second: destination.rate_limit_per_second,
            max_concurrency: destination.max_concurrency,
            headers: destination.headers.into_iter().map(HeaderHint::from).collect(),
            event_types: destination.event_types,
            filter: destination.filter.and_then(|text| serde_json::from_str(&text).ok()),
            has_signing_secret: destination.has_signing_secret,
            secret_hint: destination.secret_hint,
            signing_secret,
        }
    }

    /// One that was just made, or whose secret was.
    pub(crate) fn created(created: v1::CreatedDestination) -> Result<Self, Problem> {
        let destination = created.destination.ok_or_else(|| Problem::internal("tenants: created no destination"))?;
        Ok(Self::of(destination, Some(created.signing_secret)))
    }
}

impl DestinationSettings {
    /// As the settings of a destination to be made; `path` is where they stand in the request.
    pub(crate) fn for_new(self, path: &str) -> Result<v1::DestinationSettings, Problem> {
        self.refuse_zero(path)?;
        if self.url.is_none() {
            let field = format!("{path}url");
            return Err(Problem::bad_field(&field, format!("{field} is missing: add it to the JSON body.")));
        }
        Ok(v1::DestinationSettings { id: None, ..self.into() })
    }
}

impl DestinationSettings {
    /// On its way to the tenants service 0 stands for null.
    ///
    /// # Errors
    /// Where 0 is given for a bound.
    pub(crate) fn refuse_zero(&self, path: &str) -> Result<(), Problem> {
        let bounds = [("rate_limit_per_second", self.rate_limit_per_second), ("max_concurrency", self.max_concurrency)];
        match bounds.into_iter().find(|(_, bound)| *bound == Some(Some(0))) {
            Some((name, _)) => {
                let field = format!("{path}{name}");
                Err(Problem::bad_field(&field, format!("{field} must be between 1 and 1000, or null.")))
            }
            None => Ok(()),
        }
    }
}

impl From<DestinationSettings> for v1::DestinationSettings {
    fn from(it: DestinationSettings) -> Self {
        let text = |given: Option<Option<Value>>| given.map(|it| it.map(|it| it.to_string()).unwrap_or_default());
        let types = |patterns: Option<Vec<String>>| v1::EventTypes { patterns: patterns.unwrap_or_default() };
        Self {
            id: it.id,
            url: it.url,
            is_paused: it.is_paused,
            timeout_seconds: it.timeout_seconds,
            max_attempts: it.max_attempts,
            signature_mode: it.signature_mode,
            retry_policy: text(it.retry_policy),
            rate_limit_per_second: it.rate_limit_per_second.map(Option::unwrap_or_default),
            max_concurrency: it.max_concurrency.map(Option::unwrap_or_default),
            headers: it.headers.map(|headers| headers.unwrap_or_default().into()),
            event_types: it.event_types.map(types),
            filter: text(it.filter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> v1::DestinationSettings {
        serde_json::from_str::<DestinationSettings>(text).unwrap().into()
    }

    #[test]
    fn null_takes_away_and_nothing_leaves_as_it_is() {
        assert_eq!(read("{}"), v1::DestinationSettings::default());
        let nulls = r#"{"retry_policy":null,"rate_limit_per_second":null,"max_concurrency":null,"headers":null,
            "event_types":null,"filter":null}"#;
        let expected = v1::DestinationSettings {
            retry_policy: Some(String::new()),
            rate_limit_per_second: Some(0),
            max_concurrency: Some(0),
            headers: Some(v1::AddedHeaders::default()),
            event_types: Some(v1::EventTypes::default()),
            filter: Some(String::new()),
            ..v1::DestinationSettings::default()
        };
        assert_eq!(read(nulls), expected);
    }

    #[test]
    fn zero_is_no_bound() {
        let zero: DestinationSettings = serde_json::from_str(r#"{"max_concurrency":0}"#).unwrap();
        assert_eq!(
            zero.refuse_zero("destinations[1].").expect_err("0").seen().3,
            Some("destinations[1].max_concurrency")
        );
    }
}
