//! The two databases have one schema: migrations come in pairs that make the same tables, columns, constraints and
//! indexes. Types, defaults and PostgreSQL's partitions may differ.

use super::{assert_kept, files};
use std::collections::{BTreeMap, BTreeSet};

const NOT_A_COLUMN: &[&str] = &["constraint", "primary", "unique", "check", "foreign", "exclude", "like"];
const FOLDERS: [&str; 2] = ["migrations/postgres/", "migrations/sqlite/"];

/// Words in lower case and single signs; comments are dropped, a string becomes `''`.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (token, length) = match first {
            '-' if rest.starts_with("--") => ("", until(rest, 2, "\n")),
            '/' if rest.starts_with("/*") => ("", until(rest, 2, "*/")),
            '\'' => ("''", until(rest, 1, "'")),
            '"' => (rest[1..].split('"').next().unwrap_or_default(), until(rest, 1, "\"")),
            '$' => match dollar_quote(rest) {
                Some(quote) => ("''", until(rest, quote.len(), quote)),
                None => ("$", 1),
            },
            _ if first.is_whitespace() => ("", first.len_utf8()),
            _ if word > 0 => (&rest[..word], word),
            _ => (&rest[..first.len_utf8()], first.len_utf8()),
        };
        if !token.is_empty() {
            tokens.push(token.to_lowercase());
        }
        rest = &rest[length..];
    }
    tokens
}

/// How long the part of `text` is that ends with the first `end` after `from`.
fn until(text: &str, from: usize, end: &str) -> usize {
    text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
}

/// `$$` or `$tag$` at the start.
fn dollar_quote(text: &str) -> Option<&str> {
    let end = 1 + text[1..].find('$')?;
    let tag = &text[1..end];
    tag.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| &text[..=end])
}

/// What a migration makes, one line a thing.
fn makes(sql: &str) -> BTreeSet<String> {
    let tokens = tokens(sql);
    let statements = tokens.split(|token| token == ";");
    statements.flat_map(|statement| made_by(&statement.iter().map(String::as_str).collect::<Vec<_>>())).collect()
}

fn made_by(statement: &[&str]) -> Vec<String> {
    let skipped = ["if", "not", "exists", "only", "concurrently", "temporary", "temp", "unlogged"];
    let words: Vec<&str> = statement.iter().copied().filter(|word| !skipped.contains(word)).collect();
    match words[..] {
        ["create", "table", ..] => table(&words[2..]),
        ["alter", "table", ..] => alteration(&words[2..]),
        ["create", "index", ..] => index("index", &words[2..]),
        ["create", "unique", "index", ..] => index("unique index", &words[3..]),
        ["drop", "table" | "index", ..] => vec![format!("dropped {} {}", words[1], name(&words[2..]).0)],
        _ => Vec::new(),
    }
}

/// The name at the start, without its schema, and what follows it.
fn name<'a>(words: &'a [&'a str]) -> (&'a str, &'a [&'a str]) {
    match words {
        [_, ".", name, rest @ ..] | [name, rest @ ..] => (name, rest),
        [] => ("", words),
    }
}

fn table(words: &[&str]) -> Vec<String> {
    let (table, rest) = name(words);
    if rest.first() != Some(&"(") {
        return Vec::new(); // PARTITION OF, which SQLite does without.
    }
    let mut made = vec![format!("table {table}")];
    for part in parts(&rest[1..]) {
        if part.first().is_some_and(|word| !NOT_A_COLUMN.contains(word)) {
            made.push(format!("column {table}.{}", part[0]));
        }
        made.extend(constraints(table, part));
    }
    made
}

fn constraints(table: &str, words: &[&str]) -> Vec<String> {
    let named = words.windows(2).filter(|pair| pair[0] == "constraint");
    named.map(|pair| format!("constraint {} on {table}", pair[1])).collect()
}

fn index(kind: &str, words: &[&str]) -> Vec<String> {
    match name(words) {
        (index, ["on", table @ ..]) => vec![format!("{kind} {index} on {}", name(table).0)],
        _ => vec![format!("{kind} without a name on {}", name(&words[1..]).0)],
    }
}

fn alteration(words: &[&str]) -> Vec<String> {
    let (table, actions) = name(words);
    let mut made = Vec::new();
    for action in parts(actions) {
        match action {
            ["drop", "constraint", name, ..] => made.push(format!("dropped constraint {name} on {table}")),
            ["drop", "column", name, ..] | ["drop", name] => made.push(format!("dropped column {table}.{name}")),
            ["rename", "to", to, ..] => made.push(format!("table {table} is now {to}")),
            ["rename", "column", from, "to", to] | ["rename", from, "to", to] => {
                made.push(format!("column {table}.{from} is now {to}"));
            }
            ["add", "column", name, ..] => made.push(format!("column {table}.{name}")),
            ["add", name, ..] if !NOT_A_COLUMN.contains(name) => made.push(format!("column {table}.{name}")),
            _ => {}
        }
        if action.first() == Some(&"add") {
            made.extend(constraints(table, action));
        }
    }
    made
}

