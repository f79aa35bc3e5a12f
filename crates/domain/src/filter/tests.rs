//! What filters take, in tables, and what is true of all of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    condition::{Patience, Reading},
    projection::Value as Kept,
    *,
};

fn headers() -> Headers {
    [("content-type", "application/json"), ("x-count", "12"), ("x-list", "a"), ("x-list", "b")].into_iter().collect()
}

fn takes_bytes(filter: &Value, body: &[u8]) -> bool {
    let wants = Wants::read(&[], Some(&filter.to_string())).unwrap_or_else(|bad| panic!("{filter}: {bad}"));
    let headers = headers();
    let query = Some("id=5&tag=a%20b&tag=c");
    let incoming = Incoming { method: "POST", path: "/orders/7", query, headers: &headers, body, event_type: None };
    wanted_by(&[&wants], &incoming)[0]
}

/// Of several destinations with a filter each.
fn wanted_of(filters: &[Value], body: &[u8]) -> Vec<bool> {
    let wants: Vec<_> = filters.iter().map(|it| Wants::read(&[], Some(&it.to_string())).unwrap()).collect();
    let (wants, headers) = (wants.iter().collect::<Vec<_>>(), headers());
    wanted_by(&wants, &Incoming { method: "POST", path: "", query: None, headers: &headers, body, event_type: None })
}

fn takes(filter: &Value, body: &Value) -> bool {
    takes_bytes(filter, body.to_string().as_bytes())
}

#[test]
fn conditions_on_values() {
    let body = json!({
        "type": "invoice.paid", "amount": 1200, "ratio": 0.5, "big": 9_007_199_254_740_993_u64, "ok": true, "none": null,
        "data": { "object": { "currency": "eur" } },
        "items": [{ "sku": "A", "n": 1 }, { "sku": "B", "n": 5 }], "tags": ["new", "vip"], "empty": [], "deep": [[1], [2]],
    });
    for (condition, expected) in [
        (json!({}), true),
        (json!({ "type": "invoice.paid" }), true),
        (json!({ "type": "invoice" }), false),
        (json!({ "type": { "$startsWith": "invoice." } }), true),
        (json!({ "type": { "$endsWith": ".paid" }, "amount": 1200 }), true),
        (json!({ "type": { "$contains": "voice" }, "amount": 1201 }), false),
        (json!({ "amount": { "$gt": 1000, "$lte": 1200 } }), true),
        (json!({ "amount": { "$gt": 1200 } }), false),
        (json!({ "amount": 1200.0 }), true),
        (json!({ "amount": "1200" }), false),
        (json!({ "ratio": { "$gte": 0.5, "$lt": 1 } }), true),
        (json!({ "big": 9_007_199_254_740_993_u64 }), true),
        (json!({ "big": 9_007_199_254_740_992_u64 }), false),
        (json!({ "type": { "$gt": "invoice.open" } }), true),
        (json!({ "ok": true, "none": null }), true),
        (json!({ "missing": null }), false),
        (json!({ "missing": { "$exist": false }, "none": { "$exist": true } }), true),
        (json!({ "missing": { "$neq": 1 } }), true),
        (json!({ "data": { "object": { "currency": { "$in": ["usd", "eur"] } } } }), true),
        (json!({ "data": { "object": { "currency": { "$nin": ["usd", "eur"] } } } }), false),
        (json!({ "data": { "$exist": true } }), true),
        (json!({ "tags": "vip" }), true),
        (json!({ "tags": { "$neq": "vip" } }), false),
        (json!({ "tags": { "$not": "old" } }), true),
        (json!({ "items": { "sku": "B", "n": { "$gt": 4 } } }), true),
        (json!({ "items": { "sku": "A", "n": { "$gt": 4 } } }), false),
        (json!({ "items": { "n": { "$gt": 1, "$lt": 5 } } }), false),
        (json!({ "empty": { "$eq": 1 } }), false),
        (json!({ "deep": 2 }), true),
        (json!({ "empty": { "$or": [{ "$exist": true }] }, "deep": { "$or": [{ "$exist": true }] } }), false),
        (json!({ "$or": [{ "amount": 1 }, { "ok": true }] }), true),
        (json!({ "$and": [{ "amount": 1 }, { "ok": true }] }), false),
        (json!({ "amount": { "$or": [1, { "$gt": 1000 }] } }), true),
        (json!({ "$not": { "type": "x" } }), true),
        (json!({ "type": { "object": 5 } }), false),
    ] {
        assert_eq!(takes(&json!({ "body": condition }), &body), expected, "{condition}");
    }
}

