//! The folder of an installation, and who may use it: one command that runs things at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use ledger::postgres::{self, Database};
use secrecy::SecretString;

/// An installation's folder.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

/// Held while a command runs things in the folder; released by the system when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Home {
    /// The folder, made when missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        for folder in [root.to_owned(), root.join("logs")] {
            fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
        }
        let root = root.canonicalize().with_context(|| root.display().to_string())?;
        Ok(Self { root })
    }

    /// A file or folder in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The lake.
    pub fn lake(&self) -> PathBuf {
        self.root.join("lake")
    }

    /// A program's log.
    pub fn log(&self, program: &str) -> PathBuf {
        self.root.join("logs").join(format!("{program}.log"))
    }

    /// Takes the folder for this command.
    ///
    /// # Errors
    /// Another command has it; its process id is named.
    pub fn lock(&self) -> anyhow::Result<Lock> {
        let path = self.root.join("lock");
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                Ok(Lock { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner)?;
                bail!(
                    "{} is in use by another quarterday command (process {owner}): stop that one, or name another --home",
                    self.root.display()
                )
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Whether another command has the folder.
    pub fn is_in_use(&self) -> bool {
        let file = File::open(self.root.join("lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Writes a file that only this user may read.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_private(&self, name: &str, content: &str) -> anyhow::Result<()> {
        let path = self.root.join(name);
        let aside = path.with_extension("new");
        // Made anew, so that an old file's wider permissions do not stay.
        let _ = fs::remove_file(&aside);
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&aside);
        file.and_then(|mut file| file.write_all(content.as_bytes()))
            .with_context(|| aside.display().to_string())?;
        fs::rename(&aside, &path).with_context(|| path.display().to_string())
    }

    /// The token that the programs of this installation show each other; made at first use.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn token(&self) -> anyhow::Result<SecretString> {
        self.secret("token", "")
    }

    /// A secret of this installation, made at first use: the prefix and 64 random hexadecimal digits.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn secret(&self, name: &str, prefix: &str) -> anyhow::Result<SecretString> {
        if let Ok(kept) = fs::read_to_string(self.root.join(name)) {
            return Ok(kept.into());
        }
        let made = format!("{prefix}{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        self.write_private(name, &made)?;
        Ok(made.into())
    }

    /// A database for a command that only looks: that of the command which has the folder, else one of its own.
    ///
    /// # Errors
    /// Postgres is not to be had.
    pub fn database_to_look_at(&self) -> anyhow::Result<Database> {
        if self.is_in_use() {
            let url = fs::read_to_string(self.root.join("database-url"));
            return Ok(Database::External(
                url.context("the command that uses this folder is still starting: try again")?,
            ));
        }
        Ok(Database::open(&self.root)?)
    }

    /// Deletes everything in it but the lock.
    ///
    /// # Errors
    /// Something cannot be deleted.
    pub fn clear(&self, _lock: &Lock) -> anyhow::Result<()> {
        postgres::delete(&self.root)?;
        for entry in fs::read_dir(&self.root)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name == "lock") {
                continue;
            }
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| path.display().to_string())?;
        }
        Ok(fs::create_dir_all(self.root.join("logs"))?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_command_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        assert!(!home.is_in_use());
        let lock = home.lock().unwrap();
        assert!(home.is_in_use());
        let refused = home.lock().unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        home.write_private("secret", "x").unwrap();
        home.clear(&lock).unwrap();
        assert!(!home.join("secret").exists());
        drop(lock);
        assert!(home.lock().is_ok());
    }
}
