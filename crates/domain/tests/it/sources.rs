use anyhook_domain::{
    Headers, Timestamp,
    secret::Secret,
    source::{Config, Reason, Request, Resources, SOURCES, Source, Verdict},
};
use proptest::prelude::*;
use serde_json::json;

fn config(secrets: &[&str]) -> Config {
    let secrets = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
    Config { secrets, options: serde_json::Map::new() }
}

fn request<'a>(headers: &'a Headers, body: &'a [u8]) -> Request<'a> {
    Request { method: "POST", url: "https://in.example.test/acme/app", headers, body }
}

const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);

/// The test secret and message of Replicate's own libraries.
fn replicate_message() -> (Headers, &'static [u8], &'static str, Timestamp) {
    let headers = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ];
    let now = Timestamp::from_unix_seconds(1_614_265_330);
    (headers.into_iter().collect(), br#"{"test": 2432232314}"#, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now)
}

#[test]
fn any_configured_secret_may_have_signed() {
    let (headers, body, secret, now) = replicate_message();
    let source = Source::named("replicate").unwrap();
    let verify =
        |secrets: &[&str]| source.verify(&request(&headers, body), &config(secrets), &Resources::default(), now);
    assert_eq!(verify(&["whsec_b3RoZXI=", secret]), Verdict::Verified);
    assert_eq!(verify(&["whsec_b3RoZXI="]), Verdict::Rejected(Reason::OtherSecret));
    assert_eq!(verify(&[]), Verdict::NotChecked);
}

#[test]
fn a_request_is_old_after_five_minutes_either_way() {
    let (headers, body, secret, now) = replicate_message();
    let source = Source::named("replicate").unwrap();
    let at = |seconds: i64| {
        let now = Timestamp::from_unix_seconds(now.unix_seconds() + seconds);
        source.verify(&request(&headers, body), &config(&[secret]), &Resources::default(), now)
    };
    assert_eq!(at(300), Verdict::Verified);
    assert_eq!(at(-300), Verdict::Verified);
    assert!(matches!(at(301), Verdict::Rejected(Reason::TooOld { .. })));
    assert!(matches!(at(-301), Verdict::Rejected(Reason::InFuture { .. })));
}

#[test]
fn replicate_names_its_events_by_kind_and_status() {
    let source = Source::named("replicate").unwrap();
    let event_type =
        |body: serde_json::Value| source.event_type(&request(&Headers::default(), body.to_string().as_bytes()));
    for status in ["starting", "processing", "succeeded", "failed", "canceled", "aborted"] {
        assert_eq!(event_type(json!({ "status": status, "output": ["x"] })), Some(format!("prediction.{status}")));
    }
    let training = json!({ "status": "succeeded", "output": { "version": "v", "weights": "https://w" } });
    assert_eq!(event_type(training).as_deref(), Some("training.succeeded"));
    let started =
        json!({ "status": "starting", "output": null, "urls": { "get": "https://api.replicate.com/v1/trainings/x" } });
    assert_eq!(event_type(started).as_deref(), Some("training.starting"));
    let object = json!({ "status": "succeeded", "output": { "image": "https://i" } });
    assert_eq!(event_type(object).as_deref(), Some("prediction.succeeded"));
    for other in [json!({ "status": "melted" }), json!({}), json!([]), json!({ "status": 7 })] {
        assert_eq!(event_type(other.clone()), None, "{other}");
    }
}

#[test]
fn ids_that_contradict_each_other_are_no_id() {
    let (headers, body, secret, now) = replicate_message();
    let mut twice = headers.clone();
    twice.push("webhook-id", "msg_other");
    let source = Source::named("replicate").unwrap();
    assert_eq!(
        source.provider_id(&request(&headers, body), &config(&[])).as_deref(),
        Some("msg_p5jXN8AQM9LWM0D4loKWxJek")
    );
    assert_eq!(source.provider_id(&request(&twice, body), &config(&[])), None);
    let verdict = source.verify(&request(&twice, body), &config(&[secret]), &Resources::default(), now);
    assert_eq!(verdict, Verdict::Rejected(Reason::HeaderRepeated("webhook-id".into())));
}

