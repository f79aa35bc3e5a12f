//! The values at several fields, found in one pass over the body.

use std::borrow::Cow;

use super::{Field, Indexed, Place};
use crate::json::{self, Begun, Walk};

/// The value of each field, where the request has one. A body that is no JSON has none; of members of one name the last
/// one counts, as everywhere.
#[must_use]
pub fn find(fields: &[Field], request: &Indexed<'_>) -> Vec<Option<String>> {
    let mut found = vec![None; fields.len()];
    let mut pointers = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        match field.place() {
            Place::Body(pointer) => pointers.push((at, pointer)),
            Place::Header(name) => found[at] = request.headers.text(name).map(str::to_owned),
            Place::Query(name) => found[at] = parameter(request.query, name),
        }
    }
    if !pointers.is_empty()
        && let Some(walk) = Walk::of(request.body)
    {
        Finding { walk, found: &mut found }.at(&pointers);
    }
    found
}

fn parameter(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// A field, and what is left of its pointer.
type Rest<'p> = (usize, &'p str);
/// The next member's name, unescaped, and the field with the rest of its pointer.
type Step<'p> = (Cow<'p, str>, Rest<'p>);

struct Finding<'a> {
    walk: Walk<'a>,
    found: &'a mut [Option<String>],
}

impl Finding<'_> {
    /// Past the value that these fields lead to or through. What none leads through is passed over, however deep or large.
    fn at(&mut self, pointers: &[Rest<'_>]) {
        let (here, deeper): (Vec<_>, Vec<_>) = pointers.iter().partition(|(_, rest)| rest.is_empty());
        if pointers.is_empty() {
            return self.walk.skip();
        }
        match self.walk.begin() {
            Begun::Scalar(written) => {
                let value = scalar(written);
                here.iter().for_each(|(at, _)| self.found[*at].clone_from(&value));
            }
            Begun::Object => self.members(&deeper.into_iter().map(step).collect::<Vec<_>>()),
            Begun::List => self.items(&deeper.into_iter().map(step).collect::<Vec<_>>()),
        }
    }

    fn members(&mut self, steps: &[Step<'_>]) {
        while let Some(name) = self.walk.member() {
            let name = json::text(name);
            let leads = |(step, _): &&Step<'_>| name.as_ref().is_some_and(|name| name == step);
            let through: Vec<_> = steps.iter().filter(leads).map(|(_, rest)| *rest).collect();
            // What an earlier member of the same name held is void.
            through.iter().for_each(|(at, _)| self.found[*at] = None);
            self.at(&through);
        }
    }

    fn items(&mut self, steps: &[Step<'_>]) {
        let wanted: Vec<_> =
            steps.iter().filter_map(|(step, rest)| Some((step.parse::<usize>().ok()?, *rest))).collect();
        let n_wanted = wanted.iter().map(|(at, _)| at.saturating_add(1)).max().unwrap_or(0);
        for at in 0..n_wanted {
            if !self.walk.item() {
                return;
            }
            let through: Vec<_> = wanted.iter().filter(|(wanted, _)| *wanted == at).map(|(_, rest)| *rest).collect();
            self.at(&through);
        }
        self.walk.leave();
    }
}

fn scalar(written: &[u8]) -> Option<String> {
    match written.first()? {
        b'"' => json::text(written).map(Cow::into_owned),
        b'-' | b'0'..=b'9' | b't' | b'f' => Some(String::from_utf8_lossy(written).into_owned()),
        _ => None,
    }
}

fn step((at, pointer): Rest<'_>) -> Step<'_> {
    let path = pointer.strip_prefix('/').unwrap_or(pointer);
    let (step, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let name = if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() };
    (name, (at, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;

    fn found(body: &[u8], fields: &[&str]) -> Vec<Option<String>> {
        let fields: Vec<_> = fields.iter().map(|field| Field::parse(field).unwrap()).collect();
        find(&fields, &Indexed { headers: &Headers::default(), query: None, body })
    }

    #[test]
    fn values_are_found_where_their_fields_lead() {
        let body = br#" {"a":{"b":[1,{"c":"x\u00e9"},-2.50,true]},"a/b":false,"":"e","n":null,"big":1E400} "#;
        let expected = [
            ("/a/b/1/c", Some("x\u{e9}")),
            ("/a/b/0", Some("1")),
            ("/a/b/2", Some("-2.50")),
            ("/a/b/3", Some("true")),
            ("/a/b", None),
            ("/a~1b", Some("false")),
            ("/", Some("e")),
            ("/n", None),
            ("/n/x", None),
            ("/big", Some("1E400")),
        ];
        let fields = expected.map(|(field, _)| field);
        let values = expected.map(|(_, value)| value.map(str::to_owned));
        assert_eq!(found(body, &fields), values);
        for (field, value) in fields.iter().zip(values) {
            assert_eq!(found(body, &[field]), [value], "{field}");
        }
    }

    #[test]
    fn of_one_name_the_last_counts() {
        let fields = ["/a", "/a/b"];
        assert_eq!(found(br#"{"a":"x","a":{"b":2}}"#, &fields), [None, Some("2".into())]);
        assert_eq!(found(br#"{"a":{"b":2},"a":"x"}"#, &fields), [Some("x".into()), None]);
        assert_eq!(found(br#"{"a":{"b":2},"a":[]}"#, &fields[1..]), [None]);
    }

    #[test]
    fn what_is_no_json_has_no_values() {
        for body in [&b""[..], b"a=1", b"{", br#"{"a":1} x"#, br#"{"a":1"#, b"{\"a\":\"\xff\"}", b"3"] {
            assert_eq!(found(body, &["/a"]), [None], "{body:?}");
        }
    }

    #[test]
    fn hostile_bodies_are_passed_over() {
        let nested = |n: usize| format!(r#"{{"a":{}{},"b":1}}"#, "[".repeat(n), "]".repeat(n));
        assert_eq!(found(nested(1_000_000).as_bytes(), &["/b"]), [Some("1".into())]);
        // On the way to a field nothing is deeper than the field.
        assert_eq!(found(nested(1_000_000).as_bytes(), &["/a/0/0", "/b"]), [None, Some("1".into())]);
        let deep = "/a".to_owned() + &"/0".repeat(99);
        assert_eq!(found(nested(1_000_000).as_bytes(), &[&deep, "/b"]), [None, Some("1".into())]);
        let many = format!("[{}7]", "1,".repeat(1_000_000));
        assert_eq!(found(many.as_bytes(), &["/1000000", "/2"]), [Some("7".into()), Some("1".into())]);
    }
}
