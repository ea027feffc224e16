//! What is read of the store without changing it: who waits for whom, where items are, what has happened.
//!
//! Must not know: how it is shown.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;
use smol_str::SmolStr;

use super::work::key;
use super::{Fault, Line, Store, moment, plan, read};
use crate::plan::Plan;
use crate::run::{Item, Key, Task, task};

/// An attempt that waits for a person or a queue.
#[derive(Clone, Debug)]
pub struct Open {
    /// The plan that the item keeps.
    pub plan: Arc<Plan>,
    /// The item.
    pub item: Item,
    /// What the owner is told.
    pub task: Task,
    /// Since when it waits.
    pub since: Timestamp,
    /// By when something has to happen.
    pub due: Timestamp,
}

/// An item in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: SmolStr,
    /// Its flow.
    pub flow: SmolStr,
    /// The state where it is, or the end to which it came; empty if it was cancelled.
    pub place: SmolStr,
    /// When something happens to it by itself.
    pub due: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why nothing more can happen to it, which is a bug.
    pub fault: Option<String>,
}

/// How many items are at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The flow.
    pub flow: SmolStr,
    /// The state or end.
    pub place: SmolStr,
    /// It is an end, or the item was cancelled.
    pub ended: bool,
    /// So many.
    pub items: u64,
}

impl Store {
    /// What waits for people and queues, what is due first first.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn open_by_hand(&mut self) -> Result<Vec<Open>, Fault> {
        let waiting = "SELECT attempt, opened, due FROM attempts WHERE by_hand AND closed IS NULL ORDER BY due, attempt";
        let found =
            self.rows(waiting, &[], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
        let open = found.into_iter().map(|(attempt, since, due)| self.opened(&key(&attempt)?, since, due));
        open.filter_map(Result::transpose).collect()
    }

    fn opened(&mut self, attempt: &Key, since: i64, due: i64) -> Result<Option<Open>, Fault> {
        let Some(item) = self.item(&attempt.item)? else { return Ok(None) };
        let plan = self.plan(&item.plan)?;
        let task = task(&plan, &item).filter(|task| task.attempt == *attempt);
        Ok(task.map(|task| Open { plan, item, task, since: moment(since), due: moment(due) }))
    }

