//! Statements over many rows: `VALUES` lists of a few fixed lengths, so that the prepared statements are few.

use std::sync::{Arc, OnceLock};

use sqlx::AssertSqlSafe;

/// The longest `VALUES` list; rows beyond it go into further statements of the same transaction.
const MOST_ROWS: usize = 32;
/// 1, 2, 4, 8, 16, 32.
const LENGTHS: usize = MOST_ROWS.ilog2() as usize + 1;

/// How a bind is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Placeholders {
    /// `$1`, `$2` …
    Numbered,
    /// `?`: SQLite counts `$1` among names, and looks each of them up along a list.
    Plain,
}

/// The connections that batched statements run on.
pub(crate) trait Connection {
    const PLACEHOLDERS: Placeholders;

    /// So that a macro can ask whatever connection it has.
    fn placeholders(&self) -> Placeholders {
        Self::PLACEHOLDERS
    }
}

impl Connection for sqlx::PgConnection {
    const PLACEHOLDERS: Placeholders = Placeholders::Numbered;
}

impl Connection for sqlx::SqliteConnection {
    const PLACEHOLDERS: Placeholders = Placeholders::Plain;
}

/// A statement with a `VALUES` list in the middle; its binds are the rows' columns, row by row, and nothing else.
pub(crate) struct Batched {
    before: &'static str,
    n_columns: usize,
    after: &'static str,
    numbered: Texts,
    plain: Texts,
}

/// By the power of two that is the number of rows.
type Texts = [OnceLock<Arc<str>>; LENGTHS];

impl Batched {
    /// `before` ends where the first row begins, `after` begins behind the last one.
    pub(crate) const fn new(before: &'static str, n_columns: usize, after: &'static str) -> Self {
        Self {
            before,
            n_columns,
            after,
            numbered: [const { OnceLock::new() }; LENGTHS],
            plain: [const { OnceLock::new() }; LENGTHS],
        }
    }

    /// The rows in pieces of the fixed lengths, each with its statement's text.
    pub(crate) fn pieces<'a, T>(
        &'a self,
        placeholders: Placeholders,
        rows: &'a [T],
    ) -> impl Iterator<Item = (AssertSqlSafe<Arc<str>>, &'a [T])> {
        let mut rest = rows;
        std::iter::from_fn(move || {
            let length = 1 << rest.len().min(MOST_ROWS).checked_ilog2()?;
            let (piece, left) = rest.split_at(length);
            rest = left;
            Some((self.text(placeholders, length), piece))
        })
    }

    /// Safe: made of texts from this crate and of numbers.
    fn text(&self, placeholders: Placeholders, n_rows: usize) -> AssertSqlSafe<Arc<str>> {
        let texts = match placeholders {
            Placeholders::Numbered => &self.numbered,
            Placeholders::Plain => &self.plain,
        };
        let text = texts[n_rows.ilog2() as usize].get_or_init(|| self.render(placeholders, n_rows).into());
        AssertSqlSafe(text.clone())
    }

    fn render(&self, placeholders: Placeholders, n_rows: usize) -> String {
        let bind = |n: usize| match placeholders {
            Placeholders::Numbered => format!("${n}"),
            Placeholders::Plain => "?".to_owned(),
        };
        let row = |row: usize| {
            let binds = (1..=self.n_columns).map(|column| bind(row * self.n_columns + column));
            format!("({})", binds.collect::<Vec<_>>().join(", "))
        };
        let rows = (0..n_rows).map(row).collect::<Vec<_>>().join(", ");
        format!("{}{rows}{}", self.before, self.after)
    }
}

/// Runs a batched statement over rows: `execute!(tx, STATEMENT, &rows, |row| [row.a, row.b])` binds the listed columns.
macro_rules! execute {
    ($tx:ident, $statement:expr, $rows:expr, |$row:pat_param| [$($column:expr),+ $(,)?]) => {
        for (sql, piece) in $statement.pieces($crate::batched::Connection::placeholders(&*$tx), $rows) {
            let mut query = sqlx::query(sql);
            for $row in piece {
                query = query$(.bind($column))+;
            }
            query.execute(&mut *$tx).await?;
        }
    };
}

/// Like [`execute!`], for a statement that answers with rows of a type.
macro_rules! fetch {
    ($tx:ident, $answer:ty, $statement:expr, $rows:expr, |$row:pat_param| [$($column:expr),+ $(,)?]) => {{
        let mut answers: Vec<$answer> = Vec::new();
        for (sql, piece) in $statement.pieces($crate::batched::Connection::placeholders(&*$tx), $rows) {
            let mut query = sqlx::query_as::<_, $answer>(sql);
            for $row in piece {
                query = query$(.bind($column))+;
            }
            answers.extend(query.fetch_all(&mut *$tx).await?);
        }
        answers
    }};
}

pub(crate) use {execute, fetch};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_into_pieces_of_few_lengths() {
        let statement = Batched::new("-- x\nINSERT INTO t VALUES ", 2, " RETURNING a");
        let rows: Vec<u32> = (0..77).collect();
        let lengths: Vec<_> = statement.pieces(Placeholders::Plain, &rows).map(|(_, piece)| piece.len()).collect();
        assert_eq!(lengths, [32, 32, 8, 4, 1]);
        let back: Vec<_> = statement.pieces(Placeholders::Plain, &rows).flat_map(|(_, piece)| piece.to_vec()).collect();
        assert_eq!(back, rows);
        assert_eq!(statement.pieces(Placeholders::Plain, &rows[..0]).count(), 0);
    }

    #[test]
    fn binds_are_numbered_through() {
        let statement = Batched::new("VALUES ", 3, ";");
        assert_eq!(statement.render(Placeholders::Numbered, 2), "VALUES ($1, $2, $3), ($4, $5, $6);");
        assert_eq!(statement.render(Placeholders::Plain, 2), "VALUES (?, ?, ?), (?, ?, ?);");
    }
}
