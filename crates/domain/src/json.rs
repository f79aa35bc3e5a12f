//! A walk through JSON, forwards only: each byte is passed once, nothing is copied, what nobody looks at is passed over,
//! and a text or number that no type can hold is there all the same.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// A place in JSON that is known to be well-formed.
pub(crate) struct Walk<'a> {
    rest: &'a [u8],
}

/// What a value begins as.
pub(crate) enum Begun<'a> {
    Object,
    List,
    /// As it is written; it has been passed.
    Scalar(&'a [u8]),
}

impl<'a> Walk<'a> {
    /// At the value; `None` for what is not JSON, to its end. Its texts need not be UTF-8.
    pub(crate) fn of(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice::<IgnoredAny>(json).ok()?;
        Some(Self { rest: json })
    }

    /// Into an object or a list, or past anything else.
    pub(crate) fn begin(&mut self) -> Begun<'a> {
        match self.peek() {
            Some(b'{') => {
                self.advance(1);
                Begun::Object
            }
            Some(b'[') => {
                self.advance(1);
                Begun::List
            }
            _ => Begun::Scalar(self.scalar()),
        }
    }

    /// Inside of an object, to the next member's value: its name, as it is written. `None` past the object's end.
    pub(crate) fn member(&mut self) -> Option<&'a [u8]> {
        if self.is_past(b'}') {
            return None;
        }
        let name = self.scalar();
        self.peek();
        self.advance(1);
        Some(name)
    }

    /// Inside of a list, to the next item, if there is one; else past the list's end.
    pub(crate) fn item(&mut self) -> bool {
        !self.is_past(b']')
    }

    /// Past a value, however deep or large.
    pub(crate) fn skip(&mut self) {
        if !matches!(self.begin(), Begun::Scalar(_)) {
            self.leave();
        }
    }

    /// Past the end of the object or list that this is inside of.
    pub(crate) fn leave(&mut self) {
        let mut n_open = 1;
        while n_open > 0 {
            let Some(at) = self.rest.iter().position(|byte| b"\"{}[]".contains(byte)) else { return self.rest = b"" };
            match self.rest[at] {
                b'"' => self.advance(at + text_bytes(&self.rest[at..])),
                b'{' | b'[' => {
                    n_open += 1;
                    self.advance(at + 1);
                }
                _ => {
                    n_open -= 1;
                    self.advance(at + 1);
                }
            }
        }
    }

    /// Past a comma, if there is one, and past the end, if it is here.
    fn is_past(&mut self, end: u8) -> bool {
        if self.peek() == Some(b',') {
            self.advance(1);
        }
        let next = self.peek();
        if next == Some(end) {
            self.advance(1);
        }
        next.is_none_or(|it| it == end)
    }

    fn scalar(&mut self) -> &'a [u8] {
        let is_text = self.peek() == Some(b'"');
        let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
        let n_bytes =
            if is_text { text_bytes(self.rest) } else { self.rest.iter().position(is_end).unwrap_or(self.rest.len()) };
        let (scalar, rest) = self.rest.split_at(n_bytes);
        self.rest = rest;
        scalar
    }

    /// The next byte that says something.
    fn peek(&mut self) -> Option<u8> {
        let blank = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.advance(blank);
        self.rest.first().copied()
    }

    fn advance(&mut self, n_bytes: usize) {
        self.rest = self.rest.get(n_bytes..).unwrap_or_default();
    }
}

/// The length of the text that begins here, with its quotes.
fn text_bytes(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(n) = text.get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))) {
        at += n + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        // What is escaped ends nothing.
        at += 1;
    }
    text.len()
}

/// What a text says; `None` for one that no text can hold, such as half of a surrogate pair, and for what is none.
pub(crate) fn text(written: &[u8]) -> Option<Cow<'_, str>> {
    let inner = written.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if inner.contains(&b'\\') {
        return serde_json::from_slice::<String>(written).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is met on the way, with everything entered.
    fn met(walk: &mut Walk<'_>, said: &mut Vec<String>) {
        match walk.begin() {
            Begun::Scalar(written) => said.push(String::from_utf8_lossy(written).into_owned()),
            Begun::List => {
                said.push("[".to_owned());
                while walk.item() {
                    met(walk, said);
                }
                said.push("]".to_owned());
            }
            Begun::Object => {
                said.push("{".to_owned());
                while let Some(name) = walk.member() {
                    said.push(String::from_utf8_lossy(name).into_owned());
                    met(walk, said);
                }
                said.push("}".to_owned());
            }
        }
    }

    #[test]
    fn everything_is_met_once_and_in_order() {
        for (json, expected) in [
            ("1", "1"),
            (" \"a\\\"]\" ", "\"a\\\"]\""),
            ("[]", "[ ]"),
            (" [ 1 , [ ] , {} ] ", "[ 1 [ ] { } ]"),
            (
                "{\"a\" : -1.5e9 ,\n\"\\\\\":[true,null],\"\":{\"b\":\"\"}}",
                "{ \"a\" -1.5e9 \"\\\\\" [ true null ] \"\" { \"b\" \"\" } }",
            ),
        ] {
            let (mut walk, mut said) = (Walk::of(json.as_bytes()).unwrap(), Vec::new());
            met(&mut walk, &mut said);
            assert_eq!((said.join(" ").as_str(), walk.peek()), (expected, None), "{json}");
        }
    }

    #[test]
    fn what_is_passed_over_ends_where_it_ends() {
        let json = br#"{"a":{"]}":["}",{"b":"\\\""}]},"c":[1,[2],"]"],"d":3}"#;
        let mut walk = Walk::of(json).unwrap();
        assert!(matches!(walk.begin(), Begun::Object));
        assert_eq!(walk.member(), Some(&b"\"a\""[..]));
        walk.skip();
        assert_eq!(walk.member(), Some(&b"\"c\""[..]));
        assert!(matches!(walk.begin(), Begun::List) && walk.item());
        walk.leave();
        assert_eq!(walk.member(), Some(&b"\"d\""[..]));
        walk.skip();
        assert_eq!((walk.member(), walk.rest), (None, &b""[..]));
    }

    #[test]
    fn what_is_not_json_is_not_walked_and_odd_values_are() {
        for bad in [&b""[..], b"a", b"[1,]", b"{\"a\"}", b"1 2", b"\"\\u12\""] {
            assert!(Walk::of(bad).is_none(), "{bad:?}");
        }
        for odd in [&br#""\ud83d""#[..], b"1e400", b"\"\xff\""] {
            let Begun::Scalar(written) = Walk::of(odd).unwrap().begin() else { panic!("{odd:?}") };
            assert_eq!((written, text(written)), (odd, None));
        }
        assert_eq!(text(br#""\u00e9\n""#).as_deref(), Some("\u{e9}\n"));
    }
}
