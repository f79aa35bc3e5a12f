//! Reading the schemas of an API description.

use serde_json::{Value, json};

/// Schemas refer to others; none of ours goes deeper.
pub(super) const MOST_DEPTH: usize = 6;

pub(super) fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    let alternatives = items(schema, "/oneOf");
    if !alternatives.is_empty() {
        return alternatives.iter().map(|it| kind(document, it)).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "object".to_owned(),
    }
}

pub(super) fn description<'a>(document: &'a Value, schema: &'a Value) -> &'a str {
    // Beside a reference among alternatives, it is the property's own, too.
    let mut own = std::iter::once(schema).chain(items(schema, "/oneOf")).map(|it| string(it, "/description"));
    own.find(|text| !text.is_empty()).unwrap_or_else(|| string(resolve(document, schema), "/description"))
}

/// What a reference points to; of alternatives, the one that is not null.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let alternatives = items(schema, "/oneOf");
    let schema = alternatives.iter().find(|it| it["type"] != "null").unwrap_or(schema);
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// A value made of the examples; `None` where there is none to show.
pub(super) fn example(document: &Value, schema: &Value, depth: usize) -> Option<Value> {
    let schema = resolve(document, schema);
    if let Some(first) = schema.pointer("/examples/0") {
        return Some(first.clone());
    }
    if depth > MOST_DEPTH {
        return None;
    }
    if let Some(inner) = schema.get("items") {
        return Some(json!([example(document, inner, depth + 1)?]));
    }
    let fields = schema.get("properties").and_then(Value::as_object);
    let required = items(schema, "/required");
    let fields = fields.into_iter().flatten().filter_map(|(name, property)| {
        let shown = example(document, property, depth + 1);
        let placeholder = required.iter().any(|it| it == name).then(|| json!("…"));
        Some((name.clone(), shown.or(placeholder)?))
    });
    let fields: serde_json::Map<_, _> = fields.collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

pub(super) fn string<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