    /// The item of that id.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn item(&self, id: &str) -> Result<Option<Item>, Fault> {
        let mut found = self.db.prepare_cached("SELECT item FROM items WHERE id = ?1")?;
        let text: Option<String> = found.query_row([id], |row| row.get(0)).optional()?;
        text.map(|text| read(&text)).transpose()
    }

    /// All items that have not ended, or all, in the order of their ids; the runs of calls among them.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn items(&self, ended: bool) -> Result<Vec<Listed>, Fault> {
        let select =
            "SELECT id, flow, place, due, ended, fault FROM items WHERE ?1 OR ended IS NULL ORDER BY id";
        self.rows(select, params![ended], |row| {
            Ok(Listed {
                id: text(row, 0)?,
                flow: text(row, 1)?,
                place: text(row, 2)?,
                due: row.get::<_, Option<i64>>(3)?.map(moment),
                ended: row.get::<_, Option<i64>>(4)?.map(moment),
                fault: row.get(5)?,
            })
        })
    }

    /// How many items are where, flow by flow, ends last.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn places(&self) -> Result<Vec<Place>, Fault> {
        let select =
            "SELECT flow, place, ended IS NOT NULL, count(*) FROM items GROUP BY 1, 3, 2 ORDER BY 1, 3, 2";
        self.rows(select, &[], |row| {
            Ok(Place { flow: text(row, 0)?, place: text(row, 1)?, ended: row.get(2)?, items: row.get(3)? })
        })
    }

    /// What has happened to an item and to the runs of its calls, in order.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn log_of(&self, item: &str) -> Result<Vec<Line>, Fault> {
        let select = "SELECT number, item, at, who, entry FROM log
                      WHERE item = ?1 OR (item > ?1 || '/' AND item < ?1 || '0') ORDER BY number";
        let found = self.rows(select, params![item], line)?;
        found.into_iter().map(|(_, line)| line.read()).collect()
    }

    /// What has happened since a line of the log, with the number of the last one.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn log_since(&self, number: i64) -> Result<(i64, Vec<Line>), Fault> {
        let select = "SELECT number, item, at, who, entry FROM log WHERE number > ?1 ORDER BY number";
        let found = self.rows(select, params![number], line)?;
        let last = found.last().map_or(number, |(number, _)| *number);
        Ok((last, found.into_iter().map(|(_, line)| line.read()).collect::<Result<_, _>>()?))
    }

    /// The number of the last line of the log.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn log_end(&self) -> Result<i64, Fault> {
        let mut last = self.db.prepare_cached("SELECT ifnull(max(number), 0) FROM log")?;
        Ok(last.query_row([], |row| row.get(0))?)
    }

    /// How often work was handed on so far.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn handovers(&self) -> Result<u64, Fault> {
        let mut count =
            self.db.prepare_cached("SELECT count(*) FROM log WHERE entry LIKE '{\"handed\":%'")?;
        Ok(count.query_row([], |row| row.get(0))?)
    }

    /// What was replied to the attempts of an item and of the runs of its calls: the attempt with the reply.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn replies(&self, item: &str) -> Result<Vec<(Key, Value)>, Fault> {
        let select = "SELECT attempt, reply FROM attempts WHERE reply IS NOT NULL
                      AND (item = ?1 OR (item > ?1 || '/' AND item < ?1 || '0')) ORDER BY closed, rowid";
        let found =
            self.rows(select, params![item], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        found.into_iter().map(|(attempt, reply)| Ok((key(&attempt)?, read(&reply)?))).collect()
    }

    /// Attempts of an owner of which people are to be told, and whether that is the reminder: `lead` seconds before
    /// something has to happen, or when half of the time has passed.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn to_tell(&mut self, owner: &str, lead: u64, now: Timestamp) -> Result<Vec<(Open, bool)>, Fault> {
        let select = "SELECT attempt, opened, due, told IS NOT NULL FROM attempts
                      WHERE owner = ?1 AND by_hand AND closed IS NULL
                      AND (told IS NULL OR reminded IS NULL AND due - min(?2, (due - opened) / 2) <= ?3)
                      ORDER BY due LIMIT 100";
        let lead = i64::try_from(lead).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let found = self.rows(select, params![owner, lead, now.as_microsecond()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let open = found.into_iter().map(|(attempt, since, due, reminder)| {
            Ok(self.opened(&key(&attempt)?, since, due)?.map(|open| (open, reminder)))
        });
        open.filter_map(Result::transpose).collect()
    }

    /// When something happens to some item by itself.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        let mut next = self.db.prepare_cached("SELECT min(due) FROM items WHERE due IS NOT NULL")?;
        Ok(next.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(moment))
    }

    /// Whether every item has ended; with `waiting`, whether those that have not wait for people, for queues, for the
    /// end of a `wait` or for runs that do.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn is_drained(&self, waiting: bool) -> Result<bool, Fault> {
        let select = match waiting {
            false => "SELECT NOT EXISTS (SELECT 1 FROM items WHERE ended IS NULL AND fault IS NULL)",
            true => {
                "SELECT NOT EXISTS (SELECT 1 FROM items WHERE ended IS NULL AND fault IS NULL
                                    AND item ->> '$.at.visit.phase.pause.until' IS NOT NULL)
                 AND NOT EXISTS (SELECT 1 FROM attempts WHERE closed IS NULL AND NOT by_hand)"
            }
        };
        Ok(self.db.prepare_cached(select)?.query_row([], |row| row.get(0))?)
    }

    /// The hashes of all plans.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn plans(&mut self) -> Result<Vec<Arc<Plan>>, Fault> {
        let hashes = self.rows("SELECT hash FROM plans ORDER BY hash", &[], |row| text(row, 0))?;
        hashes.iter().map(|hash| plan(&self.db, &mut self.plans, hash)).collect()
    }

    fn rows<T>(
        &self,
        select: &str,
        values: &[&dyn rusqlite::ToSql],
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Fault> {
        let mut select = self.db.prepare_cached(select)?;
        Ok(select.query_map(values, row)?.collect::<Result<_, _>>()?)
    }
}

/// A line of the log as it is kept.
struct Kept {
    item: SmolStr,
    at: Timestamp,
    who: SmolStr,
    entry: String,
}

impl Kept {
    fn read(self) -> Result<Line, Fault> {
        let Kept { item, at, who, entry } = self;
        Ok(Line { item, at, who, entry: read(&entry)? })
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<(i64, Kept)> {
    let kept = Kept { item: text(row, 1)?, at: moment(row.get(2)?), who: text(row, 3)?, entry: row.get(4)? };
    Ok((row.get(0)?, kept))
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<SmolStr> {
    row.get_ref(column).and_then(|value| Ok(value.as_str()?.into()))
}
