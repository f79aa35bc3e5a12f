//! Requests as somebody would send them, where not all members make sense together.

use serde_json::{Value, json};

/// The example for an operation's request; `None`: one is made of its members.
pub(super) fn request(operation: &str) -> Option<Value> {
    let url = "https://app.example/hooks";
    let destination = json!({ "url": url, "timeout_seconds": 30, "max_attempts": 11 });
    Some(match operation {
        "sign_up" => json!({
            "email": "ada@example.com", "password": "correct horse battery", "tenant": { "name": "Acme" },
        }),
        "log_in" => json!({ "email": "ada@example.com", "password": "correct horse battery" }),
        "create_app" => json!({
            "name": "Payments", "source": "stripe", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "destinations": [destination],
        }),
        "update_app" => json!({ "name": "Payments", "is_paused": false }),
        "create_destination" => destination,
        "update_destination" => json!({ "timeout_seconds": 60, "is_paused": false }),
        "replay_event" => json!({ "destination_id": "dst_01h455vb4pex5vsknk084sn02q" }),
        "mock_request" => json!({ "provider": "stripe", "url": "https://in.example/acme/stripe" }),
        "verify_request" => json!({
            "provider": "replicate", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "headers": { "webhook-id": "msg_1", "webhook-timestamp": "1750000000", "webhook-signature": "v1,AAAA" },
            "body": "{\"status\":\"succeeded\"}",
        }),
        _ => return None,
    })
}
