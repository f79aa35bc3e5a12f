//! Values that fit their schemas.

use serde_json::{Map, Value, json};

/// Schemas refer to others; none of ours goes deeper.
const MOST_DEPTH: usize = 16;

/// An example by a schema's own ones, or else by its types and names.
pub(super) fn of(document: &Value, schema: &Value, name: &str, depth: usize) -> Value {
    if let Some(given) = schema.pointer("/examples/0").or_else(|| schema.get("example")) {
        return given.clone();
    }
    if depth > MOST_DEPTH {
        return Value::Null;
    }
    if let Some(pointer) = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#')) {
        return document.pointer(pointer).map_or(Value::Null, |it| of(document, it, name, depth + 1));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| of(document, part, name, depth + 1));
        return Value::Object(parts.filter_map(|part| part.as_object().cloned()).flatten().collect());
    }
    if let Some(alternatives) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let given = alternatives.iter().find(|it| it["type"] != "null");
        return given.map_or(Value::Null, |it| of(document, it, name, depth + 1));
    }
    if let Some(first) = schema.pointer("/enum/0") {
        return first.clone();
    }
    match kind(schema) {
        "object" => object(document, schema, depth),
        "array" => json!([of(document, &schema["items"], name, depth + 1)]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        "string" => text(name).into(),
        _ => Value::Null,
    }
}

/// Of several types, the one that is not null.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
}

fn object(document: &Value, schema: &Value, depth: usize) -> Value {
    let members = schema["properties"].as_object().into_iter().flatten();
    let members = members.map(|(name, member)| (name.clone(), of(document, member, name, depth + 1)));
    Value::Object(members.collect::<Map<_, _>>())
}

/// A text, by the name of what holds it.
fn text(name: &str) -> &'static str {
    let is_instant = |name: &str| {
        name.ends_with("At") || name.ends_with("_at") || ["at", "since", "until", "from", "to"].contains(&name)
    };
    match name {
        "error" => "The destination did not answer in time.",
        "email" => "ada@example.com",
        "name" => "My app",
        "url" | "inboundUrl" | "legacyInboundUrls" | "link" => "https://app.example/hooks",
        "slug" | "appSlug" | "app_slug" => "replicate",
        "day" => "2026-11-21",
        _ if is_instant(name) => "2026-11-21T12:00:00.000Z",
        _ if name.ends_with("Url") => "https://app.example/hooks",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_have_the_types_that_they_should() {
        let document = json!({ "components": { "schemas": {
            "Inner": { "type": "object", "properties": { "size": { "type": "integer", "minimum": 5 }, "at": { "type": "string" } } },
        } } });
        let inner = json!({ "$ref": "#/components/schemas/Inner" });
        for (schema, expected) in [
            (inner.clone(), json!({ "size": 5, "at": "2026-11-21T12:00:00.000Z" })),
            (json!({ "oneOf": [{ "type": "null" }, inner] }), json!({ "size": 5, "at": "2026-11-21T12:00:00.000Z" })),
            (json!({ "type": ["boolean", "null"] }), json!(true)),
            (json!({ "type": "array", "items": { "type": "string", "examples": ["a", "b"] } }), json!(["a"])),
            (json!({ "type": "string", "enum": ["x", "y"] }), json!("x")),
            (json!({}), Value::Null),
        ] {
            assert_eq!(of(&document, &schema, "", 0), expected, "{schema}");
        }
    }
}
