//! What handlers take from a request; whatever does not fit becomes a [`Problem`].

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::{api::Api, complaint, problem::Problem};

/// A JSON body, whatever its Content-Type says.
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body, or none at all, which stands for the default.
pub(crate) struct OptionalBody<T>(pub(crate) T);

/// A part of the path.
pub(crate) struct PathPart<T>(pub(crate) T);

/// The query string.
pub(crate) struct Query<T>(pub(crate) T);

/// A query string of texts, in which a name may come several times: then it stands for a list.
pub(crate) struct TextQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        complaint::read(&api.bodies().receive(request.into_body()).await?.bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let received = api.bodies().receive(request.into_body()).await?;
        let bytes = received.bytes.trim_ascii();
        if bytes.is_empty() { Ok(Self(T::default())) } else { complaint::read(bytes).map(Self) }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathPart<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::unknown_path())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for TextQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let members = texts(parts.uri.query().unwrap_or_default());
        serde_json::from_value(Value::Object(members))
            .map(Self)
            .map_err(|error| Problem::bad_request(format!("The query string does not fit: {error}.")))
    }
}

fn texts(query: &str) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let text = Value::String(text.into_owned());
        match members.get_mut(&*name) {
            None => drop(members.insert(name.into_owned(), text)),
            Some(Value::Array(texts)) => texts.push(text),
            Some(first) => *first = Value::Array(vec![first.take(), text]),
        }
    }
    members
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| {
            Problem::bad_request(format!("The query string does not fit: {}.", rejection.body_text()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_a_list() {
        let members = Value::Object(texts("a=1&b=x%20y&a=2&a=3&c"));
        assert_eq!(members, serde_json::json!({ "a": ["1", "2", "3"], "b": "x y", "c": "" }));
    }
}
