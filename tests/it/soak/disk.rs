//! A small file system of its own for an installation, so that its disk can be full. Needs the right to mount; skipped
//! loudly where there is none.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Room for the database and its log, the lake and the programs' logs.
const SIZE: &str = "size=600m,mode=755";

/// A mounted file system; it goes with this value.
pub(super) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts one at `folder`, which is made; `None` where that is not allowed.
    pub(super) fn mount(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "quarterday-soak"]).arg(folder).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            stand_ins::skipped("no right to mount a file system, so no disk was filled");
            return None;
        }
        Some(Self { folder: folder.to_owned() })
    }

    /// Takes all the room that is left, until [`Self::make_room`].
    pub(super) fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        let mut piece = vec![0_u8; 1 << 20];
        while !piece.is_empty() {
            if filler.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
    }

    /// Gives the room back.
    pub(super) fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that has just been killed may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
