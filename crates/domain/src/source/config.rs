//! What an app's owner sets about its source.

use serde_json::{Map, Value};

use super::{BadConfig, Pick};
use crate::secret::Secret;

/// What the app's owner configured.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The provider's secrets, any of which may have signed; empty when there is none.
    pub secrets: Vec<Secret>,
    /// Further settings of the source, by name.
    pub options: Map<String, Value>,
}

/// A further setting of a source, as the catalogue lists it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The member of `source_config`.
    pub name: &'static str,
    pub is_required: bool,
    /// What it is, and where it is found.
    pub help: &'static str,
}

/// Settings that every source has.
pub const COMMON_SETTINGS: &[Setting] = &[
    Setting {
        name: "dedup",
        is_required: false,
        help: "what makes two requests the same event, in place of the provider's id: {\"header\": \"X-Id\"}, \
               {\"json\": \"/data/id\"}, \"body\", or \"none\"",
    },
    Setting {
        name: "tolerance_seconds",
        is_required: false,
        help: "how old a signed timestamp may be, in place of the provider's own figure; 1 to 86400",
    },
];

impl Config {
    /// Secrets as they are pasted: one in each line, since providers sign with the old and the new one while one is
    /// being replaced. A PEM block is one secret.
    #[must_use]
    pub fn secrets_of(text: &Secret) -> Vec<Secret> {
        let text = text.expose().trim();
        if text.starts_with("-----BEGIN") {
            return vec![Secret::new(text.to_owned())];
        }
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| Secret::new(line.to_owned())).collect()
    }

    /// A setting's text; empty counts as not given.
    ///
    /// # Errors
    /// [`BadConfig`] when it is not a text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, BadConfig> {
        match self.options.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(BadConfig(format!("source_config.{name} must be a string"))),
        }
    }

    /// A setting that is one text or a list of texts.
    ///
    /// # Errors
    /// [`BadConfig`] when it is anything else.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, BadConfig> {
        let bad = || BadConfig(format!("source_config.{name} must be a string or a list of strings"));
        match self.options.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text]),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or_else(bad)).collect(),
            Some(_) => Err(bad()),
        }
    }

    /// Checks the names of all settings and the values of those that every source has.
    pub(super) fn check(&self, own: &[Setting]) -> Result<(), BadConfig> {
        let known = || own.iter().chain(COMMON_SETTINGS).map(|setting| setting.name);
        if let Some(unknown) = self.options.keys().find(|name| !known().any(|known| known == name.as_str())) {
            let known: Vec<_> = known().collect();
            return Err(BadConfig(format!("source_config.{unknown} is unknown; known: {}", known.join(", "))));
        }
        if let Some(missing) = own.iter().find(|it| it.is_required && self.options.get(it.name).is_none_or(is_empty)) {
            return Err(BadConfig(format!("source_config.{} is needed: {}", missing.name, missing.help)));
        }
        Pick::of(self)?;
        self.tolerance().map(drop)
    }

    /// # Errors
    /// [`BadConfig`] when it is not a number of seconds.
    pub(super) fn tolerance(&self) -> Result<Option<std::time::Duration>, BadConfig> {
        match self.options.get("tolerance_seconds") {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let seconds = value.as_u64().filter(|seconds| (1..=86_400).contains(seconds));
                let bad = || BadConfig("source_config.tolerance_seconds must be a number from 1 to 86400".to_owned());
                seconds.map(|seconds| Some(std::time::Duration::from_secs(seconds))).ok_or_else(bad)
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str().is_some_and(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_pasted_line_by_line() {
        let of = |text: &str| {
            let secrets = Config::secrets_of(&Secret::new(text.to_owned()));
            secrets.iter().map(|secret| secret.expose().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(" one\r\n\n two \n"), ["one", "two"]);
        assert_eq!(of("\n"), Vec::<String>::new());
        assert_eq!(of("-----BEGIN PUBLIC KEY-----\nab\n-----END PUBLIC KEY-----").len(), 1);
    }

    #[test]
    fn what_is_unknown_missing_or_wrong_is_said() {
        let own = [Setting { name: "topic", is_required: true, help: "the topic" }];
        let check = |options: Value| {
            let Value::Object(options) = options else { panic!("an object") };
            Config { secrets: vec![], options }.check(&own).map_err(|bad| bad.0)
        };
        assert_eq!(check(serde_json::json!({ "topic": "a", "dedup": "body", "tolerance_seconds": 5 })), Ok(()));
        for (options, says) in [
            (serde_json::json!({}), "source_config.topic is needed: the topic"),
            (serde_json::json!({ "topic": "" }), "source_config.topic is needed: the topic"),
            (serde_json::json!({ "topics": "a" }), "source_config.topics is unknown; known: topic, dedup"),
            (serde_json::json!({ "topic": "a", "dedup": 3 }), "source_config.dedup must be"),
            (serde_json::json!({ "topic": "a", "tolerance_seconds": 0 }), "source_config.tolerance_seconds must be"),
        ] {
            let said = check(options).expect_err("it is wrong");
            assert!(said.starts_with(says), "{said}");
        }
    }
}
