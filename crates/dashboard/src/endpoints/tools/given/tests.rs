use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::complaint;

#[derive(Deserialize)]
struct Wrapped<T> {
    it: T,
}

fn read<T: DeserializeOwned>(it: Value) -> Result<T, String> {
    let read = complaint::read::<Wrapped<T>>(json!({ "it": it }).to_string().as_bytes());
    read.map(|wrapped| wrapped.it).map_err(|problem| problem.seen().2.to_owned())
}

#[test]
fn headers_come_in_several_forms() {
    let of = |it| read::<Headers>(it).map(|headers| headers.0);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        of(json!({ "X-A": " 1 ", "x-b": ["2", "3"] })),
        Ok(vec![pair("X-A", "1"), pair("x-b", "2"), pair("x-b", "3")])
    );
    assert_eq!(
        of(json!([["x-a", "1"], { "name": "x-a", "value": "2", "encoding": null }])),
        Ok(vec![pair("x-a", "1"), pair("x-a", "2")])
    );
    for (wrong, says) in [
        (json!("x-a: 1"), "it must be an object of names and values, or a list of pairs [name, value], not string"),
        (json!({ "x-a": 1 }), "it.x-a must be a string or a list of strings, not integer `1`."),
        (json!(["x-a"]), "it[0] must be a pair [name, value], not string \"x-a\"."),
        (json!([["a", "b", "c"]]), "it[0] must be a pair [name, value], not sequence."),
        (json!([{ "name": "a" }]), "it[0].value is missing"),
    ] {
        let said = of(wrong).expect_err(says);
        assert!(said.starts_with(says), "{said}");
    }
    assert!(of(json!([["a"]])).is_err());
}

#[test]
fn what_http_cannot_carry_is_refused() {
    let check = |name: &str, value: &str| {
        let headers = Headers(vec![(name.to_owned(), value.to_owned())]);
        headers.check().map_err(|problem| problem.seen().2.to_owned())
    };
    assert_eq!(check("X-A", "ä"), Ok(()));
    assert_eq!(check("x a", "1").expect_err("a space"), "headers: \"x a\" is not the name of a header.");
    assert_eq!(check("x-a", "1\n2").expect_err("a line"), "headers: the value of x-a has a line break in it.");
}

#[test]
fn instants_are_seconds_or_written_out() {
    let of = |it| read::<Instant>(it).map(|instant| instant.0.unix_ms());
    assert_eq!(of(json!(1_750_000_000)), Ok(1_750_000_000_000));
    assert_eq!(of(json!("1750000000")), Ok(1_750_000_000_000));
    assert_eq!(of(json!(1_750_000_000.5)), Ok(1_750_000_000_500));
    assert_eq!(of(json!("2025-06-15T17:06:40.120+02:00")), Ok(1_750_000_000_120));
    // Milliseconds, by mistake.
    let said = of(json!(1_750_000_000_000_i64)).expect_err("too late");
    assert_eq!(
        said,
        "it must be unix seconds, or an instant such as 2026-01-31T12:00:00Z, not integer `1750000000000`."
    );
    for wrong in [json!("soon"), json!(true), json!("2025-06-15"), json!(u64::MAX), json!(1e300)] {
        assert!(of(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_body_is_text_or_base64() {
    let of = |text: Option<&str>, base64: Option<&str>| {
        let bytes = body(text.map(str::to_owned), base64.map(str::to_owned));
        bytes.map_err(|problem| problem.seen().3.map(str::to_owned))
    };
    assert_eq!(of(None, None), Ok(None));
    assert_eq!(of(Some("ä"), None), Ok(Some("ä".into())));
    for base64 in ["/wA=", "/wA", " /w\nA= "] {
        assert_eq!(of(None, Some(base64)), Ok(Some(vec![0xff, 0])), "{base64}");
    }
    assert_eq!(of(None, Some("!")), Err(Some("body_base64".into())));
    assert_eq!(of(Some(""), Some("")), Err(Some("body_base64".into())));
}

#[test]
fn urls_are_whole() {
    for url in ["https://in.example/acme/shop?a=b", "http://127.0.0.1:4401/x"] {
        assert!(check_url("url", url).is_ok(), "{url}");
    }
    for url in ["", "/acme/shop", "in.example/acme", "ftp://in.example/", "https://in.example/a b", "https://"] {
        assert_eq!(check_url("url", url).expect_err(url).seen().3, Some("url"));
    }
}
