//! What holds for all sources.

use proptest::prelude::*;

use super::*;
use crate::secret::Secret;

const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_123);
const URL: &str = "https://in.example.com/acme/app";

/// An example, the app that it is right for, and what its verifier is given.
struct Sample {
    source: &'static Source,
    mock: Mock,
    config: Config,
}

impl Sample {
    fn of(source: &'static Source, entropy: u8) -> Self {
        let wanted = Wanted {
            url: URL.to_owned(),
            secret: None,
            options: serde_json::Map::default(),
            body: None,
            now: NOW,
            entropy: [entropy; 32],
        };
        let mock = source.mock(wanted).unwrap_or_else(|bad| panic!("{}: {bad}", source.slug));
        let secrets = mock.secret.as_ref().filter(|_| source.secret != SecretUse::Published);
        let secrets = secrets.map(Config::secrets_of).unwrap_or_default();
        let config = Config { secrets, options: mock.options.clone() };
        Self { source, mock, config }
    }

    fn headers(&self) -> Headers {
        self.mock.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect()
    }

    fn verdict(&self, url: &str, headers: &Headers, body: &[u8], now: Timestamp) -> Verdict {
        let request = Request { method: &self.mock.method, url, headers, body };
        // What cannot be fetched is rejected before.
        match self.source.resources(&request, &self.config) {
            Ok(_) => self.source.verify(&request, &self.config, &self.mock.resources, now),
            Err(reason) => Verdict::Rejected(reason),
        }
    }
}

fn samples() -> impl Iterator<Item = Sample> {
    let checked = SOURCES.iter().filter(|source| source.secret != SecretUse::None);
    checked.map(|source| Sample::of(source, 7))
}

#[test]
fn every_example_verifies_and_is_named() {
    for sample in samples() {
        let slug = sample.source.slug;
        assert_eq!(sample.source.check_config(&sample.config), Ok(()), "{slug}");
        let verdict = sample.verdict(&sample.mock.url, &sample.headers(), &sample.mock.body, NOW);
        assert_eq!(verdict, Verdict::Verified, "{slug}");
        let headers = sample.headers();
        let request = Request { method: "POST", url: &sample.mock.url, headers: &headers, body: &sample.mock.body };
        assert!(sample.source.event_type(&request).is_some(), "{slug} names its event");
        assert_eq!(sample.source.handshake(&request, &sample.config), None, "{slug}: an event is no handshake");
    }
}

#[test]
fn every_source_says_where_its_secret_is_and_where_the_url_goes() {
    for source in SOURCES {
        assert!(
            !source.name.is_empty() && source.setup.ends_with('.') | source.setup.ends_with('…'),
            "{}",
            source.slug
        );
        assert_eq!(
            source.secret_name.is_empty(),
            matches!(source.secret, SecretUse::None | SecretUse::Published),
            "{}",
            source.slug
        );
        assert!(!source.secret_help.is_empty(), "{}", source.slug);
    }
}

#[test]
fn examples_are_recognised_as_their_own_or_their_familys() {
    for sample in samples().filter(|sample| !sample.source.marks.is_empty()) {
        let headers = sample.headers();
        let request = Request { method: "POST", url: URL, headers: &headers, body: &sample.mock.body };
        let found = recognise(&request).map(|source| source.slug);
        let is_family = |found: &str| found == "standard-webhooks";
        assert!(found == Some(sample.source.slug) || found.is_some_and(is_family), "{}: {found:?}", sample.source.slug);
    }
}

/// What is not covered by a signature, or by a token that comes along.
fn signs_body(source: &Source) -> bool {
    let only_a_token = [
        "assemblyai",
        "azure-eventgrid",
        "basic",
        "cloudevents",
        "gitlab",
        "huggingface",
        "mailgun",
        "okta",
        "runpod",
        "token",
    ];
    !only_a_token.contains(&source.slug)
}

#[test]
fn a_changed_body_is_noticed() {
    for sample in samples().filter(|sample| signs_body(sample.source)) {
        let mut body = sample.mock.body.clone();
        let id = body.windows(4).position(|it| it == b"0707").unwrap_or(body.len() / 2);
        body[id] ^= 1;
        // Graph and Adyen sign parts of their bodies.
        if ["msgraph", "adyen"].contains(&sample.source.slug) {
            let text = String::from_utf8(sample.mock.body.clone()).unwrap();
            body = text
                .replace("test_0707", "test_0708")
                .replace("\"success\":\"true\"", "\"success\":\"false\"")
                .into_bytes();
        }
        let verdict = sample.verdict(&sample.mock.url, &sample.headers(), &body, NOW);
        assert!(matches!(verdict, Verdict::Rejected(_)), "{}: {verdict:?}", sample.source.slug);
    }
}

#[test]
fn another_secret_is_another_secret() {
    for sample in samples().filter(|sample| sample.source.secret != SecretUse::Published) {
        let other = Sample::of(sample.source, 8);
        let request = Request {
            method: &sample.mock.method,
            url: &sample.mock.url,
            headers: &sample.headers(),
            body: &sample.mock.body,
        };
        let verdict = sample.source.verify(&request, &other.config, &sample.mock.resources, NOW);
        assert!(matches!(verdict, Verdict::Rejected(_)), "{}: {verdict:?}", sample.source.slug);
        // Both, as while one replaces the other.
        let both = Config {
            secrets: other.config.secrets.iter().chain(&sample.config.secrets).cloned().collect(),
            options: sample.config.options.clone(),
        };
        assert_eq!(
            sample.source.verify(&request, &both, &sample.mock.resources, NOW),
            Verdict::Verified,
            "{}",
            sample.source.slug
        );
    }
}

