//! HTML that is escaped by construction: text becomes [`Html`] only through [`text`].

/// A piece of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// A whole document.
    pub(super) fn document(title: &str, body: Html) -> String {
        let meta = |name, content| void("meta", &[("name", name), ("content", content)]);
        let head = all([
            void("meta", &[("charset", "utf-8")]),
            meta("viewport", "width=device-width, initial-scale=1"),
            meta("color-scheme", "light dark"),
            element("title", &[], text(title)),
            void("link", &[("rel", "icon"), ("href", "/assets/icon.svg"), ("type", "image/svg+xml")]),
            void("link", &[("rel", "stylesheet"), ("href", "/assets/style.css")]),
        ]);
        let page = all([element("head", &[], head), element("body", &[], body)]);
        format!("<!doctype html>\n{}\n", element("html", &[("lang", "en")], page).0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Text as it is, whatever is in it.
pub(super) fn text(text: &str) -> Html {
    Html(escape(text))
}

/// Text in which `code` stands in backticks.
pub(super) fn prose(markdown: &str) -> Html {
    let piece = |(at, piece)| if at % 2 == 1 { element("code", &[], text(piece)) } else { text(piece) };
    all(markdown.split('`').enumerate().map(piece))
}

pub(super) fn element(name: &'static str, attributes: &[(&'static str, &str)], inside: Html) -> Html {
    Html(format!("{}{}</{name}>", void(name, attributes).0, inside.0))
}

/// An element that has no end tag.
pub(super) fn void(name: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    let attributes: String = attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escape(value))).collect();
    Html(format!("<{name}{attributes}>"))
}

pub(super) fn all(pieces: impl IntoIterator<Item = Html>) -> Html {
    Html(pieces.into_iter().map(|piece| piece.0).collect())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        let evil = "\"'><script>&amp;";
        let escaped = "&quot;&#39;&gt;&lt;script&gt;&amp;amp;";
        assert_eq!(text(evil).0, escaped);
        assert_eq!(element("a", &[("href", evil)], text("x")).0, format!("<a href=\"{escaped}\">x</a>"));
        assert_eq!(prose("a `<b>` c").0, "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose("a ` b").0, "a <code> b</code>", "an odd one at least closes");
        assert!(Html::document(evil, Html::default()).contains(&format!("<title>{escaped}</title>")));
    }
}
