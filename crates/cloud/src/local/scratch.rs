//! Files of a local lake that are not finished yet: beside the object that they will be, under a name that no key has.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A file that is removed when it was not renamed. It is locked for as long as its writer lives, however that ends, so that
/// [`sweep`] can tell it from what a dead one left.
pub(super) struct Scratch {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl Scratch {
    /// An empty file beside `target`. In the same folder, which is made when missing, since the kernel moves one file at a
    /// time between folders.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        let mut made = false;
        loop {
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let path = target.with_file_name(format!(".{}-{serial}", std::process::id()));
            let file = match File::create(&path) {
                Err(e) if e.kind() == ErrorKind::NotFound && !made => {
                    fs::create_dir_all(target.parent().unwrap_or(target))?;
                    made = true;
                    continue;
                }
                file => file?,
            };
            file.lock()?;
            // Somebody may have swept it away before it was locked, and the folder with it.
            if file.metadata()?.nlink() > 0 {
                return Ok(Self { path, file });
            }
            made = false;
        }
    }

    /// Makes it the object `target`.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub(super) fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.path.clear();
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a file of this name is somebody's [`Scratch`].
fn is_scratch(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = name.strip_prefix('.').and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(process, serial)| number(process) && number(serial))
}

/// Removes the scratch files in `folder` and below it that nobody has locked, and the folders that become empty by that. What
/// cannot be looked at is left: it harms nobody.
pub(super) fn sweep(folder: &Path) {
    let mut swept = false;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if !name.starts_with('.') {
                sweep(&entry.path());
            }
        } else if is_scratch(&name) {
            let file = File::open(entry.path());
            swept |= file.is_ok_and(|file| file.try_lock().is_ok() && fs::remove_file(entry.path()).is_ok());
        }
    }
    if swept {
        let _ = fs::remove_dir(folder);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_dead_writers_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join("slot=1").join(name);
        let alive = Scratch::beside(&path("asset=A/posts.csv")).unwrap();
        fs::create_dir(path("asset=B")).unwrap();
        let dead = [path("asset=A/.4711-3"), path("asset=B/.4711-4")];
        let others = [path("asset=A/posts.parquet"), path("asset=A/.4711-x"), folder.path().join(".4711-5")];
        dead.iter().chain(&others).for_each(|file| fs::write(file, "half of").unwrap());

        sweep(&folder.path().join("slot=1"));

        assert!(dead.iter().all(|file| !file.exists()), "{dead:?}");
        assert!(!path("asset=B").exists(), "nothing was in it but what was swept");
        assert!(others.iter().all(|file| file.exists()), "{others:?}");
        alive.rename(&path("asset=A/posts.csv")).unwrap();
        assert!(path("asset=A/posts.csv").exists());
    }

    #[test]
    fn a_scratch_file_that_is_not_renamed_goes() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::beside(&folder.path().join("object")).unwrap();
        let path = scratch.path.clone();
        assert!(path.exists());
        drop(scratch);
        assert!(!path.exists());
    }
}
