//! Providers that make sure of their URL, and the answers that they expect.

use anyhook_domain::{
    secret::Secret,
    source::{Mock, Source, Wanted},
};
use serde_json::{Value, json};

use crate::{
    amazon::Amazon,
    client::Reply,
    harness::{Harness, Running},
};

/// An app of a source, and what its provider knows.
struct App<'a> {
    running: &'a Running,
    source: &'static Source,
    url: String,
    path: String,
    secret: Option<String>,
    options: Value,
}

impl<'a> App<'a> {
    async fn new(running: &'a Running, source: &'static str, secret: Option<&str>, options: Value) -> Self {
        let mut app = json!({ "name": source, "source": source, "source_config": options });
        if let Some(secret) = secret {
            app["secret"] = secret.into();
        }
        let app = running.api.post("/api/v1/apps", app).await.expect(201);
        Self {
            running,
            source: Source::named(source).unwrap(),
            url: app["inboundUrl"].as_str().unwrap().to_owned(),
            path: format!("/api/v1/apps/{}", app["slug"].as_str().unwrap()),
            secret: secret.map(str::to_owned),
            options,
        }
    }

    async fn with_secret(running: &'a Running, source: &'static str, secret: &str) -> Self {
        Self::new(running, source, Some(secret), json!({})).await
    }

    async fn deactivate(&self) {
        self.running.api.patch(&self.path, json!({ "is_active": false })).await.expect(200);
    }

    /// What the provider would send, signed at the clock's time.
    fn signed(&self, body: &str) -> Mock {
        self.signed_with(self.secret.as_deref(), body)
    }

    fn signed_with(&self, secret: Option<&str>, body: &str) -> Mock {
        mock(self.running, self.source, &self.url, secret, &self.options, Some(body))
    }

    async fn send(&self, mock: &Mock) -> Reply {
        let headers: Vec<_> = mock.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.running.api.request(mock.method.parse().unwrap(), &mock.url, &headers, &mock.body).await
    }

    /// What anybody may send.
    async fn call(&self, method: &str, rest: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let url = format!("{}{rest}", self.url);
        self.running.api.request(method.parse().unwrap(), &url, headers, body.as_bytes()).await
    }
}

fn mock(
    running: &Running,
    source: &Source,
    url: &str,
    secret: Option<&str>,
    options: &Value,
    body: Option<&str>,
) -> Mock {
    let wanted = Wanted {
        url: url.to_owned(),
        secret: secret.map(|secret| Secret::new(secret.to_owned())),
        options: options.as_object().unwrap().clone(),
        body: body.map(|body| body.as_bytes().to_vec()),
        now: running.clock.now(),
        entropy: [7; 32],
    };
    source.mock(wanted).unwrap()
}

async fn events(running: &Running, query: &str) -> Vec<Value> {
    let events = running.api.get(&format!("/api/v1/events{query}")).await.expect(200);
    events["events"].as_array().unwrap().clone()
}

#[track_caller]
fn assert_echoes(reply: &Reply, text: &str) {
    assert_eq!((reply.status, &reply.body[..]), (200, text.as_bytes()));
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
}

const SLACK_CHALLENGE: &str = r#"{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV","type":"url_verification"}"#;

