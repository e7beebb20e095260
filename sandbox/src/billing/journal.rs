//! Keeps a book in a folder so that it survives whatever ends the program: each change is one line at the end of a file, written and
//! synced before it is answered. A last line that was cut off counts as never written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::book::{Book, Change, Header};

/// A file longer than this is written anew at the next start (16 MiB).
const LONG_BYTES: u64 = 16 * 1024 * 1024;
/// Rows in a line of a file that is written anew.
const ROWS_A_LINE: usize = 500;

/// One change.
#[derive(Serialize, Deserialize)]
struct Entry {
    header: Header,
    rows: Vec<Change>,
}

/// The file of a book.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// What is known to be whole.
    length: u64,
    _lock: File,
}

impl Journal {
    /// Opens the folder, made when missing, and reads the book that it holds into `book`.
    ///
    /// # Errors
    /// Another sandbox has it, it cannot be read or written, or it holds something else.
    pub fn open(folder: &Path, book: &mut Book) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let lock = lock(folder)?;
        let path = folder.join("journal.ndjson");
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = open.with_context(|| path.display().to_string())?;
        let length = replay(&file, book).with_context(|| path.display().to_string())?;
        file.set_len(length)?;
        let mut journal = Self { path, file, length, _lock: lock };
        journal.file.seek(SeekFrom::Start(length))?;
        if length > LONG_BYTES {
            journal.write_anew(book)?;
        }
        Ok(journal)
    }

    /// Adds the rows that a book has touched.
    ///
    /// # Errors
    /// They cannot be written; then the file is as it was before.
    pub fn append(&mut self, book: &mut Book) -> Result<()> {
        let rows = book.take_changes()?;
        let mut line = serde_json::to_vec(&Entry { header: book.header.clone(), rows })?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::Start(self.length))?;
            return Err(error).with_context(|| self.path.display().to_string());
        }
        self.length += u64::try_from(line.len())?;
        Ok(())
    }

    /// Writes the book as it is beside the file, then puts that in its place.
    fn write_anew(&mut self, book: &Book) -> Result<()> {
        let aside = self.path.with_extension("new");
        let mut file = File::create(&aside).with_context(|| aside.display().to_string())?;
        let rows = book.all_rows()?;
        for rows in rows.chunks(ROWS_A_LINE) {
            let entry = Entry { header: book.header.clone(), rows: rows.to_vec() };
            serde_json::to_writer(&mut file, &entry)?;
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        fs::rename(&aside, &self.path).with_context(|| self.path.display().to_string())?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        self.length = file.stream_position()?;
        self.file = file;
        Ok(())
    }
}

/// Taken for as long as the program runs, however it ends.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another billing sandbox uses this folder; name another --state", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Reads all whole lines; gives where they end.
fn replay(file: &File, book: &mut Book) -> Result<u64> {
    let mut reader = BufReader::new(file);
    let (mut line, mut length, mut number) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok(length);
        }
        number += 1;
        let entry: Entry = serde_json::from_slice(&line)
            .with_context(|| format!("line {number} is damaged; move the folder away to begin anew"))?;
        book.header = entry.header;
        for row in entry.rows {
            book.restore(row).with_context(|| format!("line {number}"))?;
        }
        length += u64::try_from(read)?;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::row::TestClock;
    use super::*;

    fn clock(book: &mut Book) -> String {
        let id = book.id("clock");
        book.clocks
            .put(&id, TestClock { id: id.clone(), name: None, frozen_time: 1, created: 1, deleted: false });
        id
    }

    #[test]
    fn what_was_written_is_there_again_and_a_cut_off_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = Book::new(0, "salt");
        let mut journal = Journal::open(folder.path(), &mut book).unwrap();
        let first = clock(&mut book);
        journal.append(&mut book).unwrap();
        let refused = Journal::open(folder.path(), &mut Book::default()).unwrap_err();
        assert!(refused.to_string().contains("another billing sandbox"), "{refused}");
        let second = clock(&mut book);
        journal.append(&mut book).unwrap();
        let path = journal.path.clone();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 5]).unwrap();

        let mut again = Book::default();
        let mut journal = Journal::open(folder.path(), &mut again).unwrap();
        assert!(again.clocks.get(&first).is_some() && again.clocks.get(&second).is_none());
        assert_eq!(again.header.salt, "salt");
        assert_eq!(clock(&mut again), second, "the id that never came to be is given again");
        journal.append(&mut again).unwrap();
        journal.write_anew(&again).unwrap();
        clock(&mut again);
        journal.append(&mut again).unwrap();
        drop(journal);
        let mut last = Book::default();
        Journal::open(folder.path(), &mut last).unwrap();
        assert_eq!((last.clocks.len(), last.header), (3, again.header));
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("journal.ndjson"), "{}\n{}\n").unwrap();
        let refused = format!("{:#}", Journal::open(folder.path(), &mut Book::default()).unwrap_err());
        assert!(refused.contains("line 1 is damaged"), "{refused}");
    }
}
