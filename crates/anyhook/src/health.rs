//! Whether a process lives, and whether it should be sent requests.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::lifecycle::Lifecycle;

/// A self-test's result holds for so long: whoever asks more often does not make the database work more.
const HOLDS_FOR: Duration = Duration::from_secs(1);
/// A self-test that takes longer has failed. Shorter than whoever asks usually waits.
const WITHIN: Duration = Duration::from_millis(2_500);

/// Why no requests should come, in words for an operator.
type Outcome = Result<(), String>;
type SelfTest = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

struct Readiness {
    self_test: SelfTest,
    latest: Mutex<Option<(Instant, Outcome)>>,
    is_stopping: CancellationToken,
}

/// `/healthz` answers while the process does. `/readyz` answers 200 while the self-test succeeds and the process has not
/// been told to stop, else 503 and why.
pub fn router<S, T, E>(lifecycle: &Lifecycle, tested: S, self_test: fn(S) -> T) -> Router
where
    S: Clone + Send + Sync + 'static,
    T: Future<Output = Result<(), E>> + Send + 'static,
    E: ToString,
{
    let self_test: SelfTest = Box::new(move || {
        let test = self_test(tested.clone());
        Box::pin(async move { test.await.map_err(|error| error.to_string()) })
    });
    let readiness = Readiness { self_test, latest: Mutex::default(), is_stopping: lifecycle.stopping.clone() };
    Router::new()
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .with_state(Arc::new(readiness))
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> Response {
    match readiness.outcome().await {
        Ok(()) => Json(json!({ "status": "ok" })).into_response(),
        Err(why) => unready(&why),
    }
}

impl Readiness {
    async fn outcome(&self) -> Outcome {
        if self.is_stopping.is_cancelled() {
            return Err(STOPPING.to_owned());
        }
        // Held during the test: who asks meanwhile gets the same result.
        let mut latest = self.latest.lock().await;
        if let Some((at, outcome)) = &*latest
            && at.elapsed() < HOLDS_FOR
        {
            return outcome.clone();
        }
        let outcome = timeout(WITHIN, (self.self_test)()).await;
        let outcome = outcome.unwrap_or_else(|_| Err("the self-test took too long".to_owned()));
        let before = latest.replace((Instant::now(), outcome.clone())).map(|(_, before)| before);
        report(before.as_ref(), &outcome);
        outcome
    }
}

/// Once for each change.
fn report(before: Option<&Outcome>, now: &Outcome) {
    match (before, now) {
        (None | Some(Err(_)), Ok(())) => tracing::info!("ready"),
        (None | Some(Ok(())), Err(why)) => tracing::warn!(why, "not ready"),
        _ => {}
    }
}

const STOPPING: &str = "this process is about to stop";

fn unready(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": why, "code": "unavailable" }))).into_response()
}

/// A service with a readiness of its own, which says no from the moment that the process was told to stop.
pub fn unready_while_stopping(router: Router, lifecycle: &Lifecycle) -> Router {
    router.layer(from_fn_with_state(lifecycle.stopping.clone(), refuse))
}

async fn refuse(State(is_stopping): State<CancellationToken>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/readyz" && is_stopping.is_cancelled() {
        return unready(STOPPING);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tower::ServiceExt;

    async fn status(router: &Router) -> StatusCode {
        let request = Request::get("/readyz").body(axum::body::Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn the_self_test_runs_once_a_second_at_most() {
        static N: AtomicU32 = AtomicU32::new(0);
        let test = |()| async { if N.fetch_add(1, Ordering::SeqCst) == 0 { Err("not yet") } else { Ok(()) } };
        let router = router(&Lifecycle::default(), (), test);
        for _ in 0..5 {
            assert_eq!(status(&router).await, StatusCode::SERVICE_UNAVAILABLE);
        }
        tokio::time::advance(HOLDS_FOR).await;
        assert_eq!(status(&router).await, StatusCode::OK);
        assert_eq!(N.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_self_test_that_hangs_has_failed() {
        let router = router(&Lifecycle::default(), (), |()| std::future::pending::<Result<(), String>>());
        assert_eq!(status(&router).await, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn a_process_that_stops_is_not_ready() {
        let lifecycle = Lifecycle::default();
        let own = router(&lifecycle, (), |()| async { Ok::<_, String>(()) });
        let wrapped = unready_while_stopping(
            own.clone(),
            &Lifecycle { stopping: lifecycle.stopping.clone(), ..Lifecycle::default() },
        );
        assert_eq!((status(&own).await, status(&wrapped).await), (StatusCode::OK, StatusCode::OK));
        lifecycle.stopping.cancel();
        let no = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!((status(&own).await, status(&wrapped).await), (no, no));
    }
}
