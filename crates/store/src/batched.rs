//! Statements over many rows: `VALUES` lists of a few fixed lengths, so that the prepared statements are few.

use std::{
    fmt::Write,
    sync::{Arc, OnceLock},
};

use sqlx::AssertSqlSafe;

/// The longest `VALUES` list; rows beyond it go into further statements of the same transaction.
const MOST_ROWS: usize = 32;
/// 1, 2, 4, 8, 16, 32.
const LENGTHS: usize = MOST_ROWS.ilog2() as usize + 1;

/// A statement with a `VALUES` list in the middle; its binds are the rows' columns, row by row, and nothing else.
pub(crate) struct Batched {
    before: &'static str,
    n_columns: usize,
    after: &'static str,
    texts: [OnceLock<Arc<str>>; LENGTHS],
}

impl Batched {
    /// `before` ends where the first row begins, `after` begins behind the last one.
    pub(crate) const fn new(before: &'static str, n_columns: usize, after: &'static str) -> Self {
        Self { before, n_columns, after, texts: [const { OnceLock::new() }; LENGTHS] }
    }

    /// The rows in pieces of the fixed lengths, each with its statement's text.
    pub(crate) fn pieces<'a, T>(&'a self, rows: &'a [T]) -> impl Iterator<Item = (AssertSqlSafe<Arc<str>>, &'a [T])> {
        let mut rest = rows;
        std::iter::from_fn(move || {
            let length = 1 << rest.len().min(MOST_ROWS).checked_ilog2()?;
            let (piece, left) = rest.split_at(length);
            rest = left;
            Some((self.text(length), piece))
        })
    }

    /// Safe: made of texts from this crate and of numbers.
    fn text(&self, n_rows: usize) -> AssertSqlSafe<Arc<str>> {
        let text = self.texts[n_rows.ilog2() as usize].get_or_init(|| self.render(n_rows).into());
        AssertSqlSafe(text.clone())
    }

    fn render(&self, n_rows: usize) -> String {
        let mut sql = String::from(self.before);
        for row in 0..n_rows {
            for column in 0..self.n_columns {
                let opening = match (row, column) {
                    (0, 0) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                };
                write!(sql, "{opening}${}", row * self.n_columns + column + 1).expect("writing to a string");
            }
        }
        sql + ")" + self.after
    }
}

/// Runs a batched statement over rows: `execute!(tx, STATEMENT, &rows, |row| [row.a, row.b])` binds the listed columns.
macro_rules! execute {
    ($tx:ident, $statement:expr, $rows:expr, |$row:pat_param| [$($column:expr),+ $(,)?]) => {
        for (sql, piece) in $statement.pieces($rows) {
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
        for (sql, piece) in $statement.pieces($rows) {
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
        let lengths: Vec<_> = statement.pieces(&rows).map(|(_, piece)| piece.len()).collect();
        assert_eq!(lengths, [32, 32, 8, 4, 1]);
        let back: Vec<_> = statement.pieces(&rows).flat_map(|(_, piece)| piece.to_vec()).collect();
        assert_eq!(back, rows);
        assert_eq!(statement.pieces(&rows[..0]).count(), 0);
    }

    #[test]
    fn binds_are_numbered_through() {
        let statement = Batched::new("VALUES ", 3, ";");
        assert_eq!(statement.render(2), "VALUES ($1, $2, $3), ($4, $5, $6);");
    }
}
