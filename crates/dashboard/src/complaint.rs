//! Reading JSON, and saying in words what is wrong with it.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::problem::Problem;

/// Reads a JSON text. The complaint names the field, and says what it should be.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    match bytes.trim_ascii().first() {
        None => return Err(Problem::bad_json("The body is empty: send a JSON object.")),
        // Serde would take its items for the fields in their order.
        Some(b'[') => return Err(Problem::bad_json("The body is a list: send a JSON object.")),
        Some(_) => {}
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| complain(&error.path().to_string(), error.inner()))?;
    reader.end().map_err(|error| complain(".", &error))?;
    Ok(value)
}

fn complain(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    if error.classify() != Category::Data {
        return Problem::bad_json(format!("The body is not valid JSON: {text}. Send a JSON object."));
    }
    // The position helps with broken JSON only; with a wrong value, its name does.
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    if let Some(name) = missing(text) {
        let field = if path == "." { name.to_owned() } else { format!("{path}.{name}") };
        let text = format!("{field} is missing: add it to the JSON body.");
        return Problem::bad_field(field, text);
    }
    if path == "." {
        let text = mismatch(text)
            .map_or_else(|| text.to_owned(), |(found, _)| format!("a JSON object is needed, not {found}"));
        return Problem::bad_json(format!("The body does not fit: {text}."));
    }
    let text = match mismatch(text) {
        Some((found, expected)) => format!("{path} must be {expected}, not {found}."),
        None if text.starts_with("invalid length ") => format!("{path} must be an object, not a list."),
        None => format!("{path} does not fit: {text}."),
    };
    Problem::bad_field(path, text)
}

fn missing(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.strip_suffix('`')
}

/// What was found, and in plain words what was expected.
fn mismatch(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let expected = match expected {
        "u32" => "a whole number",
        "a sequence" => "a list",
        "a map" => "an object",
        structure if structure.starts_with("struct ") => "an object",
        other => other,
    };
    Some((found, expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read, not used")]
    struct Outer {
        name: String,
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read, not used")]
    struct Inner {
        size: u32,
        on: Option<bool>,
        more: Option<serde_json::Map<String, serde_json::Value>>,
    }

    fn complaint(json: &str) -> (String, Option<String>) {
        let problem = read::<Outer>(json.as_bytes()).expect_err(json);
        let (status, _, text, field) = problem.seen();
        assert_eq!(status, 400, "{json}");
        (text.to_owned(), field.map(str::to_owned))
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (json, text, field) in [
            ("{}", "name is missing: add it to the JSON body.", "name"),
            (r#"{"name":5}"#, "name must be a string, not integer `5`.", "name"),
            (r#"{"name":null}"#, "name must be a string, not null.", "name"),
            (r#"{"name":"a","inner":{}}"#, "inner.size is missing: add it to the JSON body.", "inner.size"),
            (r#"{"name":"a","inner":7}"#, "inner must be an object, not integer `7`.", "inner"),
            (
                r#"{"name":"a","list":[{"size":1},{"size":-1}]}"#,
                "list[1].size must be a whole number, not integer `-1`.",
                "list[1].size",
            ),
            (r#"{"name":"a","inner":[]}"#, "inner must be an object, not a list.", "inner"),
            (r#"{"name":"a","list":{}}"#, "list must be a list, not map.", "list"),
            (
                r#"{"name":"a","list":[{"size":1,"on":"no"}]}"#,
                "list[0].on must be a boolean, not string \"no\".",
                "list[0].on",
            ),
            (
                r#"{"name":"a","inner":{"size":1,"more":[]}}"#,
                "inner.more must be an object, not sequence.",
                "inner.more",
            ),
        ] {
            assert_eq!(complaint(json), (text.to_owned(), Some(field.to_owned())));
        }
    }

    #[test]
    fn broken_json_is_told_from_wrong_fields() {
        for json in ["", "  ", "{", "nope", "{\"name\":\"a\"} x", "{\"name\":\"\\ud800\"}", "[]", "5", "\u{feff}{}"] {
            let (text, field) = complaint(json);
            assert_eq!(field, None, "{json}: {text}");
            assert!(text.contains("JSON"), "{text}");
        }
    }

    #[test]
    fn unknown_members_are_ignored() {
        assert!(read::<Outer>(br#"{"name":"a","what":{"ever":[1]}}"#).is_ok());
    }
}
