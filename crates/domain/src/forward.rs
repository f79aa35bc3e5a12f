//! What a handler receives: the original request with AnyHook's headers on it.

use url::Url;

use crate::{
    DeliveryId, EventId, Headers, Timestamp,
    delivery::Trigger,
    destination::SignatureMode,
    event::{Head, Verification},
    secret::Secret,
    sign,
};

/// Hop-by-hop headers (RFC 9110 section 7.6.1 and its predecessors), and those that the next hop makes itself.
const NOT_FORWARDED: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Headers that AnyHook sets; a sender's own would be a forgery or a contradiction.
const REPLACED: &[&str] = &["idempotency-key", "traceparent"];
const STANDARD_NAMES: &[&str] = &["webhook-id", "webhook-timestamp", "webhook-signature"];

/// One attempt, as far as its request says.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub event_id: EventId,
    pub delivery_id: DeliveryId,
    /// From 1.
    pub number: u32,
    pub trigger: Trigger,
    pub received_at: Timestamp,
    pub verification: Verification,
    pub signature_mode: SignatureMode,
    /// All live signing secrets; each signs.
    pub secrets: &'a [Secret],
    pub sent_at: Timestamp,
    /// W3C Trace Context.
    pub traceparent: &'a str,
    /// The destination's own, which take the place of the sender's of the same names.
    pub added: &'a Headers,
}

/// Counts how many AnyHooks an event has come through, so that a loop of them comes to an end.
pub const HOPS: &str = "anyhook-hops";
/// An event that has come through so many goes in circles.
pub const MOST_HOPS: u32 = 3;

/// How many AnyHooks a request has come through.
#[must_use]
pub fn hops(headers: &Headers) -> u32 {
    headers.text(HOPS).and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// Whether a path stays below the one that it is put on: it has no `.` or `..` in any spelling that a URL parser knows
/// (WHATWG URL, "single-dot" and "double-dot URL path segment"), and no backslash, which is a slash to some.
#[must_use]
pub fn stays_below(path_rest: &str) -> bool {
    let is_dots = |segment: &str| {
        let plain = segment.replace("%2e", ".").replace("%2E", ".");
        plain == "." || plain == ".."
    };
    !path_rest.contains('\\') && !path_rest.split('/').any(is_dots)
}

/// The path and query of an attempt's request: the destination's own with the event's put on, as they came. `None` when
/// the path would leave the destination's own.
///
/// The path rest begins with a slash or is empty. A text and not a URL, because parsing a URL re-encodes it: a handler
/// that checks what its provider signed needs every byte.
#[must_use]
pub fn target(destination: &Url, path_rest: &str, query: Option<&str>) -> Option<String> {
    if !stays_below(path_rest) {
        return None;
    }
    let mut target = match path_rest {
        "" => destination.path().to_owned(),
        rest => format!("{}{rest}", destination.path().trim_end_matches('/')),
    };
    let queries = [destination.query(), query].into_iter().flatten();
    for (n, query) in queries.enumerate() {
        target.push(if n == 0 { '?' } else { '&' });
        target.push_str(query);
    }
    Some(target)
}

/// The headers of an attempt's request: the sender's, less what belongs to a hop, and AnyHook's own.
#[must_use]
pub fn headers(attempt: &Attempt<'_>, head: &Head, body: &[u8]) -> Headers {
    let named_by_connection = connection_names(&head.headers);
    let mut headers = Headers::default();
    for (name, value) in head.headers.iter() {
        if attempt.signature_mode == SignatureMode::Standard && STANDARD_NAMES.contains(&name) {
            headers.push(&format!("anyhook-original-{name}"), value);
        } else if is_forwarded(name)
            && !named_by_connection.iter().any(|named| named == name)
            && attempt.added.all(name).next().is_none()
        {
            headers.push(name, value);
        }
    }
    for (name, value) in attempt.added.iter() {
        headers.push(name, value);
    }
    for (name, value) in own_headers(attempt) {
        headers.push(name, value);
    }
    headers.push(HOPS, hops(&head.headers).saturating_add(1).to_string());
    sign_headers(attempt, body, &mut headers);
    headers
}

fn is_forwarded(name: &str) -> bool {
    !(NOT_FORWARDED.contains(&name)
        || REPLACED.contains(&name)
        || name.starts_with("x-forwarded-")
        || name.starts_with("anyhook-"))
}

/// Whether a header is not for users to set, by its lower-case name: it is AnyHook's, the connection's or the body's.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    !is_forwarded(name) || name.starts_with("webhook-") || name == "content-encoding"
}

