//! What handlers take from a request; whatever does not fit becomes a [`Problem`].

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{api::Api, complaint, problem::Problem};

/// A JSON body, whatever its Content-Type says.
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body, or none at all, which stands for the default.
pub(crate) struct OptionalBody<T>(pub(crate) T);

/// A part of the path.
pub(crate) struct PathPart<T>(pub(crate) T);

/// The query string.
pub(crate) struct Query<T>(pub(crate) T);

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

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| {
            Problem::bad_request(format!("The query string does not fit: {}.", rejection.body_text()))
        })
    }
}
