//! A provider's secret as clients give it.

use std::fmt;

use anyhook_domain::secret::Secret;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type},
    },
};

/// A secret, or a list of them, any of which may have signed: a line for each.
#[derive(Clone, Debug)]
pub(crate) struct Secrets(Secret);

impl Secrets {
    pub(crate) const fn none() -> Self {
        Self(Secret::new(String::new()))
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// The text, on its way to the tenants service.
    pub(crate) fn text(&self) -> String {
        self.0.expose().to_owned()
    }

    /// Whether anything is in it.
    pub(crate) fn is_given(&self) -> bool {
        !self.0.expose().trim().is_empty()
    }
}

impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Given;
        impl<'de> Visitor<'de> for Given {
            type Value = Secrets;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<Secrets, E> {
                Ok(Secrets(Secret::new(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Secrets, A::Error> {
                let mut lines: Vec<String> = Vec::new();
                while let Some(line) = items.next_element()? {
                    lines.push(line);
                }
                Ok(Secrets(Secret::new(lines.join("\n"))))
            }
        }
        deserializer.deserialize_any(Given)
    }
}

impl PartialSchema for Secrets {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String).build();
        OneOfBuilder::new().item(text()).item(ArrayBuilder::new().items(text()).build()).into()
    }
}

impl ToSchema for Secrets {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_several() {
        let read = |json: &str| serde_json::from_str::<Secrets>(json).map(|it| (it.is_given(), it.text()));
        assert_eq!(read(r#""a""#).unwrap(), (true, "a".to_owned()));
        assert_eq!(read(r#"["a","b"]"#).unwrap(), (true, "a\nb".to_owned()));
        assert_eq!(read("[]").unwrap(), (false, String::new()));
        assert_eq!(read(r#"[" "]"#).unwrap(), (false, " ".to_owned()));
        assert!(read("5").expect_err("a number").to_string().contains("a string or a list of strings"));
        assert!(read(r#"["a",5]"#).is_err());
        let shown = format!("{:?}", serde_json::from_str::<Secrets>(r#""whsec_x""#).unwrap());
        assert_eq!(shown, "Secrets([secret])");
    }
}
