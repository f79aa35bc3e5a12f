//! One event's body, as it came.

use anyhook_domain::Headers;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, SchemaType, Type},
    },
};

use super::{
    event_id, no_such_event,
    opening::{forgotten, open_request},
};
use crate::{
    api::Api,
    auth::Caller,
    extract::PathPart,
    problem::{Problem, ProblemBody},
};

/// Whoever sent it may have meant to harm whoever looks at it: a browser saves it, and runs nothing of it.
const HARMLESS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
const UNKNOWN: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Bytes of any type: whoever reads them as JSON finds any.
struct Anything;

impl PartialSchema for Anything {
    fn schema() -> RefOr<Schema> {
        let all = [Type::Object, Type::Array, Type::String, Type::Number, Type::Boolean, Type::Null];
        ObjectBuilder::new().schema_type(SchemaType::from_iter(all)).build().into()
    }
}

impl ToSchema for Anything {}

/// Download an event's body
///
/// Byte for byte as it came, with the Content-Type that it came with, to be saved rather than shown. That somebody looked
/// is written into the audit log.
#[utoipa::path(
    get, path = "/api/v1/events/{id}/body", tag = "Events",
    params(("id" = String, Path, description = "The event's id")),
    responses(
        (status = 200, description = "The body; its type is the sender's", body = Anything, content_type = "*/*"),
        (status = "default", description = "Among others `not_found`, `event_forgotten`", body = ProblemBody),
    )
)]
pub(crate) async fn event_body(
    State(api): State<Api>,
    caller: Caller,
    PathPart(id): PathPart<String>,
) -> Result<Response, Problem> {
    let event = event_id(&id)?;
    let mut stored = api.store().sealed_request(caller.tenant, event).await?.ok_or_else(no_such_event)?;
    let opened = open_request(&api, &caller, event, &mut stored).await?.ok_or_else(forgotten)?;
    let saved_as = format!("attachment; filename=\"{event}\"");
    let saved_as = HeaderValue::try_from(saved_as).expect("an id is ASCII");
    let own = [(header::CONTENT_TYPE, content_type(&opened.head.headers)), (header::CONTENT_DISPOSITION, saved_as)];
    let harmless = HARMLESS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((own, harmless, opened.body).into_response())
}

/// The sender's, if it gave one, and one that can stand in an answer.
fn content_type(headers: &Headers) -> HeaderValue {
    let mut given = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let (Some((_, value)), None) = (given.next(), given.next()) else { return UNKNOWN };
    let is_plain = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains('/') && text.len() <= 200);
    HeaderValue::from_bytes(value).ok().filter(is_plain).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_readable_type_is_passed_on() {
        let of =
            |values: &[&[u8]]| content_type(&values.iter().map(|value| ("Content-Type", value.to_vec())).collect());
        assert_eq!(of(&[b"text/html; charset=utf-8"]), "text/html; charset=utf-8");
        let wrong: [&[u8]; 4] = [b"", b"nonsense", b"a/b\r\nset-cookie: x", b"a/\xff"];
        for value in wrong {
            assert_eq!(of(&[value]), UNKNOWN);
        }
        assert_eq!(of(&[]), UNKNOWN);
        assert_eq!(of(&[b"text/html", b"text/plain"]), UNKNOWN);
    }
}
