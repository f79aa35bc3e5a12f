//! What Replicate posts when a prediction has completed, signed as Replicate signs.

use anyhook_domain::{Timestamp, secret::Secret, sign};
use bytes::Bytes;

/// A signed webhook.
pub(super) struct Webhook {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

/// A completed prediction, sent now under a message id.
pub(super) fn completed_prediction(secret: &Secret, message_id: &str, now: Timestamp) -> Webhook {
    let body = format!(
        concat!(
            r#"{{"id":"ufawqhfynnddngldkgtslldrkq","version":"5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa","#,
            r#""created_at":"{now}","started_at":"{now}","completed_at":"{now}","status":"succeeded","#,
            r#""input":{{"prompt":"a lighthouse at dusk, oil on canvas"}},"#,
            r#""output":["https://replicate.delivery/pbxt/lighthouse/out-0.png"],"error":null,"logs":"","#,
            r#""metrics":{{"predict_time":4.484541}},"#,
            r#""urls":{{"get":"https://api.replicate.com/v1/predictions/ufawqhfynnddngldkgtslldrkq"}}}}"#
        ),
        now = now
    );
    let signature = sign::standard(std::slice::from_ref(secret), message_id, now, body.as_bytes());
    Webhook {
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", message_id.to_owned()),
            ("webhook-timestamp", now.unix_seconds().to_string()),
            ("webhook-signature", signature),
        ],
        body: Bytes::from(body),
    }
}
