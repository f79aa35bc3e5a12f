//! Which events are meant: the same members in a query string and in a body.

use std::fmt;

use anyhook_domain::{AppId, Timestamp, blind::Term, event::EventStatus, source::Source};
use anyhook_rpc::tenants::v1::{App, FindTermsRequest};
use anyhook_store::log::{EventFilter, FieldTerms, Narrowing, Wanted};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{IntoParams, ToSchema};

use super::{all_apps, app_id, one_app, paging::given};
use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::Problem,
    shapes::app::AUTO,
};

/// The longest text that can be compared with.
const MOST_CHARACTERS: usize = 200;
/// Fields in one search, and how long one with its value may be.
const MOST_FIELDS: usize = 3;
const MOST_FIELD_BYTES: usize = 2_000;
/// In place of a value that was looked for.
const HIDDEN: &str = "[not kept]";
/// Of the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// Which events are meant; all that is given must hold.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = EventFilter)]
pub(crate) struct Members {
    /// Events of this app only.
    #[serde(alias = "appSlug", skip_serializing_if = "Option::is_none")]
    #[param(example = "replicate")]
    #[schema(examples("replicate"))]
    app_slug: Option<String>,
    /// `success`, `queued`, `held`, `retrying`, `failed` or `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "failed")]
    #[schema(examples("failed"))]
    status: Option<String>,
    /// Of this source only, as `GET /api/v1/sources` calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "stripe")]
    #[schema(examples("stripe"))]
    source: Option<String>,
    /// The provider's own word; with a `*` at the end, how it begins.
    #[serde(alias = "eventType", skip_serializing_if = "Option::is_none")]
    #[param(example = "charge.*")]
    #[schema(examples("charge.*"))]
    event_type: Option<String>,
    /// The provider's own id of the event. An index leads to it, however old it is.
    #[serde(alias = "providerId", skip_serializing_if = "Option::is_none")]
    #[param(example = "evt_1NG8Du2eZvKYlo2CUI79vXWy")]
    #[schema(examples("evt_1NG8Du2eZvKYlo2CUI79vXWy"))]
    provider_id: Option<String>,
    /// The HTTP status that the last attempt was answered with, as `outboundStatus` shows it.
    #[serde(
        alias = "outboundStatus",
        default,
        deserialize_with = "text_or_number",
        skip_serializing_if = "Option::is_none"
    )]
    #[param(value_type = Option<u32>, example = 502)]
    #[schema(value_type = Option<u32>, examples(502))]
    outbound_status: Option<String>,
    /// Received at this instant or later: RFC 3339, or seconds since 1970.
    #[serde(default, deserialize_with = "text_or_number", skip_serializing_if = "Option::is_none")]
    #[param(example = "2026-11-21T00:00:00Z")]
    #[schema(examples("2026-11-21T00:00:00Z"))]
    since: Option<String>,
    /// Received before this instant.
    #[serde(default, deserialize_with = "text_or_number", skip_serializing_if = "Option::is_none")]
    #[param(example = "2026-11-22T00:00:00Z")]
    #[schema(examples("2026-11-22T00:00:00Z"))]
    until: Option<String>,
    /// Text that the event's id, type, provider's id or path, the reason of its rejection, or its last attempt's error
    /// holds, in capitals or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "timed out")]
    #[schema(examples("timed out"))]
    q: Option<String>,
    /// A value in the request: one of the app's `indexed_fields`, a colon and the value, which must be the whole one. Up to
    /// three, which must all be there; needs `app_slug`. Finds only events that were accepted since the app indexes the
    /// field.
    #[serde(default, deserialize_with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    #[param(example = json!(["/data/object/customer:cus_123"]))]
    #[schema(examples(json!(["/data/object/customer:cus_123"])))]
    field: Vec<String>,
}

impl Members {
    /// Nothing is asked for: every event is meant.
    pub(crate) fn is_empty(&self) -> bool {
        let texts = [&self.app_slug, &self.status, &self.source, &self.event_type, &self.provider_id];
        let more = [&self.outbound_status, &self.since, &self.until, &self.q];
        self.field.is_empty() && texts.into_iter().chain(more).all(|text| given(text.as_deref()).is_none())
    }

    pub(crate) const fn has_fields(&self) -> bool {
        !self.field.is_empty()
    }

    /// As it may be kept: without the values, which stand in no log.
    pub(crate) fn without_values(&self) -> Self {
        Self { field: Vec::new(), ..self.clone() }
    }

