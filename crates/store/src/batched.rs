//! Statements over many rows: `VALUES` lists of a few fixed lengths, so that the prepared statements are few.

use std::sync::{Arc, OnceLock};

use sqlx::AssertSqlSafe;

/// The longest `VALUES` list; rows beyond it go into further statements of the same transaction.
const MOST_ROWS: usize = 32;
/// The same for looking up, where a statement costs more than its rows.
const MOST_LOOKED_UP: usize = 256;
/// 1, 2, 4 … 256.
const LENGTHS: usize = MOST_LOOKED_UP.ilog2() as usize + 1;

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
    most_rows: usize,
    numbered: Texts,
    plain: Texts,
}

/// The rows of one statement.
pub(crate) struct Piece<'a, T> {
    rows: &'a [T],
    length: usize,
}

impl<'a, T> Piece<'a, T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let rows = self.rows;
        rows.iter().chain(rows.last().into_iter().cycle()).take(self.length)
    }
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
            most_rows: MOST_ROWS,
            numbered: [const { OnceLock::new() }; LENGTHS],
            plain: [const { OnceLock::new() }; LENGTHS],
        }
    }

    /// Looks many rows up at once, in a list in which it does no harm to stand twice.
    pub(crate) const fn look_up(before: &'static str, n_columns: usize, after: &'static str) -> Self {
        let mut batched = Self::new(before, n_columns, after);
        batched.most_rows = MOST_LOOKED_UP;
        batched
    }

    /// The rows in pieces of the fixed lengths, each with its statement's text. Of what is looked up, the last row fills
    /// its piece up.
    pub(crate) fn pieces<'a, T>(
        &'a self,
        placeholders: Placeholders,
        rows: &'a [T],
    ) -> impl Iterator<Item = (AssertSqlSafe<Arc<str>>, Piece<'a, T>)> {
        let mut rest = rows;
        std::iter::from_fn(move || {
            let most = rest.len().min(self.most_rows);
            let shorter = 1 << most.checked_ilog2()?;
            let length = if self.most_rows == MOST_LOOKED_UP { most.next_power_of_two() } else { shorter };
            let (rows, left) = rest.split_at(length.min(most));
            rest = left;
            Some((self.text(placeholders, length), Piece { rows, length }))
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
            for $row in piece.iter() {
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
            for $row in piece.iter() {
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
        let lengths = |statement: &Batched, rows: &[u32]| -> Vec<usize> {
            statement.pieces(Placeholders::Plain, rows).map(|(_, piece)| piece.iter().count()).collect()
        };
        assert_eq!(lengths(&statement, &rows), [32, 32, 8, 4, 1]);
        let pieces = statement.pieces(Placeholders::Plain, &rows);
        let back: Vec<_> = pieces.flat_map(|(_, piece)| piece.iter().copied().collect::<Vec<_>>()).collect();
        assert_eq!(back, rows);
        assert!(lengths(&statement, &[]).is_empty());
    }

    #[test]
    fn what_is_looked_up_fills_few_pieces() {
        let look_up = Batched::look_up("-- x\nSELECT a FROM t WHERE a IN (", 1, ")");
        let found = |n: u32| -> Vec<Vec<u32>> {
            let rows: Vec<u32> = (0..n).collect();
            look_up.pieces(Placeholders::Plain, &rows).map(|(_, piece)| piece.iter().copied().collect()).collect()
        };
        assert_eq!(found(3), [[0, 1, 2, 2]]);
        assert_eq!(found(257).iter().map(Vec::len).collect::<Vec<_>>(), [256, 1]);
        assert!(found(0).is_empty());
    }

    #[test]
    fn binds_are_numbered_through() {
        let statement = Batched::new("VALUES ", 3, ";");
        assert_eq!(statement.render(Placeholders::Numbered, 2), "VALUES ($1, $2, $3), ($4, $5, $6);");
        assert_eq!(statement.render(Placeholders::Plain, 2), "VALUES (?, ?, ?), (?, ?, ?);");
    }
}
