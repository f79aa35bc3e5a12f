//! What a database must be like to be used at all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhook_store::{OpenError, Store, config::ScratchDatabase};
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::fixture::postgres_url;

#[tokio::test]
async fn unknown_urls_are_refused_without_showing_them() {
    let error = Store::open("mysql://user:secret@host/db").await.unwrap_err();
    assert!(matches!(&error, OpenError::UnknownUrl(scheme) if scheme == "mysql"), "{error}");
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test]
async fn a_server_that_may_forget_is_refused() {
    let Some(server) = postgres_url() else { return };
    let database = ScratchDatabase::create(&server).await.unwrap();
    let unsafe_url = format!("{}?options=-c%20synchronous_commit%3Doff", database.url());
    let error = Store::open(&unsafe_url).await.unwrap_err().to_string();
    assert!(error.contains("synchronous_commit = off"), "{error}");
    database.remove().await.unwrap();
}

#[tokio::test]
async fn sqlite_flushes_every_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
    assert_eq!(store.synchronous().await.unwrap(), Some(2), "FULL is 2");
    store.close().await;
}

#[tokio::test]
async fn a_role_that_row_security_exempts_is_warned_of() {
    let Some(server) = postgres_url() else { return };
    let database = ScratchDatabase::create(&server).await.unwrap();
    let n_warnings = Arc::<AtomicUsize>::default();
    let _here = tracing::subscriber::set_default(Warnings(n_warnings.clone()));
    for (url, expected) in [(database.url(), 0), (server.as_str(), 1)] {
        Store::open(url).await.unwrap().close().await;
        assert_eq!(n_warnings.load(Ordering::SeqCst), expected);
    }
    database.remove().await.unwrap();
}

/// Counts the store's warnings.
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("anyhook_store")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
