//! What can go wrong with the database.

/// The database did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is overloaded, out of space, shutting down: later it may well work.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A statement was refused, or a row is not of the form that it must have.
    #[error("the database refused a statement or holds a row that cannot be read: {0}")]
    Broken(#[source] sqlx::Error),
}

/// Why the database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("database URL {0:?} is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/DATABASE")]
    UnknownUrl(String),
    #[error("the database cannot be opened; is it running, and is its address right?")]
    Unreachable(#[source] sqlx::Error),
    #[error("PostgreSQL runs with {setting} = {value}: acknowledged events could be lost; set it to {wanted}")]
    Unsafe { setting: &'static str, value: String, wanted: &'static str },
    #[error("the schema cannot be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
}

/// SQLSTATE classes and codes that say "not now": connection trouble, a lost race, out of resources, an operator's
/// intervention, system errors; a server that is read-only (after a failover), a session or lock that timed out.
const PASSING_SQLSTATES: [&str; 8] = ["08", "40", "53", "57", "58", "25006", "25P03", "55P03"];
/// SQLite's primary result codes that say the same: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN.
const PASSING_SQLITE_CODES: [i32; 8] = [5, 6, 7, 8, 9, 10, 13, 14];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) { Self::Unavailable(error) } else { Self::Broken(error) }
    }
}

impl StoreError {
    /// Whether this transaction met another one and has to be done again: it was chosen to end a deadlock, or its row was
    /// on its way into the default partition when the row's day got one of its own. Checks have names, partitions have not.
    pub(crate) fn is_overtaken(&self) -> bool {
        let (Self::Unavailable(error) | Self::Broken(error)) = self;
        error.as_database_error().is_some_and(|refusal| match refusal.code().as_deref() {
            Some("40P01") => true,
            Some("23514") => refusal.constraint().is_none(),
            _ => false,
        })
    }
}

/// Does a transaction again when another one overtook it: `again!(self.claim_once(&claims).await)`. Rows are asked for in
/// the order of their ids, but PostgreSQL locks them in the order of its plan.
macro_rules! again {
    ($work:expr) => {{
        let mut n_overtaken = 0;
        loop {
            match $work {
                Err(error) if error.is_overtaken() && n_overtaken < $crate::error::MOST_OVERTAKEN => n_overtaken += 1,
                done => break done,
            }
        }
    }};
}

pub(crate) use again;

/// Times in a row after which the caller is told.
pub(crate) const MOST_OVERTAKEN: u32 = 5;

fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| is_passing_code(&code)),
        sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

/// PostgreSQL's codes have five characters; SQLite's are numbers whose low byte is the primary code.
fn is_passing_code(code: &str) -> bool {
    if code.len() == 5 {
        return PASSING_SQLSTATES.iter().any(|class| code.starts_with(class));
    }
    code.parse::<i32>().is_ok_and(|number| PASSING_SQLITE_CODES.contains(&(number & 0xff)))
}

#[cfg(test)]
mod tests {
    use super::is_passing_code;

    #[test]
    fn passing_trouble_is_told_from_refusals() {
        for code in ["53100", "57P01", "08006", "40P01", "58030", "55P03", "25006", "5", "13", "2570", "8"] {
            assert!(is_passing_code(code), "{code}");
        }
        for code in ["23505", "42P01", "22021", "19", "2067", "1", ""] {
            assert!(!is_passing_code(code), "{code}");
        }
    }
}