/// Splits at the commas outside parentheses, up to the closing one.
fn parts<'a>(words: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    let mut end = words.len();
    for (at, word) in words.iter().enumerate() {
        match *word {
            "(" => depth += 1,
            ")" if depth == 0 => {
                end = at;
                break;
            }
            ")" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&words[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&words[start..end]);
    parts
}

/// Both folders' migrations: file name to text.
fn unpaired(postgres: &BTreeMap<String, String>, sqlite: &BTreeMap<String, String>) -> Vec<String> {
    let sides = [("postgres", postgres, "sqlite", sqlite), ("sqlite", sqlite, "postgres", postgres)];
    let mut broken = Vec::new();
    for (side, here, other, there) in sides {
        for (file, sql) in here {
            match there.get(file) {
                None => broken.push(format!("migrations/{side}/{file} has no twin in migrations/{other}")),
                Some(twin) => {
                    let missing = makes(sql).difference(&makes(twin)).cloned().collect::<Vec<_>>();
                    broken.extend(missing.iter().map(|thing| format!("{file}: only {side} has {thing}")));
                }
            }
        }
    }
    broken
}

#[test]
fn migrations_are_paired() {
    let [postgres, sqlite] = FOLDERS.map(|folder| {
        let found = files(|path| path.starts_with(folder) && path.ends_with(".sql")).into_iter();
        found.map(|file| (file.path[folder.len()..].to_owned(), file.text)).collect()
    });
    assert_kept("both databases have one schema:", &unpaired(&postgres, &sqlite));
}

#[test]
fn a_difference_is_found() {
    let one = |sql: &str| BTreeMap::from([("0001_a.sql".to_owned(), sql.to_owned())]);
    let found = |postgres: &str, sqlite: &str| unpaired(&one(postgres), &one(sqlite));
    let base = "CREATE TABLE a (id TEXT);";
    let pairs = [
        ("CREATE TABLE b (id TEXT)", "0001_a.sql: only postgres has table b"),
        ("ALTER TABLE a ADD COLUMN n INT DEFAULT (1, 2)", "0001_a.sql: only postgres has column a.n"),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (id > 1)", "0001_a.sql: only postgres has constraint c on a"),
        ("ALTER TABLE a DROP COLUMN id", "0001_a.sql: only postgres has dropped column a.id"),
        ("ALTER TABLE a RENAME COLUMN id TO x", "0001_a.sql: only postgres has column a.id is now x"),
        ("CREATE INDEX IF NOT EXISTS i ON a (id)", "0001_a.sql: only postgres has index i on a"),
        ("CREATE UNIQUE INDEX i ON ONLY public.a (id)", "0001_a.sql: only postgres has unique index i on a"),
        ("CREATE INDEX ON a (id)", "0001_a.sql: only postgres has index without a name on a"),
        ("DROP INDEX i", "0001_a.sql: only postgres has dropped index i"),
    ];
    for (sql, message) in pairs {
        assert!(found(&format!("{base} {sql}"), base).contains(&message.to_owned()), "{sql}");
        assert!(!found(base, &format!("{base} {sql}")).is_empty(), "{sql}, on the other side");
        assert!(found(&format!("{base} {sql}"), &format!("{base} {sql};")).is_empty(), "{sql}, on both sides");
    }
    assert_eq!(found("CREATE TABLE a (x INT, y INT)", "CREATE TABLE a (x INT, z INT)").len(), 2);
    assert_eq!(found("CREATE TABLE a (x INT CONSTRAINT p CHECK (x > 1))", "CREATE TABLE a (x INT)").len(), 1);
    assert_eq!(unpaired(&one(base), &BTreeMap::new()).len(), 1);
    assert_eq!(unpaired(&BTreeMap::new(), &one(base)).len(), 1);
}

#[test]
fn what_may_differ_differs() {
    let postgres = "CREATE TABLE events ( -- received, not sent; (ever)
            id uuid NOT NULL, state text DEFAULT 'a;b, c' /* one, two */, at timestamptz,
            PRIMARY KEY (id, at), CONSTRAINT events_state CHECK (state IN ('a', 'b'))
        ) PARTITION BY RANGE (at);
        CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM (1) TO (2);
        DO $$ BEGIN CREATE TABLE x (y int); END $$;
        CREATE UNIQUE INDEX events_at ON events USING btree (at);";
    let sqlite = "CREATE TABLE IF NOT EXISTS \"events\" (
            id BLOB NOT NULL PRIMARY KEY, state TEXT, at INTEGER,
            CONSTRAINT events_state CHECK (state IN ('a', 'b'))
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX events_at ON events (at) WHERE at IS NOT NULL;";
    assert_eq!(makes(postgres), makes(sqlite));
    let names = ["table events", "column events.id", "column events.state", "column events.at"];
    let others = ["constraint events_state on events", "unique index events_at on events"];
    assert_eq!(makes(sqlite), names.iter().chain(&others).map(|name| name.to_string()).collect());
}
