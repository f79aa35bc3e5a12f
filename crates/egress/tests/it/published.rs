//! Published keys: when they are fetched, how long they are used, and what it means that they cannot be had.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhook_domain::source::{Config, Reason, Request, Resources, Source, Verdict, Wanted};
use anyhook_domain::{Headers, Timestamp};
use anyhook_egress::{NotFetched, Published};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::support::{Dns, Peer, Reply, closed_port, configured, read_request};
use crate::tls::Authority;

const START: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);
const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// A provider that publishes a key over https.
struct Provider {
    peer: Peer,
    authority: Authority,
    answer: Arc<Mutex<String>>,
    n_asked: Arc<AtomicUsize>,
}

impl Provider {
    async fn publishing(key: &str) -> Self {
        Self::publishing_at("127.0.0.1:0", "localhost", key).await
    }

    async fn publishing_at(address: &str, host: &str, key: &str) -> Self {
        let authority = Authority::new();
        let acceptor = TlsAcceptor::from(Arc::new(authority.issue(&[host], |_| {})));
        let answer = Arc::new(Mutex::new(ok(key)));
        let n_asked = Arc::new(AtomicUsize::new(0));
        let (current, count) = (Arc::clone(&answer), Arc::clone(&n_asked));
        let peer = Peer::at(address, move |stream| {
            let (acceptor, current, count) = (acceptor.clone(), Arc::clone(&current), Arc::clone(&count));
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                while !read_request(&mut stream).await.is_empty() {
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    let answer = current.lock().unwrap().clone();
                    // Nothing at all: the provider hangs.
                    if answer.is_empty() {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.flush().await;
                }
            }
        })
        .await;
        Self { peer, authority, answer, n_asked }
    }

    fn now_answers(&self, answer: impl Into<String>) {
        *self.answer.lock().unwrap() = answer.into();
    }

    fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/key.pem", self.peer.port())
    }

    fn published(&self) -> Published {
        Published::new(configured(|config| config.extra_roots = vec![self.authority.root()]))
    }

    /// Verifies a request that was signed with `key`, so many seconds after the start.
    async fn verify(&self, published: &Published, key: &str, after: u64) -> Result<Verdict, NotFetched> {
        verify(published, &self.url(), key, after).await
    }
}

async fn verify(published: &Published, url: &str, key: &str, after: u64) -> Result<Verdict, NotFetched> {
    let fits = |keys: &Resources| match keys.get(url) == Some(key.as_bytes()) {
        true => Verdict::Verified,
        false => Verdict::Rejected(Reason::OtherSecret),
    };
    published.verify_with(&[url.to_owned()], START + Duration::from_secs(after), fits).await
}

fn ok(key: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{key}", key.len())
}

fn empty(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
}

const FORGED: Result<Verdict, NotFetched> = Ok(Verdict::Rejected(Reason::OtherSecret));

#[tokio::test]
async fn a_key_is_fetched_once_a_day() {
    let provider = Provider::publishing("one").await;
    let published = provider.published();
    for (after, n_asked) in [(0, 1), (1, 1), (DAY - 1, 1), (DAY, 2), (DAY + 5, 2)] {
        assert_eq!(provider.verify(&published, "one", after).await, Ok(Verdict::Verified));
        assert_eq!(provider.n_asked(), n_asked, "after {after} s");
    }
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let provider = Provider::publishing("one").await;
    let published = provider.published();
    let all = (0..50).map(|_| provider.verify(&published, "one", 0));
    assert!(futures::future::join_all(all).await.into_iter().all(|it| it == Ok(Verdict::Verified)));
    assert_eq!(provider.n_asked(), 1);
}

#[tokio::test]
async fn a_changed_key_is_noticed_and_a_forgery_does_not_make_us_ask_all_the_time() {
    let provider = Provider::publishing("one").await;
    let published = provider.published();
    assert_eq!(provider.verify(&published, "one", 0).await, Ok(Verdict::Verified));
    provider.now_answers(ok("two"));
    assert_eq!(provider.verify(&published, "two", MINUTE - 1).await, FORGED);
    assert_eq!(provider.n_asked(), 1, "it was fetched within the minute");
    assert_eq!(provider.verify(&published, "two", MINUTE).await, Ok(Verdict::Verified));
    for after in MINUTE..2 * MINUTE {
        assert_eq!(provider.verify(&published, "forged", after).await, FORGED);
    }
    assert_eq!(provider.n_asked(), 2);
}

#[tokio::test]
async fn an_old_copy_serves_while_its_host_is_away_but_convicts_nobody() {
    let provider = Provider::publishing("one").await;
    let published = provider.published();
    assert_eq!(provider.verify(&published, "one", 0).await, Ok(Verdict::Verified));
    for away in [empty("503 Service Unavailable"), empty("429 Too Many Requests"), empty("302 Found")] {
        provider.now_answers(away);
        assert_eq!(provider.verify(&published, "one", 3 * DAY).await, Ok(Verdict::Verified));
        let failure = provider.verify(&published, "two", 3 * DAY + MINUTE).await.unwrap_err();
        assert_eq!(failure.url, provider.url());
        assert!(failure.why.contains("its host answered"), "{failure}");
    }
    provider.now_answers(ok("two"));
    assert_eq!(provider.verify(&published, "two", 3 * DAY + 2 * MINUTE).await, Ok(Verdict::Verified));
}

