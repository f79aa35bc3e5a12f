//! Whether the process lives.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(examples("ok"))]
    status: &'static str,
}

impl Health {
    pub(crate) const fn ok() -> Json<Self> {
        Json(Self { status: "ok" })
    }
}

/// Liveness
#[utoipa::path(
    get, path = "/healthz", tag = "Operation", security(()),
    responses((status = 200, description = "The process answers", body = Health))
)]
pub(crate) async fn health() -> Json<Health> {
    Health::ok()
}
