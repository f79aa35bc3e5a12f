//! A bound on what a loop waits for the database.

use std::time::Duration;

use crate::StoreError;

/// Longer than the server lets any statement run: what takes longer, is not going to be answered. A network that drops
/// everything says nothing for a quarter of an hour.
const WITHIN: Duration = Duration::from_secs(15);

/// Gives up waiting for a database that has fallen silent. What was asked of it may be done all the same.
///
/// # Errors
/// [`StoreError::Unavailable`] then, and whatever the work fails with.
pub async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(WITHIN, work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_error_after_a_while() {
        assert!(matches!(in_time(std::future::pending::<Result<(), _>>()).await, Err(StoreError::Unavailable(_))));
        assert_eq!(in_time(async { Ok(1) }).await.unwrap(), 1);
    }
}
