//! Passwords: Argon2id on threads of its own, a few at a time.

use std::sync::Arc;

use anyhook_store::config::NO_PASSWORD;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::{problem::Problem, random};

/// OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Callers that may wait for each one that is hashing; further ones are sent away. Whoever signs up has fewer places
/// and places of its own: strangers cannot keep users from logging in, nor from choosing another password.
const MAX_LOGGING_IN: usize = 32;
const MAX_SIGNING_UP: usize = 8;

pub(crate) struct Passwords {
    /// INVARIANT: whoever hashes holds one of these until the thread is done, also when its caller has gone.
    running: Arc<Semaphore>,
    logging_in: Semaphore,
    signing_up: Semaphore,
    /// Compared with when there is no account, so that the answer takes as long.
    of_nobody: String,
}

impl Passwords {
    pub(crate) fn new(max_hashes: usize) -> Self {
        let n_running = max_hashes.clamp(1, 1024);
        let nobody = hash(&random::bytes::<32>()).expect("the parameters are constant and valid");
        Self {
            running: Arc::new(Semaphore::new(n_running)),
            logging_in: Semaphore::new(n_running * MAX_LOGGING_IN),
            signing_up: Semaphore::new(n_running * MAX_SIGNING_UP),
            of_nobody: nobody,
        }
    }

    /// For whoever signs up.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Problem> {
        self.hash_at(&self.signing_up, password).await
    }

    /// For a user who has shown that the account is its own.
    pub(crate) async fn hash_of_user(&self, password: String) -> Result<String, Problem> {
        self.hash_at(&self.logging_in, password).await
    }

    async fn hash_at(&self, places: &Semaphore, password: String) -> Result<String, Problem> {
        let password = Zeroizing::new(password);
        let hashed = self.run(places, move || hash(password.as_bytes())).await?;
        hashed.ok_or(Problem::Internal("a password could not be hashed"))
    }

    /// Whether the password is the one of the stored hash; without one it takes as long and is false.
    pub(crate) async fn matches(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        let password = Zeroizing::new(password);
        let stored = stored.filter(|stored| stored != NO_PASSWORD);
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.of_nobody.clone());
        let is_same = self.run(&self.logging_in, move || verify(password.as_bytes(), &stored)).await?;
        Ok(is_same && is_known)
    }

    async fn run<T: Send + 'static>(
        &self,
        places: &Semaphore,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let _admitted = places.try_acquire().map_err(|_| Problem::Busy)?;
        let permit: OwnedSemaphorePermit =
            self.running.clone().acquire_owned().await.expect("this semaphore is never closed");
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|_| Problem::Internal("a thread for hashing ended early"))
    }
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Option<String> {
    let hash: PasswordHash = argon2()?.hash_password_with_salt(password, &random::bytes::<16>()).ok()?;
    Some(hash.to_string())
}

/// The parameters are those of the stored hash: raising the constants locks nobody out.
fn verify(password: &[u8], stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| Argon2::default().verify_password(password, &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_names_its_parameters_and_fits_its_password_only() {
        let stored = hash(b"correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(b"correct horse", &stored));
        assert!(!verify(b"correct horsf", &stored));
        assert!(!verify(b"correct horse", "not a hash"));
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::new(1);
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        assert!(passwords.matches("correct horse".into(), Some(stored)).await.unwrap());
        assert!(!passwords.matches("correct horse".into(), None).await.unwrap());
        assert!(!passwords.matches("none".into(), Some(NO_PASSWORD.into())).await.unwrap());
    }

    #[tokio::test]
    async fn who_would_wait_too_long_is_sent_away() {
        let passwords = Passwords::new(1);
        let _taken = passwords.signing_up.acquire_many(8).await.unwrap();
        assert!(matches!(passwords.hash("correct horse".into()).await, Err(Problem::Busy)));
        assert!(!passwords.matches("correct horse".into(), None).await.unwrap(), "logging in goes on");
        assert!(passwords.hash_of_user("correct horse".into()).await.is_ok(), "and so does choosing another");
        let _taken = passwords.logging_in.acquire_many(32).await.unwrap();
        assert!(matches!(passwords.matches("correct horse".into(), None).await, Err(Problem::Busy)));
    }
}
