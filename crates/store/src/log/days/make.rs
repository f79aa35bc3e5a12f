//! Making days ahead, so that no row of theirs has come yet.

use anyhook_domain::Day;
use sqlx::{AssertSqlSafe, PgPool};

use super::{ATTEMPTS, Days, EVENTS, Group, Step, begin, days_of, gives_way, partition, run};
use crate::StoreError;

pub(super) async fn make(pool: &PgPool, today: Day, ahead: u32, days: &mut Days) -> Result<(), StoreError> {
    for group in [EVENTS, ATTEMPTS] {
        let present = days_of(pool, group[0].0).await?;
        for day in (0..=ahead).map(|n| today.after(n)).filter(|day| !present.contains(day)) {
            match make_day(pool, group, day).await? {
                Step::Done if group == EVENTS => days.made.push(day),
                Step::Skipped if group == EVENTS => days.skipped.push(day),
                Step::Done | Step::Skipped => {}
                Step::Lost => return Ok(()),
            }
        }
    }
    Ok(())
}

/// The tables of a group get their partitions together or not at all: they are dropped together.
async fn make_day(pool: &PgPool, group: Group, day: Day) -> Result<Step, StoreError> {
    for (table, key) in group {
        if default_has(pool, table, key, day).await? {
            return Ok(Step::Skipped);
        }
    }
    let Some(mut transaction) = begin(pool).await? else { return Ok(Step::Lost) };
    for (table, _) in group {
        match run(&mut transaction, make_partition(table, day)).await {
            Ok(()) => {}
            Err(error) if gives_way(&error) => return Ok(Step::Skipped),
            Err(error) => return Err(error.into()),
        }
    }
    transaction.commit().await?;
    Ok(Step::Done)
}

/// Attaching would find out as well, but while others wait.
async fn default_has(pool: &PgPool, table: &str, key: &str, day: Day) -> Result<bool, StoreError> {
    let (first, next) = day.ids();
    let statement =
        format!("-- day in default\nSELECT EXISTS (SELECT 1 FROM {table}_default WHERE {key} >= $1 AND {key} < $2)");
    Ok(sqlx::query_scalar(AssertSqlSafe(statement)).bind(first).bind(next).fetch_one(pool).await?)
}

/// Made on its own and then attached: `CREATE TABLE … PARTITION OF` would keep everybody from the parent meanwhile.
fn make_partition(table: &str, day: Day) -> String {
    let ((first, next), partition) = (day.ids(), partition(table, day));
    format!(
        "-- make day\nCREATE TABLE {partition} (LIKE {table} INCLUDING ALL); \
         ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ('{first}') TO ('{next}')"
    )
}
