//! With what an operation may be refused: what all are, and what its own description names.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Value, json};

use super::Access;
use crate::problem;

const ERROR: &str = "#/components/schemas/Error";

/// What many operations answer alike: where it stands, its status and word, and what it says.
const COMMON: &[(&str, u16, &str, &str)] = &[
    (
        "Unauthenticated",
        401,
        "unauthenticated",
        "Send an API key as `Authorization: Bearer ahk_live_…`, or sign in first.",
    ),
    (
        "Forbidden",
        403,
        "forbidden",
        "Your role is viewer, and this needs member; ask an owner of this tenant for another role.",
    ),
    ("NotFound", 404, "not_found", "There is no such app here. Check its id or slug."),
    ("BodyTooSlow", 408, "body_too_slow", "The body took too long to arrive: send it within 10 seconds."),
    ("ChangedMeanwhile", 412, "changed_meanwhile", "It was changed meanwhile: get it again, and decide anew."),
    ("BodyTooLarge", 413, "body_too_large", "The body is too large: send at most 1 MiB of JSON."),
    (
        "TooManyRequests",
        429,
        "too_many_requests",
        "These are too many requests; wait for as long as Retry-After says, then go on.",
    ),
    (
        "Internal",
        500,
        "internal",
        "Something went wrong in AnyHook. Try again; if it stays, tell whoever runs this installation.",
    ),
    ("Unavailable", 503, "unavailable", "AnyHook cannot answer this right now; try again in a few seconds."),
];

/// The answers that many operations refer to.
pub(super) fn common() -> Value {
    let answers = COMMON.iter().map(|(name, _, word, says)| ((*name).to_owned(), answer(&[word], says)));
    Value::Object(answers.collect())
}

/// In the place of one answer for all errors: one for each status, with its words.
pub(super) fn describe(operation: &mut Value, path: &str, access: Access) {
    let mut words = by_nature(operation, path, access);
    words.extend(named(operation["responses"]["default"]["description"].as_str().unwrap_or_default()));
    let mut by_status = BTreeMap::<u16, Vec<&'static str>>::new();
    for (word, status) in words {
        by_status.entry(status).or_default().push(word);
    }
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    for (status, words) in by_status {
        let common = COMMON.iter().find(|it| (it.1, &[it.2][..]) == (status, &words[..]));
        let described = match common {
            Some((name, ..)) => {
                json!({ "$ref": format!("#/components/responses/{name}"), "description": quoted(&words) })
            }
            None => answer(&words, "A sentence that says what to do."),
        };
        answers.entry(status.to_string()).or_insert(described);
    }
}

/// What may happen to every operation that is called like this.
fn by_nature(operation: &Value, path: &str, access: Access) -> BTreeSet<(&'static str, u16)> {
    let mut words = vec!["internal", "unavailable"];
    if path.starts_with("/api/") {
        words.push("too_many_requests");
    }
    if access == Access::Credential {
        words.extend(["unauthenticated", "forbidden"]);
    }
    match access {
        Access::Operator => words.extend(["unauthenticated", "not_found"]),
        Access::Other => words.push("unauthenticated"),
        Access::Open | Access::Credential => {}
    }
    if operation.get("requestBody").is_some() {
        words.extend(["invalid_json", "invalid_field", "body_too_slow", "body_too_large"]);
    }
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    if parameters().any(|it| it["in"] == "query") {
        words.extend(["bad_request", "invalid_field"]);
    }
    if parameters().any(|it| it["in"] == "path" || it["name"] == "app_slug") {
        words.push("not_found");
    }
    if parameters().any(|it| it["name"] == "Idempotency-Key") {
        words.push("idempotency_key_reused");
    }
    if parameters().any(|it| it["name"] == "If-Match") {
        words.push("changed_meanwhile");
    }
    words.into_iter().filter_map(|word| Some((word, status_of(word)?.as_u16()))).collect()
}

/// The words that a description names in backticks.
fn named(description: &str) -> impl Iterator<Item = (&'static str, u16)> {
    let quoted = description.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| problem::known(text).map(|(word, status)| (word, status.as_u16())))
}

fn status_of(word: &str) -> Option<StatusCode> {
    problem::known(word).map(|(_, status)| status)
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn answer(words: &[&str], says: &str) -> Value {
    json!({
        "description": quoted(words),
        "content": { "application/json": {
            "schema": { "$ref": ERROR },
            "example": { "error": says, "code": words[0] },
        } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_sentences() {
        let found: Vec<_> = named("Among others `not_found`, `slug_taken` and `what-ever`: see `x`").collect();
        assert_eq!(found, [("not_found", 404), ("slug_taken", 409)]);
    }

    #[test]
    fn what_all_answer_is_known() {
        for (_, status, word, says) in COMMON {
            assert_eq!(status_of(word).map(|it| it.as_u16()), Some(*status), "{word}");
            assert!(says.ends_with('.'), "{says}");
        }
    }
}
