//! What is asked of the API, and how long it takes to answer.

use std::time::Instant;

use anyhow::Result;
use hyper::Method;
use serde::Serialize;
use serde_json::Value;

use super::{INSPECT_WITHIN_MS, PAGE_WITHIN_MS};
use crate::rig::http::call;

/// Asked before anything is measured.
const WARM_UP: usize = 5;

/// A list, and how fast it has to be; `None`: as fast as it is.
pub struct Question {
    pub name: &'static str,
    pub path: String,
    pub within_ms: Option<f64>,
}

/// How long the answers took.
#[derive(Debug, Serialize)]
pub struct Answered {
    pub name: &'static str,
    /// The fastest answer: on a machine with much else to do, the only figure that says something.
    pub best_ms: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub within_ms: Option<f64>,
    pub n_events: usize,
    /// The page names a next one.
    pub more: bool,
}

/// Where to ask, and as whom.
pub struct Asker<'a> {
    pub dashboard: &'a str,
    pub key: &'a str,
    pub n_times: usize,
}

impl Question {
    pub fn page(name: &'static str, query: &str) -> Self {
        let path = format!("/api/v1/events?limit=200&{query}");
        Self { name, path, within_ms: Some(PAGE_WITHIN_MS) }
    }

    pub fn inspect(id: &str) -> Self {
        Self { name: "inspect", path: format!("/api/v1/events/{id}"), within_ms: Some(INSPECT_WITHIN_MS) }
    }

    /// It searches a bounded part of the log, one by one.
    #[must_use]
    pub fn however_long(self) -> Self {
        Self { within_ms: None, ..self }
    }
}

impl Answered {
    pub fn is_good(&self) -> bool {
        self.within_ms.is_none_or(|within| self.p95_ms <= within)
    }
}

impl Asker<'_> {
    /// # Errors
    /// When the API does not answer.
    pub async fn get(&self, path: &str) -> Result<Value> {
        call(Method::GET, &format!("{}{path}", self.dashboard), Some(self.key), None).await
    }

    /// Asks again and again, one after the other.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn ask(&self, question: &Question) -> Result<Answered> {
        let (mut took_ms, mut answer) = (Vec::new(), Value::Null);
        for n in 0..WARM_UP + self.n_times {
            let began = Instant::now();
            answer = self.get(&question.path).await?;
            if n >= WARM_UP {
                took_ms.push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        took_ms.sort_by(f64::total_cmp);
        let at = |share: f64| took_ms[((took_ms.len() - 1) as f64 * share).round() as usize];
        Ok(Answered {
            name: question.name,
            best_ms: at(0.0),
            p50_ms: at(0.5),
            p95_ms: at(0.95),
            within_ms: question.within_ms,
            n_events: answer["events"].as_array().map_or(1, Vec::len),
            more: answer["nextCursor"].is_string(),
        })
    }
}
