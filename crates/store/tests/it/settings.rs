//! What a database must be like to be used at all.

use anyhook_store::{OpenError, Store, config::ScratchDatabase};

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