/// HMACs made with Python's standard library.
#[test]
fn hmac_with_every_algorithm_encoding_and_prefix() {
    let body = b"{\"type\":\"order.paid\"}";
    for (algorithm, encoding, prefix, value) in HMAC_CASES {
        let options =
            json!({ "header": "X-Hub-Signature", "algorithm": algorithm, "encoding": encoding, "prefix": prefix });
        let config = Config { options: options.as_object().unwrap().clone(), ..config(&["top secret"]) };
        let headers: Headers = [("x-hub-signature", value.as_bytes())].into_iter().collect();
        let source = Source::named("hmac").unwrap();
        source.check_config(&config).unwrap();
        assert_eq!(
            source.verify(&request(&headers, body), &config, &Resources::default(), NOW),
            Verdict::Verified,
            "{algorithm} {encoding}"
        );
        assert_eq!(
            source.verify(&request(&headers, b"{\"type\":\"order.paid\"} "), &config, &Resources::default(), NOW),
            Verdict::Rejected(Reason::OtherSecret)
        );
        let truncated: Headers = [("x-hub-signature", &value.as_bytes()[..prefix.len() + 8])].into_iter().collect();
        assert!(matches!(
            source.verify(&request(&truncated, body), &config, &Resources::default(), NOW),
            Verdict::Rejected(_)
        ));
    }
}

const HMAC_CASES: &[(&str, &str, &str, &str)] = &[
    ("sha1", "hex", "sha1=", "sha1=c75264738a3ff3d5cd83d9bd921576f59b8db9aa"),
    ("sha1", "base64", "", "x1Jkc4o/89XNg9m9khV29ZuNuao="),
    ("sha256", "hex", "sha256=", "sha256=537d70dba8d8e743039dc0369d539d58aa0b06dffa43f683ea68e991a3757f69"),
    ("sha256", "base64", "", "U31w26jY50MDncA2nVOdWKoLBt/6Q/aD6mjpkaN1f2k="),
    (
        "sha384",
        "hex",
        "sha384=",
        "sha384=37de1c35e046812e703990465edb53363eefc1d7b853538ebaeda2e14b4889c24174b12910c03857ec2410551ec637a0",
    ),
    ("sha384", "base64", "", "N94cNeBGgS5wOZBGXttTNj7vwde4U1OOuu2i4UtIicJBdLEpEMA4V+wkEFUexjeg"),
    (
        "sha512",
        "hex",
        "sha512=",
        "sha512=73c201425420690e6d32a5e54941fcb4eddfca47e81bb388620a4a7de470e76d16029d4b35f4b34f6e4f3b591e9f2bca553fbba8dfe2c0f7ec5cd27ee7a21500",
    ),
    (
        "sha512",
        "base64",
        "",
        "c8IBQlQgaQ5tMqXlSUH8tO3fykfoG7OIYgpKfeRw520WAp1LNfSzT25PO1kenyvKVT+7qN/iwPfsXNJ+56IVAA==",
    ),
];

#[test]
fn odd_settings_are_refused_with_a_sentence() {
    let source = Source::named("hmac").unwrap();
    for (options, said) in [
        (json!({ "header": "a b" }), "source_config.header"),
        (json!({ "algorithm": "md5" }), "sha1, sha256, sha384 or sha512"),
        (json!({ "encoding": "base32" }), "hex or base64"),
        (json!({ "prefix": 7 }), "must be a string"),
        (json!({ "tolerance": 300 }), "known: header, algorithm, encoding, prefix"),
    ] {
        let config = Config { options: options.as_object().unwrap().clone(), ..config(&["key"]) };
        let refusal = source.check_config(&config).unwrap_err().to_string();
        assert!(refusal.contains(said), "{options}: {refusal}");
    }
    assert!(source.check_config(&config(&[])).unwrap_err().to_string().contains("needs a secret"));
    let replicate = Source::named("replicate").unwrap();
    assert!(replicate.check_config(&config(&["not base64!"])).unwrap_err().to_string().contains("whsec_"));
    assert!(replicate.check_config(&config(&[])).is_ok());
}

proptest! {
    #[test]
    fn garbage_is_never_verified_and_never_panics(
        values in prop::collection::vec((0..SIGNATURE_HEADERS.len(), prop::collection::vec(any::<u8>(), 0..64)), 0..8),
        body in prop::collection::vec(any::<u8>(), 0..128),
    ) {
        let headers: Headers = values.into_iter().map(|(name, value)| (SIGNATURE_HEADERS[name], value)).collect();
        for source in SOURCES {
            let request = request(&headers, &body);
            let config = config(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
            prop_assert_ne!(source.verify(&request, &config, &Resources::default(), NOW), Verdict::Verified);
            let _ = source.event_type(&request);
            let _ = source.provider_id(&request, &config);
        }
    }
}

const SIGNATURE_HEADERS: &[&str] = &["webhook-id", "webhook-timestamp", "webhook-signature", "x-signature"];