#[test]
fn conditions_on_the_rest_of_a_request() {
    for (filter, expected) in [
        (json!({}), true),
        (json!({ "method": "POST", "path": { "$startsWith": "/orders/" } }), true),
        (json!({ "method": { "$in": ["PUT"] } }), false),
        (json!({ "headers": { "Content-Type": { "$contains": "json" } } }), true),
        (json!({ "headers": { "x-count": { "$gte": 12 }, "x-list": "b" } }), true),
        (json!({ "headers": { "x-count": 13 } }), false),
        (json!({ "headers": { "x-none": { "$exist": false }, "x-list": { "$exist": true } } }), true),
        (json!({ "headers": { "$or": [{ "x-none": "1" }, { "x-list": "a" }] } }), true),
        (json!({ "headers": { "$not": { "x-list": "a" } } }), false),
        (json!({ "query": { "id": 5, "tag": "a b" } }), true),
        (json!({ "query": { "id": "5", "tag": { "$neq": "c" } } }), false),
        (json!({ "$or": [{ "method": "PUT" }, { "body": { "a": 1 } }] }), true),
        (json!({ "$not": { "method": "PUT" }, "body": { "a": 1 } }), true),
        (json!({ "$and": [{ "method": "POST" }, { "$not": { "body": { "a": 1 } } }] }), false),
    ] {
        assert_eq!(takes(&filter, &json!({ "a": 1 })), expected, "{filter}");
    }
}

#[test]
fn nothing_is_said_of_a_body_that_is_not_json() {
    for body in [&b""[..], b"a=1", b"{\"a\":1", b"{\"a\":1} x", b"\xff", b"{\"a\":1,}"] {
        assert!(!takes_bytes(&json!({ "body": {} }), body), "{body:?}");
        assert!(!takes_bytes(&json!({ "body": { "$not": { "a": 1 } } }), body), "{body:?}");
        assert!(takes_bytes(&json!({ "$not": { "body": { "a": 1 } } }), body), "{body:?}");
        assert!(takes_bytes(&json!({ "method": "POST" }), body), "{body:?}");
    }
}

