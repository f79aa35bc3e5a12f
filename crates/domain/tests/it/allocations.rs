//! A body is in memory once: looking at it takes no more.

use anyhook_domain::{
    Headers, Timestamp,
    source::{Config, Request, SOURCES, SecretUse, Verdict, Wanted},
};

const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);
const BODY_BYTES: usize = 1 << 20;
const MOST_BYTES: u64 = 64 * 1024;

fn wanted(body: Option<Vec<u8>>) -> Wanted {
    Wanted {
        url: "https://in.example.com/acme/app".to_owned(),
        secret: None,
        options: serde_json::Map::default(),
        body,
        now: NOW,
        entropy: [7; 32],
    }
}

/// The body, with a text of a mebibyte in it where it is JSON.
fn lengthened(mut body: Vec<u8>) -> Vec<u8> {
    let Some(start) = body.iter().position(|b| *b == b'{') else { return body };
    let padding = format!(r#""padding":"{}","#, "p".repeat(BODY_BYTES));
    body.splice(start + 1..=start, padding.into_bytes());
    body
}

#[test]
fn looking_at_a_body_takes_no_memory_of_its_size() {
    let mut n_looked_at = 0;
    for source in SOURCES.iter().filter(|source| source.secret != SecretUse::None) {
        let example = source.mock(wanted(None)).unwrap();
        let mock = source.mock(wanted(Some(lengthened(example.body)))).unwrap();
        let secret = mock.secret.as_ref().filter(|_| source.secret != SecretUse::Published);
        let config = Config { secrets: secret.map(Config::secrets_of).unwrap_or_default(), options: mock.options };
        let headers: Headers = mock.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect();
        let request = Request { method: &mock.method, url: &mock.url, headers: &headers, body: &mock.body };
        let mut verdict = Verdict::NotChecked;
        let used = allocation_counter::measure(|| {
            verdict = source.verify(&request, &config, &mock.resources, NOW);
            let _ = source.handshake(&request, &config);
            let _ = (source.event_type(&request), source.provider_id(&request, &config));
        });
        assert_eq!(verdict, Verdict::Verified, "{}", source.slug);
        assert!(used.bytes_max < MOST_BYTES, "{}: {used:?}", source.slug);
        n_looked_at += usize::from(mock.body.len() > BODY_BYTES);
    }
    assert!(n_looked_at > 45, "{n_looked_at}");
}