#[tokio::test]
async fn a_host_that_is_away_decides_nothing_and_is_left_in_peace_for_a_moment() {
    let provider = Provider::publishing("one").await;
    provider.now_answers(empty("500 Internal Server Error"));
    let published = provider.published();
    for (after, n_asked) in [(0, 1), (1, 1), (4, 1), (5, 2)] {
        assert!(provider.verify(&published, "one", after).await.is_err());
        assert_eq!(provider.n_asked(), n_asked, "after {after} s");
    }
    provider.now_answers(ok("one"));
    assert_eq!(provider.verify(&published, "one", 10).await, Ok(Verdict::Verified));

    let nobody = format!("https://{}/key.pem", closed_port().await);
    assert!(verify(&published, &nobody, "one", 0).await.unwrap_err().why.contains("Nothing accepts connections"));
}

#[tokio::test]
async fn a_host_that_hangs_is_waited_for_within_the_senders_patience() {
    let provider = Provider::publishing("one").await;
    provider.now_answers("");
    let published = provider.published();
    let began = std::time::Instant::now();
    let both = futures::join!(provider.verify(&published, "one", 0), provider.verify(&published, "one", 0));
    assert!(both.0.is_err() && both.1.is_err());
    assert!(began.elapsed() < Duration::from_millis(2_400), "both at once: {:?}", began.elapsed());
}

#[tokio::test]
async fn that_there_is_no_key_is_a_rejection_for_a_minute() {
    let provider = Provider::publishing("one").await;
    let long = "k".repeat(64 * 1024 + 1);
    for (answer, why) in [
        (empty("404 Not Found"), "its host says that there is none"),
        (empty("410 Gone"), "its host says that there is none"),
        (ok(&long), "it is longer than 64 KiB"),
    ] {
        provider.now_answers(answer);
        let published = provider.published();
        let none = Ok(Verdict::Rejected(Reason::UnusableKey(why)));
        assert_eq!(provider.verify(&published, "one", 0).await, none);
        provider.now_answers(ok("one"));
        assert_eq!(provider.verify(&published, "one", MINUTE - 1).await, none);
        assert_eq!(provider.verify(&published, "one", MINUTE).await, Ok(Verdict::Verified));
    }
    let longest = &long[1..];
    provider.now_answers(ok(longest));
    assert_eq!(provider.verify(&provider.published(), longest, 0).await, Ok(Verdict::Verified));
}

#[tokio::test]
async fn keys_come_over_https_from_a_trusted_host_and_nowhere_else() {
    let provider = Provider::publishing("one").await;
    let plain = Peer::persistent(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none").await;
    let failure = verify(&provider.published(), &plain.url(), "one", 0).await.unwrap_err();
    assert!(failure.why.contains("https"), "{failure}");
    assert_eq!(plain.n_accepted(), 0);

    let stranger = Published::new(configured(|_| {}));
    assert!(provider.verify(&stranger, "one", 0).await.is_err());
    assert_eq!(provider.n_asked(), 0);
}

#[tokio::test]
async fn an_address_is_confirmed_by_success_alone() {
    let provider = Provider::publishing("done").await;
    let published = provider.published();
    assert_eq!(published.confirm(&provider.url()).await, Ok(()));
    for other in ["302 Found", "403 Forbidden", "500 Internal Server Error"] {
        provider.now_answers(empty(other));
        assert!(published.confirm(&provider.url()).await.unwrap_err().why.contains(other));
    }
    provider.now_answers(empty("204 No Content"));
    assert_eq!(published.confirm(&provider.url()).await, Ok(()));
    assert_eq!(provider.n_asked(), 5, "every time: nothing is kept of it");
}

/// Amazon's certificates are at https's own port, which not everybody may listen on.
const AMAZON: &str = "127.0.4.43:443";

#[tokio::test]
async fn a_message_is_verified_with_the_certificate_that_it_names() {
    if std::net::TcpListener::bind(AMAZON).is_err() {
        eprintln!("skipped: {AMAZON} cannot be listened on");
        return;
    }
    let source = Source::named("aws-sns").unwrap();
    let wanted = |url: &str| Wanted {
        url: url.to_owned(),
        secret: None,
        options: serde_json::Map::new(),
        body: None,
        now: START,
        entropy: [7; 32],
    };
    let example = source.mock(wanted("https://in.example.com/acme/sns")).unwrap();
    let (url, certificate) = example.resources.iter().next().unwrap();
    let host = url.strip_prefix("https://").unwrap().split('/').next().unwrap();
    let provider = Provider::publishing_at(AMAZON, host, std::str::from_utf8(certificate).unwrap()).await;
    let dns = Dns::start(|_| Reply::of(&["127.0.4.43"])).await;
    let published = Published::new(dns.client_with(|config| {
        config.extra_roots = vec![provider.authority.root()];
        config.allow = vec!["127.0.4.43/32".parse().unwrap()];
    }));
    let headers: Headers = example.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect();
    let forged = String::from_utf8(example.body.clone()).unwrap().replace("Hello world!", "Hello, world!").into_bytes();
    for (body, verdict) in [
        (&example.body, Verdict::Verified),
        (&forged, Verdict::Rejected(Reason::OtherSecret)),
        (&example.body, Verdict::Verified),
    ] {
        let request = Request { method: "POST", url: &example.url, headers: &headers, body };
        assert_eq!(published.verify(source, &request, &Config::default(), START, START).await, Ok(verdict));
    }
    assert_eq!(provider.n_asked(), 1);
}
