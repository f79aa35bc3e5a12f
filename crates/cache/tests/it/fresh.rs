//! Read-through values, on tokio's paused clock.

use std::{cell::Cell, time::Duration};

use anyhook_cache::{Fresh, Freshness};

const FRESHNESS: Freshness = Freshness {
    fresh_for: Duration::from_secs(60),
    absent_for: Duration::from_secs(10),
    stale_for: Duration::from_secs(3600),
};

struct Owner {
    answer: Cell<Result<Option<u32>, &'static str>>,
    n_asked: Cell<u32>,
}

impl Owner {
    fn new(answer: Result<Option<u32>, &'static str>) -> Self {
        Self { answer: Cell::new(answer), n_asked: Cell::new(0) }
    }

    async fn ask(&self) -> Result<Option<u32>, &'static str> {
        self.n_asked.set(self.n_asked.get() + 1);
        self.answer.get()
    }
}

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_fresh_value_is_not_asked_for_again() {
    let (cache, owner) = (Fresh::new(10, FRESHNESS), Owner::new(Ok(Some(1))));
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(1)));
    owner.answer.set(Ok(Some(2)));
    pass(59).await;
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(1)));
    pass(2).await;
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(2)));
    assert_eq!(owner.n_asked.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn absence_is_remembered_for_less_long() {
    let (cache, owner) = (Fresh::new(10, FRESHNESS), Owner::new(Ok(None)));
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(None));
    pass(9).await;
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(None));
    assert_eq!(owner.n_asked.get(), 1);
    pass(2).await;
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(None));
    assert_eq!(owner.n_asked.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_serves_while_the_owner_is_away_and_not_for_ever() {
    let (cache, owner) = (Fresh::new(10, FRESHNESS), Owner::new(Ok(Some(1))));
    cache.get(&"k", || owner.ask()).await.unwrap();
    owner.answer.set(Err("away"));
    cache.outdate(&"k");
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(1)));
    pass(3599).await;
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(1)));
    pass(1).await;
    assert_eq!(cache.get(&"k", || owner.ask()).await, Err("away"));
    assert_eq!(cache.get(&"other", || owner.ask()).await, Err("away"));
}

#[tokio::test(start_paused = true)]
async fn while_one_asks_the_others_go_on() {
    let (cache, owner) = (Fresh::new(10, FRESHNESS), Owner::new(Ok(Some(1))));
    cache.get(&"k", || owner.ask()).await.unwrap();
    pass(61).await;
    let slow = async || {
        // In the middle of the question another caller comes.
        assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(1)));
        Ok::<_, &str>(Some(2))
    };
    assert_eq!(cache.get(&"k", slow).await, Ok(Some(2)));
    assert_eq!(owner.n_asked.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_outdated_is_asked_for_at_once() {
    let (cache, owner) = (Fresh::new(10, FRESHNESS), Owner::new(Ok(Some(1))));
    cache.get(&"k", || owner.ask()).await.unwrap();
    owner.answer.set(Ok(Some(2)));
    cache.outdate(&"k");
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(2)));
    owner.answer.set(Ok(None));
    cache.outdate_all();
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_overtaken_by_a_change_is_not_kept() {
    let (cache, owner) = (Fresh::new(10, FRESHNESS), Owner::new(Ok(Some(2))));
    let overtaken = async || {
        cache.outdate(&"k");
        Ok::<_, &str>(Some(1))
    };
    assert_eq!(cache.get(&"k", overtaken).await, Ok(Some(1)));
    assert_eq!(cache.get(&"k", || owner.ask()).await, Ok(Some(2)));
}
