//! Who may change the book: one at a time, and what is changed is on disk before anybody is told.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use chrono::Utc;
use tokio::sync::Notify;

use super::book::Book;
use super::engine::cycle;
use super::journal::Journal;
use super::refusal::Refusal;
use super::visit;

/// The book and its file.
#[derive(Debug)]
pub struct Keeper {
    kept: Mutex<Kept>,
    /// Told when there may be something to tell the caller.
    pub wake: Notify,
}

#[derive(Debug)]
struct Kept {
    book: Book,
    journal: Option<Journal>,
}

impl Keeper {
    /// Keeps a book; without a journal in memory only.
    pub fn new(book: Book, journal: Option<Journal>) -> Self {
        Self { kept: Mutex::new(Kept { book, journal }), wake: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The real clock, in seconds.
    pub fn real() -> i64 {
        Utc::now().timestamp()
    }

    /// A copy of the book, at the instant of the sandbox's clock.
    pub fn look(&self) -> Book {
        let mut book = self.lock().book.clone();
        book.enter(None, Self::real());
        book
    }

    /// Changes the book: what is due comes first, then all of it happens or nothing. An error that says so keeps what was done.
    ///
    /// # Errors
    /// What `work` refuses, or the change cannot be written.
    pub fn change<T>(&self, work: impl FnOnce(&mut Book, i64) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let real = Self::real();
        let mut kept = self.lock();
        kept.pass(real)?;
        let mut next = kept.book.clone();
        next.enter(None, real);
        next.idempotency_key = None;
        let result = work(&mut next, real);
        if result.as_ref().map_or_else(|refusal| refusal.keeps, |_| true) {
            kept.keep(next)?;
            self.wake.notify_one();
        }
        result
    }

    /// Lets happen what is due by the sandbox's clock.
    ///
    /// # Errors
    /// The change cannot be written.
    pub fn pass_time(&self) -> Result<(), Refusal> {
        if self.lock().pass(Self::real())? {
            self.wake.notify_one();
        }
        Ok(())
    }
}

impl Kept {
    fn pass(&mut self, real: i64) -> Result<bool, Refusal> {
        let now = self.book.clock_shows(None, real);
        if !cycle::is_due(&self.book, None, now) && !visit::is_due(&self.book, now) {
            return Ok(false);
        }
        let mut next = self.book.clone();
        cycle::advance(&mut next, None, now)?;
        visit::expire(&mut next, now);
        self.keep(next)?;
        Ok(true)
    }

    fn keep(&mut self, mut next: Book) -> Result<(), Refusal> {
        if let Some(journal) = &mut self.journal {
            let written = journal.append(&mut next);
            written
                .map_err(|error| Refusal::internal(format!("the sandbox cannot keep its book: {error:#}")))?;
        } else {
            let forgotten = next.take_changes();
            forgotten.map_err(|error| Refusal::internal(error.to_string()))?;
        }
        self.book = next;
        Ok(())
    }
}
