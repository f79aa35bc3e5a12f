//! Changes between the processes of this service: a caller watches one of them, and a change may be made in another. They
//! tell each other through the database that they share.

use std::time::Duration;

use anyhook_rpc::tenants::v1::Change;
use anyhook_store::{Announced, MOST_ANNOUNCED_BYTES, StoreError, in_time};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use prost::Message;
use tokio::sync::mpsc::Receiver;

use crate::Tenants;

const TELL_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Tenants {
    /// Tells the other processes of this service what changes here, and those who watch this one what changes there. Run
    /// it until shutdown where there may be several processes.
    pub async fn follow_others(self) {
        let Some(changes) = self.0.changes.tell_others() else { return std::future::pending().await };
        let origin = format!("{:032x}", rand::random::<u128>());
        tokio::join!(self.tell(&origin, changes), self.listen(&origin));
    }

    async fn tell(&self, origin: &str, mut changes: Receiver<Change>) {
        while let Some(change) = changes.recv().await {
            let text = encode(origin, change);
            loop {
                match in_time(self.0.store.announce(&text)).await {
                    Ok(()) => break,
                    Err(error @ StoreError::Broken(_)) => {
                        tracing::error!(%error, "a change cannot be told to the other processes");
                        break;
                    }
                    // Its change is in the same database: the others learn of it as soon as anybody can.
                    Err(_) => tokio::time::sleep(TELL_AGAIN_AFTER).await,
                }
            }
        }
    }

    async fn listen(&self, own_origin: &str) {
        let mut announcements = self.0.store.announcements();
        loop {
            match announcements.next().await {
                Announced::Text(text) => match decode(&text) {
                    Some((origin, _)) if origin == own_origin => {}
                    Some((_, change)) => self.0.changes.send_here(change),
                    // Another version's: whatever it says, something changed.
                    None => self.0.changes.cut_off(),
                },
                Announced::Missed => self.0.changes.cut_off(),
            }
        }
    }
}

/// `origin:base64 of the protobuf message`. One that would be too long goes without its routes, which says that any may
/// have changed.
fn encode(origin: &str, change: Change) -> String {
    let encode = |change: &Change| format!("{origin}:{}", STANDARD_NO_PAD.encode(change.encode_to_vec()));
    let text = encode(&change);
    if text.len() <= MOST_ANNOUNCED_BYTES { text } else { encode(&Change { routes: Vec::new(), ..change }) }
}

fn decode(text: &str) -> Option<(&str, Change)> {
    let (origin, message) = text.split_once(':')?;
    let message = STANDARD_NO_PAD.decode(message).ok()?;
    Some((origin, Change::decode(&*message).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_comes_back_as_it_went_unless_it_is_too_long() {
        let change = |n_routes| Change {
            tenant_id: "ten_1".into(),
            app_id: Some("app_1".into()),
            destination_id: None,
            routes: (0..n_routes).map(|n| format!("acme/app-{n}")).collect(),
        };
        assert_eq!(decode(&encode("me", change(3))), Some(("me", change(3))));
        let long = encode("me", change(1000));
        assert!(long.len() <= MOST_ANNOUNCED_BYTES);
        assert_eq!(decode(&long), Some(("me", change(0))));
        for odd in ["", "me", "me:%", "me:AAAA"] {
            assert_eq!(decode(odd), None, "{odd}");
        }
    }
}
