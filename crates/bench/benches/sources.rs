//! What a request costs before it can be stored: verification, and sealing its body, for every source and 1 KiB.

use anyhook_domain::{
    EventId, Headers, TenantId, Timestamp,
    event::column,
    seal::{Key, Place},
    source::{Config, Request, SOURCES, SecretUse, Source, Verdict, Wanted},
};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);
const BODY_BYTES: usize = 1024;

/// An example whose body is filled up with spaces, which JSON allows anywhere.
fn body(source: &Source) -> Vec<u8> {
    let example = source.mock(wanted(None)).expect("every source has an example").body;
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&example).is_ok();
    let mut body = example;
    // Examples that sign within their body keep it: they are as long as they are.
    if is_json && !source.settings.iter().any(|it| it.name == "trust_anchor_pem") {
        let end = body.iter().rposition(|b| b"]}".contains(b)).expect("JSON ends so");
        let missing = BODY_BYTES.saturating_sub(body.len());
        body.splice(end..end, std::iter::repeat_n(b' ', missing));
    }
    body
}

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

fn verify(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify and seal 1 KiB");
    let key = Key::new([3; 32]).for_event(EventId::new(NOW, [1; 10]), &[5; 16]);
    for source in SOURCES.iter().filter(|source| source.secret != SecretUse::None) {
        let mock = source.mock(wanted(Some(body(source)))).or_else(|_| source.mock(wanted(None)));
        let mock = mock.expect("every source has an example");
        let secrets = mock.secret.as_ref().filter(|_| source.secret != SecretUse::Published);
        let config =
            Config { secrets: secrets.map(Config::secrets_of).unwrap_or_default(), options: mock.options.clone() };
        let headers: Headers = mock.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect();
        let request = Request { method: &mock.method, url: &mock.url, headers: &headers, body: &mock.body };
        if source.verify(&request, &config, &mock.resources, NOW) != Verdict::Verified {
            eprintln!("{}: its long example does not verify, and is left out", source.slug);
            continue;
        }
        let place =
            Place { tenant: TenantId::new(NOW, [2; 10]), row: EventId::new(NOW, [1; 10]).0, column: column::BODY };
        group.bench_function(source.slug, |b| {
            b.iter(|| {
                let verdict = source.verify(black_box(&request), &config, &mock.resources, NOW);
                (verdict, key.seal([9; 12], &place, request.body))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
