//! Every SQL statement in `store` carries its name, which shows up again in the database's statistics.

use super::{assert_kept, files};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::LitStr;

/// How a statement begins, and the word that tells it from an English sentence.
const STATEMENTS: &[(&str, &str)] =
    &[("SELECT", " FROM "), ("INSERT", " INTO "), ("UPDATE", " SET "), ("DELETE", " FROM "), ("WITH", " AS (")];

/// A piece that starts with a blank goes on where another one ended, which had the name.
fn is_unnamed_statement(text: &str) -> bool {
    let text = if text.starts_with(['\n', '\r']) { text.trim_start() } else { text };
    if let Some(name) = text.strip_prefix("--") {
        return name.lines().next().is_none_or(|name| name.trim().is_empty());
    }
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    STATEMENTS.iter().any(|(verb, word)| {
        let begins = flat.strip_prefix(verb).is_some_and(|rest| rest.starts_with(' '));
        begins && !text.starts_with(' ') && (text.starts_with(verb) || flat.contains(word))
    })
}

fn unnamed_statements(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    match text.parse() {
        Ok(tokens) => collect(path, tokens, &mut found),
        Err(error) => found.push(format!("{path} is not Rust: {error}")),
    }
    found
}

/// Goes through the tokens, not the syntax tree, so that macros' arguments are seen too.
fn collect(path: &str, tokens: TokenStream, found: &mut Vec<String>) {
    let mut after_hash = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let attribute = after_hash && group.delimiter() == Delimiter::Bracket;
                if !attribute {
                    collect(path, group.stream(), found);
                }
                after_hash = false;
            }
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                let text = syn::parse_str::<LitStr>(&literal.to_string()).map(|text| text.value());
                if let Some(text) = text.ok().filter(|text| is_unnamed_statement(text)) {
                    let start: String = text.trim_start().chars().take(50).collect();
                    found.push(format!("{path}:{line}: {}", start.replace('\n', " ")));
                }
                after_hash = false;
            }
            // The `!` of an inner attribute stands between.
            TokenTree::Punct(sign) => after_hash = sign.as_char() == '#' || (after_hash && sign.as_char() == '!'),
            TokenTree::Ident(_) => after_hash = false,
        }
    }
}

#[test]
fn every_statement_begins_with_its_name() {
    let unnamed: Vec<_> = files(|path| path.starts_with("crates/store/src/") && path.ends_with(".rs"))
        .iter()
        .flat_map(|file| unnamed_statements(&file.path, &file.text))
        .collect();
    assert_kept("the first line of a statement is `-- its name`:", &unnamed);
}

#[test]
fn an_unnamed_statement_is_found() {
    let found = |text: &str| unnamed_statements("a.rs", text).len();
    assert_eq!(unnamed_statements("a.rs", "\nconst A: &str = \"SELECT 1\";"), ["a.rs:2: SELECT 1"]);
    assert_eq!(found("fn f() { query(\"\n        UPDATE deliveries SET state = $1\") }"), 1);
    assert_eq!(found("fn f() { format!(r#\"WITH a AS (SELECT 1) {b}\"#) }"), 1, "inside macros too");
    assert_eq!(found("fn f() { query(\"insert into events values ($1)\") }"), 1);
    assert_eq!(found("const A: &str = \"-- claim\\nUPDATE deliveries SET state = $1\";"), 0);
    assert_eq!(found("const A: &str = \"--\\nUPDATE deliveries SET state = $1\";"), 1, "a name has letters");
    assert_eq!(found("const A: &str = \"Update the row\";"), 0);
    assert_eq!(found("const A: &str = \" UPDATE SET n = 1\";"), 0, "the end of a longer statement");
    assert_eq!(found("/// SELECT everything\n#[doc = \"DELETE FROM x\"]\nfn f() {}"), 0);
    assert_eq!(found("//! SELECT everything\nconst A: char = 'a';"), 0);
}
