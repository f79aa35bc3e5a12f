//! How many look on at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use anyhook_domain::TenantId;

use crate::problem::Problem;

/// Streams of this process.
const MOST: usize = 1_000;
/// Of them, one tenant's.
const MOST_OF_TENANT: usize = 50;

/// The streams that are open now; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<TenantId, usize>>>);

/// One of them; dropped, it makes room.
#[derive(Debug)]
pub(crate) struct Place {
    streams: Streams,
    tenant: TenantId,
}

impl Streams {
    pub(crate) fn enter(&self, tenant: TenantId) -> Result<Place, Problem> {
        let mut open = self.lock();
        if open.get(&tenant).is_some_and(|n| *n >= MOST_OF_TENANT) {
            return Err(Problem::too_many_streams(MOST_OF_TENANT));
        }
        if open.values().sum::<usize>() >= MOST {
            return Err(Problem::unavailable("as many streams are open as this process may have"));
        }
        *open.entry(tenant).or_default() += 1;
        Ok(Place { streams: self.clone(), tenant })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        let n = open.get_mut(&self.tenant).expect("a place is counted until it is dropped");
        *n -= 1;
        if *n == 0 {
            open.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tenant(n: usize) -> TenantId {
        TenantId(Uuid::from_u128(n as u128))
    }

    #[test]
    fn neither_a_tenant_nor_all_together_take_more_than_their_places() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..MOST_OF_TENANT).map(|_| streams.enter(tenant(0)).unwrap()).collect();
        assert_eq!(streams.enter(tenant(0)).unwrap_err().seen().0, 429);
        places.pop();
        places.push(streams.enter(tenant(0)).unwrap());
        places.extend((MOST_OF_TENANT..MOST).map(|n| streams.enter(tenant(n)).unwrap()));
        assert_eq!(streams.enter(tenant(MOST)).unwrap_err().seen().0, 503);
        drop(places);
        assert!(streams.lock().is_empty());
    }
}