#[test]
fn without_a_secret_nothing_is_called_verified() {
    for source in SOURCES.iter().filter(|source| source.secret != SecretUse::Published) {
        let headers = Headers::default();
        let request = Request { method: "POST", url: URL, headers: &headers, body: b"{}" };
        let verdict = source.verify(&request, &Config::default(), &Resources::default(), NOW);
        assert_eq!(verdict, Verdict::NotChecked, "{}", source.slug);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// One header after another gets random bytes: never verified, unless it was not signed and is not read.
    #[test]
    fn random_bytes_in_a_header_are_never_verified(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        for sample in samples() {
            for at in 0..sample.mock.headers.len() {
                let mut headers = Headers::default();
                for (n, (name, value)) in sample.mock.headers.iter().enumerate() {
                    headers.push(name, if n == at { noise.clone() } else { value.clone().into_bytes() });
                }
                let name = sample.mock.headers[at].0.as_str();
                let verdict = sample.verdict(&sample.mock.url, &headers, &sample.mock.body, NOW);
                prop_assert!(
                    matches!(verdict, Verdict::Rejected(_)) || is_not_read(sample.source, name),
                    "{} with {} in {name}: {verdict:?}", sample.source.slug, hex::encode(&noise)
                );
            }
        }
    }

    /// Random requests: no panic, never verified.
    #[test]
    fn random_requests_are_never_verified(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        body in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), Just(b"{}".to_vec()), Just(b"[{}]".to_vec())],
        query in "[ -~]{0,60}",
    ) {
        let url = format!("{URL}?{query}");
        for sample in samples() {
            let headers: Headers = sample.mock.headers.iter().map(|(name, _)| (name, noise.clone())).collect();
            let verdict = sample.verdict(&url, &headers, &body, NOW);
            prop_assert!(matches!(verdict, Verdict::Rejected(_)), "{}: {verdict:?}", sample.source.slug);
            let request = Request { method: "POST", url: &url, headers: &headers, body: &body };
            let _ = (
                sample.source.handshake(&request, &sample.config),
                sample.source.accepted(&request),
                sample.source.event_type(&request),
                sample.source.provider_id(&request, &sample.config),
                recognise(&request),
            );
        }
    }
}

/// Headers that carry what is not signed: a name or an id, or what says how to read the body.
fn is_not_read(source: &Source, name: &str) -> bool {
    let of_all = ["content-type", "user-agent", "idempotency-key"];
    let own: &[&str] = match source.slug {
        "aws-sns" => &["x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn"],
        "azure-eventgrid" => &["aeg-event-type"],
        "bitbucket" => &["x-event-key", "x-request-uuid"],
        "github" => &["x-github-event", "x-github-delivery"],
        "gitlab" => &["x-gitlab-event"],
        "hubspot" => &["x-hubspot-signature-version"],
        "lemonsqueezy" => &["x-event-name"],
        "linear" => &["linear-delivery", "linear-event"],
        "sentry" => &["sentry-hook-resource", "request-id", "sentry-hook-timestamp"],
        "shopify" => &["x-shopify-topic", "x-shopify-webhook-id", "x-shopify-shop-domain", "x-shopify-api-version"],
        "twilio" => &["i-twilio-idempotency-token"],
        "twitch" => &["twitch-eventsub-message-type", "twitch-eventsub-subscription-type"],
        "woocommerce" => &["x-wc-webhook-topic", "x-wc-webhook-delivery-id"],
        _ => &[],
    };
    of_all.contains(&name) || own.contains(&name)
}

#[test]
fn a_megabyte_in_a_header_is_no_trouble() {
    let long = vec![b'v'; 1 << 20];
    let commas = b"v1,AAAA v1a,AAAA t=1,v1=00,".repeat(40_000);
    for sample in samples() {
        for noise in [&long, &commas] {
            let headers: Headers = sample.mock.headers.iter().map(|(name, _)| (name, noise.clone())).collect();
            let verdict = sample.verdict(URL, &headers, b"{}", NOW);
            assert!(matches!(verdict, Verdict::Rejected(_)), "{}", sample.source.slug);
        }
    }
}

#[test]
fn dedup_is_what_the_app_names() {
    let headers: Headers = [("x-order", "17")].into_iter().collect();
    let request =
        Request { method: "POST", url: URL, headers: &headers, body: br#"{"id":"evt_1","data":{"n":[4,5]}}"# };
    let stripe = Source::named("stripe").expect("stripe is in the table");
    let id = |dedup: serde_json::Value| {
        let mut config = Config { secrets: vec![Secret::new("s".into())], ..Config::default() };
        config.options.insert("dedup".into(), dedup);
        assert_eq!(stripe.check_config(&config), Ok(()));
        stripe.provider_id(&request, &config)
    };
    assert_eq!(id(serde_json::Value::Null).as_deref(), Some("evt_1"));
    assert_eq!(id(serde_json::json!({ "header": "X-Order" })).as_deref(), Some("17"));
    assert_eq!(id(serde_json::json!({ "json": "/data/n/1" })).as_deref(), Some("5"));
    assert!(id("body".into()).is_some_and(|id| id.starts_with("sha256:")));
    assert_eq!(id("none".into()), None);
}