fn connection_names(headers: &Headers) -> Vec<String> {
    let values = headers.all("connection").filter_map(|value| std::str::from_utf8(value).ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn own_headers(attempt: &Attempt<'_>) -> [(&'static str, String); 8] {
    [
        ("anyhook-event-id", attempt.event_id.to_string()),
        ("anyhook-delivery-id", attempt.delivery_id.to_string()),
        ("anyhook-attempt", attempt.number.to_string()),
        ("anyhook-trigger", attempt.trigger.header_value(attempt.number).to_owned()),
        ("anyhook-received-at", attempt.received_at.to_string()),
        ("anyhook-source-verified", attempt.verification.header_value().to_owned()),
        ("idempotency-key", attempt.event_id.to_string()),
        ("traceparent", attempt.traceparent.to_owned()),
    ]
}

fn sign_headers(attempt: &Attempt<'_>, body: &[u8], headers: &mut Headers) {
    match attempt.signature_mode {
        SignatureMode::Anyhook => {
            headers.push("anyhook-signature", sign::anyhook(attempt.secrets, attempt.sent_at, body));
        }
        SignatureMode::Standard => {
            let id = attempt.event_id.to_string();
            headers.push("webhook-signature", sign::standard(attempt.secrets, &id, attempt.sent_at, body));
            headers.push("webhook-timestamp", attempt.sent_at.unix_seconds().to_string());
            headers.push("webhook-id", id);
        }
    }
}

/// A `traceparent` (W3C Trace Context level 1): the sender's trace carried on under a new span, or a trace of our own.
#[must_use]
pub fn traceparent(given: Option<&str>, trace: [u8; 16], span: [u8; 8]) -> String {
    let given_trace = given.and_then(trace_id_of);
    let trace = given_trace.map_or_else(|| hex::encode(trace), str::to_owned);
    format!("00-{trace}-{}-01", hex::encode(span))
}

fn trace_id_of(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (_version, trace) = (parts.next()?, parts.next()?);
    let is_hex = trace.len() == 32 && trace.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && trace.bytes().any(|b| b != b'0')).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn targets_are_joined_without_re_encoding() {
        let join = |destination: &str, rest, query| target(&Url::parse(destination).unwrap(), rest, query).unwrap();
        assert_eq!(join("https://h.test/hook", "", None), "/hook");
        assert_eq!(join("https://h.test", "", None), "/");
        assert_eq!(join("https://h.test/hook/", "/a/b%2Fc", Some("x=%20")), "/hook/a/b%2Fc?x=%20");
        assert_eq!(join("https://h.test/hook?k=1#top", "", Some("customId=123")), "/hook?k=1&customId=123");
        assert_eq!(join("https://h.test/hook", "", Some("name=O'Brien")), "/hook?name=O'Brien");
    }

    #[test]
    fn nothing_leaves_the_destinations_path() {
        let destination = Url::parse("https://h.test/hooks/replicate").unwrap();
        for rest in ["/..", "/../x", "/a/../../../x", "/%2e%2e/x", "/.%2E/x", "/./x", "/%2e", "/a\\..\\x", "/a/."] {
            assert_eq!(target(&destination, rest, None), None, "{rest}");
        }
        for rest in ["", "/", "/a..b", "/...", "/..a", "/%2e%2ea", "/a//b", "/%2F..%2F"] {
            let target = target(&destination, rest, None).unwrap();
            assert!(target.starts_with("/hooks/replicate"), "{rest}: {target}");
        }
    }

    static NONE: std::sync::LazyLock<Headers> = std::sync::LazyLock::new(Headers::default);

    fn attempt(signature_mode: SignatureMode, secrets: &[Secret]) -> Attempt<'_> {
        Attempt {
            added: &NONE,
            event_id: EventId(Uuid::nil()),
            delivery_id: DeliveryId(Uuid::nil()),
            number: 2,
            trigger: Trigger::Initial,
            received_at: Timestamp::from_unix_ms(0),
            verification: Verification::Verified,
            signature_mode,
            secrets,
            sent_at: Timestamp::from_unix_ms(5_000),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
    }

    fn received() -> Head {
        let fields = [
            ("host", "in.example"),
            ("content-type", "application/json"),
            ("Content-Length", "2"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("webhook-id", "msg_1"),
            ("webhook-signature", "v1,abc"),
            ("anyhook-attempt", "forged"),
            ("x-twice", "a"),
            ("x-twice", "b"),
            ("idempotency-key", "theirs"),
        ];
        Head { query: None, headers: fields.into_iter().collect() }
    }

    #[test]
    fn the_senders_headers_stay_and_the_hops_go() {
        let secrets = [Secret::new("s".into())];
        let sent = headers(&attempt(SignatureMode::Anyhook, &secrets), &received(), b"{}");
        for gone in ["host", "content-length", "connection", "x-hop", "x-forwarded-for"] {
            assert_eq!(sent.all(gone).count(), 0, "{gone}");
        }
        assert_eq!(sent.text("webhook-id"), Some("msg_1"));
        assert_eq!(sent.text("webhook-signature"), Some("v1,abc"));
        assert_eq!(sent.text("anyhook-attempt"), Some("2"));
        assert_eq!(sent.text("anyhook-trigger"), Some("retry"));
        assert_eq!(sent.text("anyhook-received-at"), Some("1970-01-01T00:00:00.000Z"));
        assert_eq!(sent.text("idempotency-key"), Some("evt_00000000000000000000000000"));
        assert_eq!(sent.text(HOPS), Some("1"));
        assert_eq!(sent.all("x-twice").collect::<Vec<_>>(), [b"a", b"b"]);
        assert!(sent.text("anyhook-signature").unwrap().starts_with("t=5,v1="));
    }

    #[test]
    fn standard_mode_moves_the_providers_names_aside() {
        let secrets = [Secret::signing(&[1; 32])];
        let sent = headers(&attempt(SignatureMode::Standard, &secrets), &received(), b"{}");
        assert_eq!(sent.text("webhook-id"), Some("evt_00000000000000000000000000"));
        assert_eq!(sent.text("anyhook-original-webhook-id"), Some("msg_1"));
        assert_eq!(sent.text("anyhook-original-webhook-signature"), Some("v1,abc"));
        assert!(sent.text("webhook-signature").unwrap().starts_with("v1,"));
        assert_eq!(sent.all("anyhook-signature").count(), 0);
    }

    #[test]
    fn a_destinations_own_headers_win_over_the_senders() {
        let secrets = [Secret::new("s".into())];
        let added = [("x-twice", "ours"), ("authorization", "Bearer t")].into_iter().collect();
        let attempt = Attempt { added: &added, ..attempt(SignatureMode::Anyhook, &secrets) };
        let sent = headers(&attempt, &received(), b"{}");
        assert_eq!(sent.all("x-twice").collect::<Vec<_>>(), [b"ours"]);
        assert_eq!(sent.text("authorization"), Some("Bearer t"));
        assert_eq!(sent.text("content-type"), Some("application/json"));
    }

    #[test]
    fn a_trace_is_carried_on() {
        let own = traceparent(None, [1; 16], [2; 8]);
        assert_eq!(own, "00-01010101010101010101010101010101-0202020202020202-01");
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        assert_eq!(
            traceparent(Some(given), [1; 16], [2; 8]),
            "00-0af7651916cd43dd8448eb211c80319c-0202020202020202-01"
        );
        for bad in ["", "00", "00-xyz-1-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
            assert_eq!(traceparent(Some(bad), [1; 16], [2; 8]), own);
        }
    }
}
