//! What the runner must remember, in one SQLite file: plans, items, attempts and the log.
//!
//! Every change is a [`Work`]: a transaction in which items take steps, so that an item, its log and what its owners are
//! told always belong together. Several processes may have the file open. Must not know: how owners are reached.

#![allow(clippy::disallowed_methods)] // this is a place for them: files and clock

mod entry;
mod views;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use serde::Deserialize;
use smol_str::SmolStr;

use crate::plan::Plan;

pub use entry::{Entry, Line};
pub use views::{Listed, Open, Place};
pub(crate) use work::is_by_hand;
pub use work::{Assignment, Verdict, Work};

/// The version of the tables.
const VERSION: i64 = 1;
/// How long a process waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The file, open.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    plans: Plans,
}

/// Plans that were read already, by hash.
type Plans = BTreeMap<SmolStr, Arc<Plan>>;

/// The file can't be used: it can't be read or written, or does not hold what it should.
#[derive(Debug)]
pub struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault(error.to_string())
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Fault {
        Fault(format!("what it holds can't be read: {error}"))
    }
}

impl Store {
    /// Opens the file, and makes it if it is missing; its folder is there.
    ///
    /// # Errors
    /// If it can't be opened, or holds something else.
    pub fn open(path: &Path) -> Result<Store, Fault> {
        Store::with(Connection::open(path)?)
    }

    /// Opens a file that is there.
    ///
    /// # Errors
    /// If it can't be opened, or holds something else.
    pub fn open_existing(path: &Path) -> Result<Store, Fault> {
        Store::with(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
    }

    fn with(mut db: Connection) -> Result<Store, Fault> {
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "journal_mode", "wal")?;
        db.pragma_update(None, "synchronous", "full")?;
        if version(&db)? != VERSION {
            let made = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            match version(&made)? {
                0 => {
                    made.execute_batch(include_str!("schema.sql"))?;
                    made.pragma_update(None, "user_version", VERSION)?;
                }
                VERSION => {} // another process has just made them
                other => {
                    return Err(Fault(format!("it is of version {other}, and this program reads {VERSION}")));
                }
            }
            made.commit()?;
        }
        Ok(Store { db, plans: Plans::new() })
    }

    /// Carries out `change`, all of it or, if it fails or the process dies, nothing.
    ///
    /// # Errors
    /// That of `change`, or if the file can't be written.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Work<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let Store { db, plans } = self;
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut work = Work { db: &transaction, plans, now: now() };
        let done = change(&mut work)?;
        transaction.commit()?;
        Ok(done)
    }

    /// A number that is another one when another process has written.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn changes(&self) -> Result<i64, Fault> {
        Ok(self.db.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// The plan of that hash.
    ///
    /// # Errors
    /// If there is none, or it can't be read.
    pub fn plan(&mut self, hash: &str) -> Result<Arc<Plan>, Fault> {
        plan(&self.db, &mut self.plans, hash)
    }
}

/// The version of the tables that are there; 0 if there are none.
fn version(db: &Connection) -> Result<i64, Fault> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The time, as exact as it is kept.
#[must_use]
pub fn now() -> Timestamp {
    moment(Timestamp::now().as_microsecond())
}

fn moment(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}

fn plan(db: &Connection, plans: &mut Plans, hash: &str) -> Result<Arc<Plan>, Fault> {
    if let Some(plan) = plans.get(hash) {
        return Ok(Arc::clone(plan));
    }
    let mut found = db.prepare_cached("SELECT plan FROM plans WHERE hash = ?1")?;
    let text: Option<String> = found.query_row([hash], |row| row.get(0)).optional()?;
    let text = text.ok_or_else(|| Fault(format!("the plan {hash} is missing in it")))?;
    let plan = Arc::new(Plan::read(&text)?);
    plans.insert(hash.into(), Arc::clone(&plan));
    Ok(plan)
}

/// Reads what was written here. It nests as deep as what it was made of, which was bounded when that came in.
fn read<T: for<'d> Deserialize<'d>>(text: &str) -> Result<T, Fault> {
    let mut text = serde_json::Deserializer::from_str(text);
    text.disable_recursion_limit();
    Ok(T::deserialize(&mut text)?)
}
