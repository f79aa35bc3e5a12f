//! Dropping past days that nothing is left of.

use anyhook_domain::Day;
use sqlx::{AssertSqlSafe, PgPool, PgTransaction};
use uuid::Uuid;

use super::{ATTEMPTS, Days, EVENTS, Group, Step, begin, days_of, gives_way, partition, run};
use crate::StoreError;

/// Yesterday stays: clocks differ, and what waited elsewhere is appended late.
const STAYS: u32 = 2;

pub(super) async fn remove(pool: &PgPool, today: Day, days: &mut Days) -> Result<(), StoreError> {
    for group in [EVENTS, ATTEMPTS] {
        for day in days_of(pool, group[0].0).await?.into_iter().filter(|day| day.after(STAYS) <= today) {
            match remove_day(pool, group, day).await? {
                Step::Done if group == EVENTS => days.dropped.push(day),
                Step::Done | Step::Skipped => {}
                Step::Lost => return Ok(()),
            }
        }
    }
    Ok(())
}

/// INVARIANT: a day's events, keys and contents go once it has no event and no delivery is left of one; its attempts go
/// once no delivery is left whose id is of that day: a replay's delivery is younger than its event.
async fn remove_day(pool: &PgPool, group: Group, day: Day) -> Result<Step, StoreError> {
    match first_left(pool, group, day).await {
        Ok(None) => {}
        Ok(Some(_)) => return Ok(Step::Skipped),
        Err(error) if gives_way(&error) => return Ok(Step::Skipped),
        Err(error) => return Err(error.into()),
    }
    let Some(mut transaction) = begin(pool).await? else { return Ok(Step::Lost) };
    match drop_empty(&mut transaction, group, day).await {
        Ok(true) => transaction.commit().await?,
        Ok(false) => return Ok(Step::Skipped),
        Err(error) if gives_way(&error) => return Ok(Step::Skipped),
        Err(error) => return Err(error.into()),
    }
    Ok(Step::Done)
}

/// Looks again while nobody else can: whoever adds a delivery has locked its event before.
async fn drop_empty(tx: &mut PgTransaction<'static>, group: Group, day: Day) -> Result<bool, sqlx::Error> {
    let names =
        |name: &dyn Fn(&str) -> String| group.iter().map(|(table, _)| name(table)).collect::<Vec<_>>().join(", ");
    let parents = names(&|table| format!("ONLY {table}"));
    run(tx, format!("-- lock days\nLOCK TABLE {parents} IN ACCESS EXCLUSIVE MODE")).await?;
    if first_left(&mut **tx, group, day).await?.is_some() {
        return Ok(false);
    }
    let partitions = names(&|table| partition(table, day));
    // An older version, which knows one table less, may have made the day.
    run(tx, format!("-- drop day\nDROP TABLE IF EXISTS {partitions}")).await?;
    Ok(true)
}

/// The id of something that keeps a day: two looks at the starts of indexes.
async fn first_left<'a, E>(executor: E, group: Group, day: Day) -> Result<Option<Uuid>, sqlx::Error>
where
    E: sqlx::Executor<'a, Database = sqlx::Postgres>,
{
    let (first, next) = day.ids();
    let statement = match group {
        EVENTS => format!(
            "-- day left\nSELECT COALESCE((SELECT id FROM {} ORDER BY id LIMIT 1), \
             (SELECT event_id FROM deliveries WHERE event_id >= $1 AND event_id < $2 ORDER BY event_id LIMIT 1))",
            partition("events", day)
        ),
        _ => {
            "-- day left\nSELECT (SELECT id FROM deliveries WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 1)".to_owned()
        }
    };
    sqlx::query_scalar(AssertSqlSafe(statement)).bind(first).bind(next).fetch_one(executor).await
}
