//! The broker's queues of a scenario.

use anyhow::Result;
use lapin::{Connection, ConnectionProperties, options::QueueDeleteOptions};

use crate::runtime;

/// More than AnyHook declares; to delete what is not there is allowed.
const MOST_SHARDS: usize = 64;

/// The queues of a prefix; taken away when dropped.
pub struct Queues {
    url: String,
    prefix: String,
}

impl Queues {
    /// Those that AnyHook will make on the broker at `url`.
    pub fn new(url: &str, prefix: &str) -> Self {
        Self { url: url.to_owned(), prefix: prefix.to_owned() }
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl Drop for Queues {
    fn drop(&mut self) {
        let (url, prefix) = (self.url.clone(), self.prefix.clone());
        // On a thread of its own: the one that drops has a runtime already, and must not go on before.
        let removed = std::thread::spawn(move || runtime(1)?.block_on(remove(&url, &prefix))).join();
        if !matches!(removed, Ok(Ok(()))) {
            eprintln!("the queues {}.* could not be taken away; delete them", self.prefix);
        }
    }
}

async fn remove(url: &str, prefix: &str) -> Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let shards = (0..MOST_SHARDS).map(|shard| format!("{prefix}.{shard}"));
    for queue in shards.chain([format!("{prefix}.spool")]) {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    }
    Ok(connection.close(200, "done".into()).await?)
}

#[cfg(test)]
mod tests {
    use lapin::options::QueueDeclareOptions;

    use super::*;

    #[tokio::test]
    async fn the_queues_go_when_they_are_dropped() {
        #[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
        let Ok(url) = std::env::var("ANYHOOK_TEST_AMQP_URL") else { return };
        let queues = Queues::new(&url, &format!("anyhook-bench-test-{}", std::process::id()));
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let name = format!("{}.15", queues.prefix());
        channel.queue_declare(name.as_str().into(), QueueDeclareOptions::durable(), <_>::default()).await.unwrap();
        drop(queues);
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let error = channel.queue_declare(name.into(), options, <_>::default()).await.unwrap_err();
        assert!(error.to_string().contains("NOT_FOUND"), "{error}");
    }
}