    pub(crate) fn wanted(&self) -> Result<Wanted, Problem> {
        let Some(word) = given(self.status.as_deref()) else { return Ok(Wanted::Any) };
        EventStatus::parse(word).map(Wanted::Status).ok_or_else(|| {
            let words = EventStatus::ALL.map(EventStatus::as_str).join(", ");
            Problem::bad_field("status", format!("status must be one of {words}."))
        })
    }

    pub(crate) fn narrowing(&self) -> Result<Narrowing, Problem> {
        let (since, until) = (instant("since", self.since.as_deref())?, instant("until", self.until.as_deref())?);
        if since.zip(until).is_some_and(|(since, until)| until <= since) {
            return Err(Problem::bad_field("until", "until must be later than since."));
        }
        self.check_fields()?;
        Ok(Narrowing {
            since,
            until,
            source: source(self.source.as_deref())?,
            event_type: short("event_type", self.event_type.as_deref())?,
            provider_id: short("provider_id", self.provider_id.as_deref())?,
            outbound_status: status_code(self.outbound_status.as_deref())?,
            apps: None,
            text: short("q", self.q.as_deref())?.filter(|text| !text.trim().is_empty()),
            fields: Vec::new(),
        })
    }

    fn check_fields(&self) -> Result<(), Problem> {
        if self.has_fields() && given(self.app_slug.as_deref()).is_none() {
            let says = "field needs app_slug: each app has its own indexed_fields.";
            return Err(Problem::bad_field("field", says));
        }
        if self.field.len() > MOST_FIELDS || self.field.iter().any(|text| text.len() > MOST_FIELD_BYTES) {
            let says = format!("field may be given {MOST_FIELDS} times, each with at most {MOST_FIELD_BYTES} bytes.");
            return Err(Problem::bad_field("field", says));
        }
        Ok(())
    }

    /// What the tenants service makes of the values.
    async fn terms(&self, api: &Api, caller: &Caller, app: AppId) -> Result<Vec<FieldTerms>, Problem> {
        if !self.has_fields() {
            return Ok(Vec::new());
        }
        let (tenant_id, app) = (caller.tenant_id(), app.to_string());
        let request = FindTermsRequest { tenant_id, app, wanted: self.field.clone() };
        let odd = |_| Problem::internal("tenants: a term of another length");
        let found = ask(api.keys().find_terms(request)).await?.fields.into_iter().map(|it| {
            let terms = it.terms.iter().map(|term| Term::try_from(&term[..])).collect::<Result<_, _>>();
            Ok(FieldTerms { field: it.field, terms: terms.map_err(odd)? })
        });
        found.collect()
    }

    /// The filter, and the apps that events of it may be of.
    pub(crate) async fn filter(&self, api: &Api, caller: &Caller) -> Result<(EventFilter, Vec<App>), Problem> {
        let wanted = self.wanted()?;
        let narrowing = Narrowing { apps: caller.apps(), ..self.narrowing()? };
        let (app, apps) = match given(self.app_slug.as_deref()) {
            Some(slug) => one_app(api, caller, slug).await.and_then(|app| Ok((Some(app_id(&app)?), vec![app])))?,
            None => (None, all_apps(api, caller).await?),
        };
        let fields = match app {
            Some(app) => self.terms(api, caller, app).await?,
            None => Vec::new(),
        };
        let narrowing = Narrowing { fields, ..narrowing };
        Ok((EventFilter { tenant: caller.tenant, app, wanted, narrowing, before: None, limit: 0 }, apps))
    }

    /// The other way round, for whoever asks what was meant.
    pub(crate) fn of(filter: &EventFilter, app_slug: Option<String>) -> Self {
        let narrowing = &filter.narrowing;
        let status = if let Wanted::Status(status) = filter.wanted { Some(status.as_str().to_owned()) } else { None };
        Self {
            app_slug: app_slug.or_else(|| filter.app.map(|app| app.to_string())),
            status,
            source: narrowing.source.clone(),
            event_type: narrowing.event_type.clone(),
            provider_id: narrowing.provider_id.clone(),
            outbound_status: narrowing.outbound_status.map(|code| code.to_string()),
            since: narrowing.since.map(|at| at.to_string()),
            until: narrowing.until.map(|at| at.to_string()),
            q: narrowing.text.clone(),
            field: narrowing.fields.iter().map(|it| format!("{}:{HIDDEN}", it.field)).collect(),
        }
    }
}

fn short(field: &'static str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = given(text) else { return Ok(None) };
    // PostgreSQL takes no zero in a text.
    if text.chars().count() > MOST_CHARACTERS || text.contains('\0') {
        let says = format!("{field} must be a text of at most {MOST_CHARACTERS} characters.");
        return Err(Problem::bad_field(field, says));
    }
    Ok(Some(text.to_owned()))
}