#[test]
fn of_members_with_one_name_the_last_counts() {
    assert!(takes_bytes(&json!({ "body": { "a": 2 } }), br#"{"a":1,"a":2}"#));
    assert!(!takes_bytes(&json!({ "body": { "a": 1 } }), br#"{"a":1,"a":2}"#));
}

#[test]
fn hostile_bodies_are_read_within_bounds() {
    let filter = json!({ "body": { "status": "ok", "list": { "$not": 7 } } });
    let deep = format!(r#"{{"x":{}{},"status":"ok"}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(takes_bytes(&filter, deep.as_bytes()), "what no filter looks at does not matter");
    let deep = format!(r#"{{"status":"ok","list":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(takes_bytes(&filter, deep.as_bytes()), "what is too deep equals nothing");
    let long = format!(r#"{{"status":"ok","other":[{}0],"list":[1]}}"#, "0,".repeat(2_000_000));
    assert!(takes_bytes(&filter, long.as_bytes()));
    let long = format!(r#"{{"status":"ok","list":[{}0]}}"#, "0,".repeat(2_000_000));
    assert!(!takes_bytes(&filter, long.as_bytes()), "too much to look at");
    let seen = json!({ "body": { "list": { "$exist": true } } });
    assert!(takes_bytes(&seen, long.as_bytes()), "only whether it is there is looked at");
}

#[test]
fn an_odd_value_equals_nothing_and_is_nothing_to_others() {
    let body = br#"{"odd":"abc\ud83d","\ud83d":1,"big":[1e400,"\udc00",7],"type":"a","n":-1e-400,"bad":"\u00e9"}"#;
    for (filter, expected) in [
        (json!({ "type": "a" }), true),
        (json!({ "odd": { "$contains": "abc" } }), false),
        (json!({ "odd": { "$neq": "x" } }), true),
        (json!({ "odd": null }), false),
        (json!({ "odd": { "$exist": true }, "big": 7 }), true),
        (json!({ "big": { "$gt": 7 } }), false),
        (json!({ "n": { "$lte": 0 } }), true),
        (json!({ "bad": "\u{e9}" }), true),
    ] {
        let filter = json!({ "body": filter });
        assert_eq!(takes_bytes(&filter, body), expected, "{filter}");
        let others = [json!({ "body": { "odd": "x", "big": 1 } }), filter.clone(), json!({ "body": { "type": "a" } })];
        assert_eq!(wanted_of(&others, body), [false, expected, true], "{filter}");
    }
    assert!(takes_bytes(&json!({ "body": { "type": "a" } }), b"{\"x\":\"\xff\",\"type\":\"a\"}"));
}

#[test]
fn what_is_too_much_for_one_filter_is_nothing_to_others() {
    let greedy = json!({ "body": { "list": { "$not": 7 } } });
    let filters = [json!({ "body": { "status": "ok" } }), greedy, json!({ "body": { "list": { "$exist": true } } })];
    let body = |n| format!(r#"{{"list":[{}0],"status":"ok"}}"#, "0,".repeat(n));
    assert_eq!(wanted_of(&filters, body(2_000_000).as_bytes()), [true, false, true]);
    assert_eq!(wanted_of(&filters, body(10_000).as_bytes()), [true; 3]);
}

#[test]
fn a_filter_compares_so_much_and_no_more() {
    let any = |n: usize, condition: fn(usize) -> Value| json!({ "$or": (0..n).map(condition).collect::<Vec<_>>() });
    let contains = any(190, |n| json!({ "$contains": format!("x{n}") }));
    let filter = json!({ "body": { "text": contains } });
    let not = json!({ "$not": { "body": { "text": contains } } });
    let text = |beginning: &str, n: usize| format!(r#"{{"text":"{beginning}{}x7"}}"#, " ".repeat(n));
    assert!(takes_bytes(&filter, text("x9", 10_000_000).as_bytes()));
    assert!(!takes_bytes(&filter, text("", 10_000_000).as_bytes()), "64 KiB of a text are looked through");
    assert!(takes_bytes(&filter, text("", 65_000).as_bytes()));
    // Each of many texts is short, and all are as long.
    let texts = format!(r#"{{"text":[{}"x7"]}}"#, format!("{:?},", " ".repeat(60_000)).repeat(160));
    assert!(!takes_bytes(&filter, texts.as_bytes()) && takes_bytes(&not, texts.as_bytes()), "as if it were not JSON");
    let items = |n| format!(r#"{{"n":[{}7]}}"#, "0,".repeat(n));
    let equals = json!({ "body": { "n": any(190, |n| json!(n + 7)) } });
    assert!(takes_bytes(&equals, items(1_000).as_bytes()) && !takes_bytes(&equals, items(2_000).as_bytes()));
}

#[test]
fn the_work_is_foretold() {
    let headers = Headers::default();
    let incoming =
        |body| Incoming { method: "POST", path: "", query: Some("a=1"), headers: &headers, body, event_type: None };
    let wants = |filter: &Value| Wants::read(&[], Some(&filter.to_string())).unwrap();
    let (few, many) = (wants(&json!({ "method": "PUT" })), wants(&json!({ "body": { "a": { "$in": vec![1; 190] } } })));
    assert_eq!(most_bytes_looked_at(&[&Wants::default()], &incoming(&[0; 997])), 0);
    assert_eq!(most_bytes_looked_at(&[&few, &few], &incoming(&[0; 997])), 4_000);
    assert_eq!(most_bytes_looked_at(&[&many], &incoming(&[0; 997])), 193_000);
}

#[test]
fn event_types_and_filter_must_both_hold() {
    let wants = |types: &[&str], filter| {
        let types: Vec<_> = types.iter().map(|&it| it.to_owned()).collect();
        Wants::read(&types, filter).unwrap()
    };
    let all = [
        wants(&[], None),
        wants(&["invoice.*", "charge.failed"], None),
        wants(&["customer.*"], None),
        wants(&["invoice.*"], Some(r#"{"method":"PUT"}"#)),
        wants(&["*"], Some(r#"{"method":"POST"}"#)),
    ];
    let headers = headers();
    let incoming =
        |event_type| Incoming { method: "POST", path: "", query: None, headers: &headers, body: b"", event_type };
    let all: Vec<_> = all.iter().collect();
    assert_eq!(wanted_by(&all, &incoming(Some("invoice.paid"))), [true, true, false, false, true]);
    assert_eq!(wanted_by(&all, &incoming(None)), [true, false, false, false, true]);
    assert!(all[0].is_everything() && !all[1].is_everything());
}

#[test]
fn what_is_wrong_with_a_filter_is_said() {
    for (filter, says) in [
        ("", "not JSON"),
        ("[]", "object"),
        ("5", "object"),
        (r#"{"bodi":{}}"#, "bodi is no part"),
        (r#"{"body":{"a":{"$regex":"x"}}}"#, "$regex is no operator"),
        (r#"{"headers":{"$in":[1]}}"#, "$in is no operator"),
        (r#"{"headers":5}"#, "object of names"),
        (r#"{"body":{"a":[1]}}"#, "$in"),
        (r#"{"body":{"a":{"$in":1}}}"#, "list"),
        (r#"{"body":{"a":{"$in":[]}}}"#, "list"),
        (r#"{"body":{"a":{"$gt":null}}}"#, "number or a text"),
        (r#"{"body":{"a":{"$eq":{}}}}"#, "Compare with"),
        (r#"{"body":{"a":{"$contains":5}}}"#, "takes a text"),
        (r#"{"body":{"a":{"$exist":1}}}"#, "true or false"),
        (r#"{"$or":{}}"#, "list"),
    ] {
        let bad = Wants::read(&[], Some(filter)).expect_err(filter);
        assert!(bad.field == "filter" && bad.says.contains(says), "{filter}: {bad}");
    }
    let nested = format!(r#"{{"body":{}1{}}}"#, r#"{"a":"#.repeat(25), "}".repeat(25));
    assert!(Wants::read(&[], Some(&nested)).unwrap_err().says.contains("deeply"));
    let many = json!({ "body": { "a": { "$in": vec![1; 201] } } }).to_string();
    assert!(Wants::read(&[], Some(&many)).unwrap_err().says.contains("more than"));
    let long = format!(r#"{{"path":"{}"}}"#, "a".repeat(MAX_FILTER_BYTES));
    assert!(Wants::read(&[], Some(&long)).unwrap_err().says.contains("Shorten"));
    assert_eq!(Wants::read(&vec!["a".to_owned(); 51], None).unwrap_err().field, "event_types");
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        (-3.0f64..3.0).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

/// All of a body.
fn whole(value: &Value) -> Kept<'_> {
    match value {
        Value::Null => Kept::Null,
        Value::Bool(truth) => Kept::Bool(*truth),
        Value::Number(number) => Kept::Number(number.clone()),
        Value::String(text) => Kept::Text(text.into()),
        Value::Array(items) => Kept::List(items.iter().map(whole).collect()),
        Value::Object(members) => Kept::Object(members.iter().map(|(name, it)| (name.as_str(), whole(it))).collect()),
    }
}

fn conditions() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-3i64..3).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
        Just(Value::Null),
        (prop::sample::select(vec!["$gt", "$gte", "$lt", "$lte", "$eq", "$neq"]), -3i64..3)
            .prop_map(|(name, n)| json!({ name: n })),
        (prop::sample::select(vec!["$startsWith", "$endsWith", "$contains", "$lt"]), "[ab]{1,2}")
            .prop_map(|(name, text)| json!({ name: text })),
        any::<bool>().prop_map(|it| json!({ "$exist": it })),
        prop::collection::vec(-3i64..3, 1..3).prop_map(|it| json!({ "$in": it })),
        prop::collection::vec(-3i64..3, 1..3).prop_map(|it| json!({ "$nin": it })),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            ("[ab]", inner.clone()).prop_map(|(name, it)| json!({ name: it })),
            inner.clone().prop_map(|it| json!({ "$not": it })),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|it| json!({ "$or": it })),
            prop::collection::vec(inner, 1..3).prop_map(|it| json!({ "$and": it })),
        ]
    })
}

proptest! {
    #[test]
    fn not_is_the_negation(condition in conditions(), body in json_values()) {
        let is_taken = takes(&json!({ "body": condition }), &body);
        prop_assert_eq!(takes(&json!({ "body": { "$not": condition } }), &body), !is_taken);
        prop_assert_eq!(takes(&json!({ "$not": { "body": condition } }), &body), !is_taken);
        prop_assert_eq!(takes(&json!({ "$or": [{ "body": condition }] }), &body), is_taken);
    }

    #[test]
    fn reading_only_what_is_looked_at_changes_nothing(condition in conditions(), body in json_values()) {
        let (Rule::All(rules), _) = read::rule(&json!({ "body": condition }).to_string()).unwrap() else { unreachable!() };
        let Rule::Body(read) = &rules[0] else { unreachable!() };
        let is_taken = read.matches(Some(&whole(&body)), Reading::Json(&Patience::new(u32::MAX)));
        prop_assert_eq!(takes(&json!({ "body": condition }), &body), is_taken);
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>()) {
        let _ = Wants::read(std::slice::from_ref(&text), Some(&text));
    }

    #[test]
    fn no_document_and_no_body_makes_it_panic(filter in json_values(), body in any::<Vec<u8>>(), condition in conditions()) {
        let _ = Wants::read(&[], Some(&json!({ "body": filter }).to_string()));
        let _ = takes_bytes(&json!({ "body": condition, "headers": { "x-list": condition }, "path": condition }), &body);
    }
}