#[tokio::test]
async fn a_signed_challenge_is_answered_and_a_forged_one_is_kept_as_rejected() {
    let running = Harness::new().start().await;
    let app = App::with_secret(&running, "slack", "slack signing secret").await;
    assert_echoes(&app.send(&app.signed(SLACK_CHALLENGE)).await, "3eZbrw1aBm2rZgRNFdxV");
    assert!(events(&running, "").await.is_empty(), "a handshake is no event");

    let forged = app.signed_with(Some("another secret"), SLACK_CHALLENGE);
    assert_eq!(app.send(&forged).await.expect_refusal(401), "signature_rejected");
    assert_eq!(app.call("POST", "", &[], SLACK_CHALLENGE).await.expect_refusal(401), "signature_rejected");
    assert_eq!(events(&running, "?status=rejected").await.len(), 2);

    app.deactivate().await;
    assert_echoes(&app.send(&app.signed(SLACK_CHALLENGE)).await, "3eZbrw1aBm2rZgRNFdxV");
    assert_eq!(app.send(&forged).await.expect_refusal(401), "signature_rejected");
    let event = app.send(&app.signed(r#"{"type":"event_callback","event_id":"Ev1"}"#)).await;
    assert_eq!(event.expect(202)["reason"], "app_inactive");
    assert_eq!(events(&running, "").await.len(), 2, "nothing of an inactive app is kept");
    running.stop().await;
}

#[tokio::test]
async fn an_old_challenge_is_not_answered() {
    let running = Harness::new().start().await;
    let app = App::with_secret(&running, "slack", "slack signing secret").await;
    let signed = app.signed(SLACK_CHALLENGE);
    running.advance(301);
    assert_eq!(app.send(&signed).await.expect_refusal(401), "signature_rejected");
    running.stop().await;
}

#[tokio::test]
async fn a_challenge_is_echoed_to_whom_knows_the_token() {
    let running = Harness::new().start().await;
    let app = App::new(&running, "meta", Some("app secret"), json!({ "verify_token": "my token" })).await;
    let ask = |token| format!("?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
    assert_echoes(&app.call("GET", &ask("my%20token"), &[], "").await, "1158201444");
    assert_eq!(app.call("GET", &ask("another"), &[], "").await.expect_refusal(403), "handshake_refused");
    assert_eq!(app.call("GET", "", &[], "").await.expect_refusal(405), "method_not_allowed");
    app.deactivate().await;
    assert_echoes(&app.call("GET", &ask("my+token"), &[], "").await, "1158201444");
    assert!(events(&running, "").await.is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_token_is_signed_for_its_provider_alone() {
    let running = Harness::new().start().await;
    let app = App::with_secret(&running, "zoom", "zoom secret token").await;
    let body = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    let answer = app.send(&app.signed(body)).await.expect(200);
    let encrypted = "39b8dfc472156d09751ff95badb7c9dfc4e81295a8dd72928ab3e7f6b3f48769";
    assert_eq!(answer, json!({ "plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": encrypted }));
    let stranger = app.call("POST", "", &[("content-type", "application/json")], body).await;
    assert_eq!(stranger.expect_refusal(401), "signature_rejected");
    running.stop().await;
}

#[tokio::test]
async fn a_validation_token_is_echoed_decoded() {
    let running = Harness::new().start().await;
    let app = App::with_secret(&running, "msgraph", "client state").await;
    let reply = app.call("POST", "?validationToken=Validation%3A+a%2Fb%20c", &[], "").await;
    assert_echoes(&reply, "Validation: a/b c");
    running.stop().await;
}

#[tokio::test]
async fn a_secret_is_learnt_once_and_verifies_from_then_on() {
    let running = Harness::new().start().await;
    let mut app = App::new(&running, "asana", None, json!({})).await;
    let hello = |secret| [("x-hook-secret", secret)];
    let first = app.call("POST", "", &hello("b537207f20cbfa02357cf448134da559"), "").await;
    assert_eq!(
        (first.status, &first.headers["x-hook-secret"]),
        (200, &"b537207f20cbfa02357cf448134da559".parse().unwrap())
    );
    let second = app.call("POST", "", &hello("00000000000000000000000000000000"), "").await;
    assert!(!second.headers.contains_key("x-hook-secret"));
    assert_eq!(second.expect_refusal(403), "handshake_refused");

    app.secret = Some("b537207f20cbfa02357cf448134da559".to_owned());
    let body = r#"{"events":[{"action":"changed","resource":{"resource_type":"task"}}]}"#;
    let event = app.send(&app.signed(body)).await.expect(200);
    assert_eq!(running.event(event["id"].as_str().unwrap()).await["signatureValid"], true);
    let forged = app.signed_with(Some("00000000000000000000000000000000"), body);
    assert_eq!(app.send(&forged).await.expect_refusal(401), "signature_rejected");

    running.api.patch(&app.path, json!({ "secret": "" })).await.expect(200);
    let anew = app.call("POST", "", &hello("11111111111111111111111111111111"), "").await;
    assert_eq!(anew.status, 200, "{anew:?}");
    running.stop().await;
}

#[tokio::test]
async fn a_ping_is_answered_and_a_wrong_signature_is_401() {
    let running = Harness::new().start().await;
    let discord = Source::named("discord").unwrap();
    let example = mock(&running, discord, "https://example.com/", None, &json!({}), None);
    let mut app = App::with_secret(&running, "discord", example.secret.unwrap().expose()).await;
    // Who knows the public key alone cannot sign.
    app.secret = None;
    for (ping, status, answer) in [(r#"{"type":1}"#, 200, r#"{"type":1}"#), (r#"{"type":0}"#, 204, "")] {
        let signed = app.signed(ping);
        let reply = app.send(&signed).await;
        assert_eq!((reply.status, &reply.body[..]), (status, answer.as_bytes()));
        assert_eq!(reply.headers["content-type"], "application/json");
        let changed = Mock { body: format!("{ping} ").into_bytes(), ..signed };
        assert_eq!(app.send(&changed).await.expect_refusal(401), "signature_rejected");
    }
    let command = app.send(&app.signed(r#"{"type":2,"id":"846462639134605312"}"#)).await;
    assert_eq!(command.expect(200), json!({ "type": 5 }), "an interaction is answered in place");
    assert_eq!(events(&running, "?status=rejected").await.len(), 2);
    running.stop().await;
}

#[tokio::test]
async fn answers_without_a_body_have_none_for_right_and_wrong() {
    let running = Harness::new().start().await;
    let app = App::with_secret(&running, "xero", "xero webhooks key").await;
    let intent = r#"{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}"#;
    let event = r#"{"events":[{"eventCategory":"INVOICE","eventType":"UPDATE"}]}"#;
    for body in [intent, event] {
        for (secret, status) in [("xero webhooks key", 200), ("another key", 401)] {
            let reply = app.send(&app.signed_with(Some(secret), body)).await;
            assert_eq!((reply.status, &reply.body[..]), (status, &b""[..]));
            assert_eq!(reply.headers.get("set-cookie"), None);
        }
    }
    assert_eq!((events(&running, "").await.len(), events(&running, "?status=rejected").await.len()), (3, 2));
    running.stop().await;
}

#[tokio::test]
async fn an_event_is_answered_as_its_provider_expects_and_so_is_its_repeat() {
    let running = Harness::new().start().await;
    let key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
    let app = App::with_secret(&running, "adyen", key).await;
    let notification = mock(&running, app.source, &app.url, Some(key), &app.options, None);
    for _ in 0..2 {
        let reply = app.send(&notification).await;
        assert_eq!((reply.status, &reply.body[..]), (200, &b"[accepted]"[..]));
    }
    let kept = events(&running, "").await;
    assert_eq!((kept.len(), &kept[0]["signatureValid"]), (1, &json!(true)));
    running.stop().await;
}

#[tokio::test]
async fn leave_to_send_is_given_to_who_asks() {
    let running = Harness::new().start().await;
    let app = App::new(&running, "cloudevents", None, json!({})).await;
    let asks = [("webhook-request-origin", "eventemitter.example.com"), ("webhook-request-rate", "120")];
    let reply = app.call("OPTIONS", "", &asks, "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["webhook-allowed-origin"], "eventemitter.example.com");
    assert_eq!(reply.headers["webhook-allowed-rate"], "120");
    running.stop().await;
}

#[tokio::test]
async fn a_url_is_there_for_whoever_looks() {
    let running = Harness::new().start().await;
    let app = App::new(&running, "generic", None, json!({})).await;
    for _ in 0..2 {
        let head = app.call("HEAD", "", &[], "").await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        let options = app.call("OPTIONS", "/below", &[], "").await;
        assert_eq!((options.status, options.body.len()), (204, 0));
        assert_eq!(options.headers["allow"], "POST, PUT, PATCH, DELETE");
        for method in ["GET", "PURGE"] {
            let reply = app.call(method, "", &[], "").await;
            assert_eq!(reply.headers["allow"], "POST, PUT, PATCH, DELETE");
            assert_eq!(reply.expect_refusal(405), "method_not_allowed");
        }
        app.deactivate().await;
    }
    assert!(events(&running, "").await.is_empty());
    running.stop().await;
}

#[tokio::test]
async fn an_unknown_app_shakes_nobodys_hand() {
    let running = Harness::new().start().await;
    for (method, target) in [
        ("GET", "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=t"),
        ("GET", "?challenge=1"),
        ("POST", "?validationToken=1"),
        ("OPTIONS", ""),
        ("HEAD", ""),
    ] {
        let url = format!("{}/acme/nobody{target}", running.ingress_url);
        let reply = running.api.request(method.parse().unwrap(), &url, &[("x-hook-secret", "s")], b"").await;
        assert_eq!(reply.status, 404, "{method} {target}");
    }
    running.stop().await;
}

#[tokio::test]
async fn without_a_source_requests_are_recognised_and_nothing_is_verified() {
    let running = Harness::new().start().await;
    let app = App::new(&running, "auto", None, json!({})).await;
    let slack = App { source: Source::named("slack").unwrap(), ..app };
    let body = r#"{"type":"event_callback","event":{"type":"app_mention"},"event_id":"Ev1"}"#;
    let event = slack.send(&slack.signed(body)).await.expect(200);
    let event = running.event(event["id"].as_str().unwrap()).await;
    assert_eq!(
        (&event["source"], &event["eventType"], &event["providerId"], &event["signatureValid"]),
        (&json!("slack"), &json!("app_mention"), &json!("Ev1"), &Value::Null)
    );
    assert_echoes(&slack.send(&slack.signed(SLACK_CHALLENGE)).await, "3eZbrw1aBm2rZgRNFdxV");

    let other = slack.call("POST", "", &[], r#"{"type":"order.paid"}"#).await.expect(200);
    let other = running.event(other["id"].as_str().unwrap()).await;
    assert_eq!((&other["source"], &other["eventType"]), (&json!("auto"), &json!("order.paid")));
    assert_eq!(slack.call("HEAD", "", &[], "").await.status, 200);
    running.stop().await;
}

const SUBSCRIPTION: &str = r#"{
    "Type": "SubscriptionConfirmation", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "Token": "2336412f37",
    "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic", "Message": "You have chosen to subscribe",
    "SubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37",
    "Timestamp": "2025-06-15T15:06:40.000Z", "SignatureVersion": "2", "Signature": "{signature}",
    "SigningCertURL": "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem"
}"#;

#[tokio::test]
async fn without_a_source_nothing_is_confirmed_and_what_others_publish_is_not_asked_for() {
    let running = Harness::new().start().await;
    let app = App::new(&running, "auto", None, json!({})).await;
    let subscription = SUBSCRIPTION.replace("{signature}", "AAAA");
    let headers = [("x-amz-sns-message-type", "SubscriptionConfirmation"), ("content-type", "text/plain")];
    let refusal = app.call("POST", "", &headers, &subscription).await.expect(403);
    assert!(refusal["error"].as_str().unwrap().contains("set the app's source to aws-sns"), "{refusal}");
    let notification = subscription.replace("SubscriptionConfirmation", "Notification");
    let headers = [("x-amz-sns-message-type", "Notification"), ("content-type", "text/plain")];
    let event = app.call("POST", "", &headers, &notification).await.expect(200);
    let event = running.event(event["id"].as_str().unwrap()).await;
    assert_eq!((&event["source"], &event["signatureValid"]), (&json!("aws-sns"), &Value::Null));
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_decided_without_a_key_is_asked_for_again() {
    let running = Harness::new().without_names().start().await;
    let app = App::new(&running, "aws-sns", None, json!({})).await;
    let example = mock(&running, app.source, &app.url, None, &app.options, None);
    let reply = app.send(&example).await;
    assert!(reply.headers.contains_key("retry-after"));
    assert_eq!(reply.expect_refusal(503), "unavailable");
    assert!(events(&running, "").await.is_empty());

    let text = String::from_utf8(example.body.clone()).unwrap();
    let elsewhere = text.replace(".amazonaws.com/", ".amazonaws.com.example.com/");
    assert_ne!(text, elsewhere);
    let forged = Mock { body: elsewhere.into_bytes(), ..example };
    assert_eq!(app.send(&forged).await.expect_refusal(401), "signature_rejected");
    assert_eq!(events(&running, "?status=rejected").await.len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_subscription_is_confirmed_once_it_is_known_to_be_amazons() {
    let Some(amazon) = Amazon::start("sns.us-west-2.amazonaws.com").await else { return };
    let running = Harness::new().amazon(&amazon).start().await;
    let arn = "arn:aws:sns:us-west-2:123456789012:MyTopic";
    let app = App::new(&running, "aws-sns", None, json!({ "topic_arn": arn })).await;
    let signed = app.signed(SUBSCRIPTION);
    amazon.publish(signed.resources.iter().next().unwrap().1);

    let text = String::from_utf8(signed.body.clone()).unwrap();
    let forged = Mock { body: text.replace("Token=2336412f37", "Token=another").into_bytes(), ..signed.clone() };
    assert_eq!(app.send(&forged).await.expect_refusal(401), "signature_rejected");
    let of_others = app.signed(&SUBSCRIPTION.replace(":MyTopic", ":TheirTopic"));
    assert_eq!(app.send(&of_others).await.expect_refusal(401), "signature_rejected");
    assert!(amazon.confirmed().is_empty());
    assert_eq!(events(&running, "?status=rejected").await.len(), 2);

    let reply = app.send(&signed).await;
    assert_eq!((reply.status, &reply.body[..]), (200, &b""[..]));
    assert_eq!(amazon.confirmed(), ["/?Action=ConfirmSubscription&Token=2336412f37"]);
    amazon.is_down(true);
    assert_eq!(app.send(&signed).await.expect_refusal(503), "unavailable");
    amazon.is_down(false);
    app.deactivate().await;
    assert_eq!(app.send(&signed).await.status, 200);
    assert_eq!(amazon.confirmed().len(), 2);
    assert_eq!(events(&running, "").await.len(), 2, "what is confirmed is no event");
    running.stop().await;
}

#[tokio::test]
async fn a_secret_in_the_path_goes_no_further() {
    let running = Harness::new().start().await;
    let app = App::new(&running, "token", Some("0123456789abcdef"), json!({ "in": "path" })).await;
    let id = app.call("POST", "/deep/0123456789abcdef?a=1", &[], "{}").await.expect(200)["id"].clone();
    let event = running.event(id.as_str().unwrap()).await;
    assert_eq!(
        (&event["path"], &event["query"], &event["signatureValid"]),
        (&json!("/deep"), &json!("a=1"), &json!(true))
    );
    let wrong = app.call("POST", "/deep/another", &[], "{}").await;
    assert_eq!(wrong.expect_refusal(401), "signature_rejected");
    assert_eq!(
        running.event(events(&running, "?status=rejected").await[0]["id"].as_str().unwrap()).await["path"],
        "/deep/another"
    );
    running.stop().await;
}

#[tokio::test]
async fn each_line_of_a_secret_is_one() {
    let running = Harness::new().start().await;
    let app = App::with_secret(&running, "hmac", "the old one\nthe new one\n").await;
    for (secret, status) in
        [("the old one", 200), ("the new one", 200), ("the old one\nthe new one", 200), ("none", 401)]
    {
        assert_eq!(app.send(&app.signed_with(Some(secret), "{}")).await.status, status, "{secret}");
    }
    running.stop().await;
}