fn source(slug: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(slug) = given(slug) else { return Ok(None) };
    if slug != AUTO && Source::named(slug).is_none() {
        let says = "source must be one of those that GET /api/v1/sources lists, as stripe.";
        return Err(Problem::bad_field("source", says));
    }
    Ok(Some(slug.to_owned()))
}

fn status_code(text: Option<&str>) -> Result<Option<u32>, Problem> {
    let Some(text) = given(text) else { return Ok(None) };
    let code = text.parse().ok().filter(|code| (100..=599).contains(code));
    let says = "outbound_status must be an HTTP status from 100 to 599.";
    code.map(Some).ok_or_else(|| Problem::bad_field("outbound_status", says))
}

pub(in super::super) fn instant(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = given(text) else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| (0..=LAST_SECOND).contains(seconds));
    let instant = seconds.map(Timestamp::from_unix_seconds).or_else(|| rfc_3339(text));
    let says = || format!("{field} must be an instant as 2026-11-21T00:00:00Z, or in seconds since 1970.");
    instant.map(Some).ok_or_else(|| Problem::bad_field(field, says()))
}

/// Where a `+` of an offset stood in a query string, there is a blank.
fn rfc_3339(text: &str) -> Option<Timestamp> {
    let text = if text.contains('T') { text.replace(' ', "+") } else { text.to_owned() };
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_unix_ms(instant.as_millisecond())).filter(|at| at.unix_ms() >= 0)
}

/// In a query string the name comes once or several times; in JSON, a list is more natural.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a text, or a list of texts")]
    enum Given {
        One(String),
        More(Vec<String>),
    }

    let mut texts = match Option::<Given>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Given::One(text)) => vec![text],
        Some(Given::More(texts)) => texts,
    };
    texts.retain(|text| !text.is_empty());
    Ok(texts)
}

/// A query string has texts only; in JSON, a number is more natural.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Read;

    impl de::Visitor<'_> for Read {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a whole number")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.to_owned()))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(Read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: serde_json::Value) -> Members {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn statuses() {
        let wanted = |status: Option<&str>| members(serde_json::json!({ "status": status })).wanted();
        assert_eq!(wanted(None).unwrap(), Wanted::Any);
        assert_eq!(wanted(Some("failed")).unwrap(), Wanted::Status(EventStatus::Failed));
        let problem = wanted(Some("Failed")).expect_err("words are lower case");
        let text = "status must be one of success, queued, held, retrying, failed, rejected.";
        assert_eq!(problem.seen(), (400, "invalid_field", text, Some("status")));
    }

    #[test]
    fn instants_and_codes_are_texts_or_numbers() {
        let at = Timestamp::from_unix_seconds(1_750_000_000);
        for since in [
            serde_json::json!(1_750_000_000),
            "1750000000".into(),
            "2025-06-15T15:06:40Z".into(),
            "2025-06-15T17:06:40+02:00".into(),
            "2025-06-15T17:06:40 02:00".into(),
        ] {
            let read = members(serde_json::json!({ "since": since, "outboundStatus": 502 })).narrowing().unwrap();
            assert_eq!((read.since, read.outbound_status), (Some(at), Some(502)), "{since}");
        }
        assert_eq!(
            members(serde_json::json!({ "since": null, "until": "" })).narrowing().unwrap(),
            Narrowing::default()
        );
    }

    #[test]
    fn wrong_values_are_named() {
        for (field, value) in [
            ("since", "yesterday"),
            ("since", "2025-06-15"),
            ("until", "-1"),
            ("until", "253402300800"),
            ("source", "strip"),
            ("outbound_status", "99"),
            ("outbound_status", "ok"),
            ("event_type", &"x".repeat(201)),
            ("provider_id", "a\0"),
            ("q", &"x".repeat(201)),
            ("field", "/a:b"),
        ] {
            let mut json = serde_json::Map::new();
            json.insert(field.to_owned(), value.into());
            let problem = members(json.into()).narrowing().expect_err(value);
            assert_eq!((problem.seen().0, problem.seen().3), (400, Some(field)), "{value}");
        }
        let backwards = members(serde_json::json!({ "since": 20, "until": 20 })).narrowing().expect_err("empty");
        assert_eq!(backwards.seen().3, Some("until"));
    }

    #[test]
    fn what_names_nothing_is_empty() {
        assert!(members(serde_json::json!({ "app": "x", "q": "" })).is_empty());
        assert!(!members(serde_json::json!({ "q": "x" })).is_empty());
    }
}
