//! The headers that a destination adds, as clients give them: a list, or an object of names and values.

use std::fmt;

use anyhook_domain::secret::Secret;
use anyhook_rpc::tenants::v1;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type},
    },
};

/// An added header without its value, which may be a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderHint {
    #[schema(examples("authorization"))]
    name: String,
    /// The value's last characters.
    #[schema(examples("…9f3a"))]
    hint: String,
}

impl From<v1::HeaderHint> for HeaderHint {
    fn from(it: v1::HeaderHint) -> Self {
        Self { name: it.name, hint: it.hint }
    }
}

/// All headers that a destination is to add; one without a value keeps the one that it has.
#[derive(Debug, Default)]
pub(crate) struct AddedHeaders(Vec<(String, Option<Secret>)>);

impl From<AddedHeaders> for v1::AddedHeaders {
    fn from(headers: AddedHeaders) -> Self {
        let item = |(name, value): (String, Option<Secret>)| v1::AddedHeader {
            name,
            value: value.map(|value| value.expose().to_owned()),
        };
        Self { items: headers.0.into_iter().map(item).collect() }
    }
}

/// One of a list.
#[derive(Deserialize)]
struct Item {
    name: String,
    value: Option<String>,
}

impl<'de> Deserialize<'de> for AddedHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Given;
        impl<'de> Visitor<'de> for Given {
            type Value = AddedHeaders;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names and values, or an object of them")
            }

            fn visit_unit<E>(self) -> Result<AddedHeaders, E> {
                Ok(AddedHeaders::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AddedHeaders, A::Error> {
                let mut headers = Vec::new();
                while let Some(Item { name, value }) = list.next_element()? {
                    headers.push((name, value.map(Secret::new)));
                }
                Ok(AddedHeaders(headers))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<AddedHeaders, A::Error> {
                let mut headers = Vec::new();
                while let Some((name, value)) = object.next_entry::<String, Option<String>>()? {
                    headers.push((name, value.map(Secret::new)));
                }
                Ok(AddedHeaders(headers))
            }
        }
        deserializer.deserialize_any(Given)
    }
}

impl ToSchema for AddedHeaders {}

impl PartialSchema for AddedHeaders {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let item = ObjectBuilder::new().property("name", text()).property("value", text()).required("name");
        let list = ArrayBuilder::new().items(item).max_items(Some(20));
        let object = ObjectBuilder::new().additional_properties(Some(text()));
        OneOfBuilder::new().item(list).item(object).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_are_taken() {
        let read = |text: &str| v1::AddedHeaders::from(serde_json::from_str::<AddedHeaders>(text).unwrap()).items;
        let item = |name: &str, value: Option<&str>| v1::AddedHeader {
            name: name.to_owned(),
            value: value.map(str::to_owned),
        };
        assert_eq!(
            read(r#"[{"name":"a","value":"1"},{"name":"b","hint":"…"}]"#),
            [item("a", Some("1")), item("b", None)]
        );
        assert_eq!(read(r#"{"a":"1","b":null}"#), [item("a", Some("1")), item("b", None)]);
        assert!(read("null").is_empty() && read("[]").is_empty());
        assert!(serde_json::from_str::<AddedHeaders>(r#"{"a":5}"#).is_err());
    }
}
