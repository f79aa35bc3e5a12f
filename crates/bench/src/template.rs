//! Envelopes around an event body, for gateways that do not take the body as
//! is. Placeholders: `{{body}}` (raw JSON), `{{body_str}}` (the body as a JSON
//! string literal), `{{id}}`, `{{uuid}}` (time-ordered), `{{seq}}`, `{{t_us}}`.

use std::fmt::Write;

#[derive(Clone, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Body,
    BodyStr,
    Id,
    Uuid,
    Seq,
    Time,
}

/// What the placeholders of one event stand for.
pub struct Event<'a> {
    pub body: &'a [u8],
    pub id: &'a str,
    pub seq: u64,
    pub t_us: u64,
    pub nonce: u64,
}

impl Template {
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(open) = rest.find("{{") {
            let close = rest[open..].find("}}").ok_or("unclosed {{")? + open;
            parts.push(Part::Text(rest[..open].to_owned()));
            parts.push(match rest[open + 2..close].trim() {
                "body" => Part::Body,
                "body_str" => Part::BodyStr,
                "id" => Part::Id,
                "uuid" => Part::Uuid,
                "seq" => Part::Seq,
                "t_us" => Part::Time,
                other => return Err(format!("unknown placeholder {other:?}")),
            });
            rest = &rest[close + 2..];
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    pub fn render(&self, event: &Event<'_>) -> String {
        let mut out = String::with_capacity(event.body.len() + 512);
        let body = || String::from_utf8_lossy(event.body);
        for part in &self.0 {
            match part {
                Part::Text(t) => out.push_str(t),
                Part::Body => out.push_str(&body()),
                Part::BodyStr => out.push_str(&serde_json::Value::from(body()).to_string()),
                Part::Id => out.push_str(event.id),
                Part::Uuid => out.push_str(&uuid(event)),
                Part::Seq => write!(out, "{}", event.seq).expect("writing to a string"),
                Part::Time => write!(out, "{}", event.t_us).expect("writing to a string"),
            }
        }
        out
    }
}

/// UUIDv7-shaped: milliseconds first, then the run and the sequence number.
fn uuid(event: &Event<'_>) -> String {
    let ms = event.t_us / 1000;
    format!(
        "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
        (ms >> 16) & 0xFFFF_FFFF,
        ms & 0xFFFF,
        event.nonce & 0xFFF,
        (event.nonce >> 12) & 0xFFF,
        event.seq & 0xFFFF_FFFF_FFFF,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_placeholders() {
        let event = Event { body: br#"{"a":"b"}"#, id: "i1", seq: 5, t_us: 1_700_000_000_000_000, nonce: 0xABCDEF };
        let t = Template::parse(
            r#"{"p":{{body}},"s":{{body_str}},"i":"{{ id }}","u":"{{uuid}}","n":{{seq}},"t":{{t_us}}}"#,
        )
        .unwrap();
        let value: serde_json::Value = serde_json::from_str(&t.render(&event)).unwrap();
        assert_eq!(value["p"]["a"], "b");
        assert_eq!(value["s"], r#"{"a":"b"}"#);
        assert_eq!(value["i"], "i1");
        assert_eq!(value["n"], 5);
        assert_eq!(value["u"].as_str().unwrap().len(), 36);
        assert!(Template::parse("{{nope}}").is_err());
        assert!(Template::parse("{{body").is_err());
    }
}
