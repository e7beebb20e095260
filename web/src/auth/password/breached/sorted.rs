//! A list that is too long for memory: SHA-1 in hexadecimal digits, one a line, in order. A password is looked up in some
//! thirty reads.

use std::fs::File;
use std::os::unix::fs::FileExt;

use anyhow::{Context, ensure};

/// Digits of a SHA-1.
const DIGITS: usize = 40;
/// Longer than any line.
const LINE: usize = 128;
/// Places of a file that are looked at when it is opened.
const SAMPLES: u64 = 64;

/// The file.
#[derive(Debug)]
pub(super) struct Sorted {
    file: File,
    bytes: u64,
}

/// A line: where it begins, where the next one does, and its hash.
struct Line {
    begins: u64,
    ends: u64,
    hash: String,
}

impl Sorted {
    /// Takes the file, after a look whether it is a list in order.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub(super) fn open(file: File) -> anyhow::Result<Self> {
        let sorted = Self { bytes: file.metadata()?.len(), file };
        let mut before = String::new();
        for sample in 0..SAMPLES {
            let Some(line) = sorted.line(sorted.bytes / SAMPLES * sample)? else { continue };
            let digits = line.hash.len() == DIGITS && line.hash.bytes().all(|b| b.is_ascii_hexdigit());
            ensure!(digits, "a long list has {DIGITS} hexadecimal digits of a SHA-1 on each line");
            ensure!(before <= line.hash, "a long list is ordered by hash");
            before = line.hash;
        }
        ensure!(!before.is_empty(), "there is no hash in it");
        Ok(sorted)
    }

    /// Whether it holds this hash, in capital digits.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn contains(&self, hash: &str) -> anyhow::Result<bool> {
        let (mut low, mut high) = (0, self.bytes);
        while low < high {
            let middle = low + (high - low) / 2;
            let line = self.line(middle)?.filter(|line| line.begins < high);
            match line {
                // Nothing begins between the middle and the end.
                None => high = middle,
                Some(line) if line.hash.as_str() < hash => low = line.ends,
                Some(line) if line.hash == hash => return Ok(true),
                Some(_) => high = middle,
            }
        }
        Ok(false)
    }

    /// The first line that begins at `at` or after it.
    fn line(&self, at: u64) -> anyhow::Result<Option<Line>> {
        let begins = if at == 0 {
            0
        } else {
            let before = self.read(at - 1)?;
            match before.iter().position(|byte| *byte == b'\n') {
                Some(end) => at + end as u64,
                None if before.len() < LINE => return Ok(None),
                None => anyhow::bail!("a line is longer than {LINE} bytes"),
            }
        };
        let bytes = self.read(begins)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let line = &bytes[..end.unwrap_or(bytes.len())];
        let hash = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let hash = std::str::from_utf8(hash).context("no text")?.trim().to_ascii_uppercase();
        let ends = begins + end.map_or(bytes.len(), |end| end + 1) as u64;
        Ok(Some(Line { begins, ends, hash }))
    }

    fn read(&self, at: u64) -> anyhow::Result<Vec<u8>> {
        let mut buffer = vec![0; LINE];
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        buffer.truncate(filled);
        Ok(buffer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use sha1::{Digest, Sha1};

    use super::*;

    fn hash(text: &str) -> String {
        hex::encode_upper(Sha1::digest(text.as_bytes()))
    }

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn list(hashes: &[String], ending: &str) -> String {
        let line = |(n, hash): (usize, &String)| format!("{hash}:{}{ending}", n * 7919);
        hashes.iter().enumerate().map(line).collect()
    }

    proptest! {
        #[test]
        fn what_is_in_the_list_is_found_and_nothing_else(count in 1_usize..300, windows: bool, end: bool) {
            let mut hashes: Vec<String> = (0..count).map(|n| hash(&n.to_string())).collect();
            hashes.sort();
            let mut text = list(&hashes, if windows { "\r\n" } else { "\n" });
            if end {
                text.truncate(text.trim_end().len());
            }
            let sorted = Sorted::open(file(&text)).unwrap();
            for known in &hashes {
                prop_assert!(sorted.contains(known).unwrap());
            }
            for n in 0..50 {
                let other = hash(&format!("other {n}"));
                prop_assert!(!sorted.contains(&other).unwrap());
            }
        }
    }

    #[test]
    fn what_is_no_list_in_order_is_refused() {
        let mut hashes: Vec<String> = (0..500).map(|n| hash(&n.to_string())).collect();
        assert!(Sorted::open(file(&list(&hashes, "\n"))).unwrap_err().to_string().contains("ordered"));
        hashes.sort();
        let short: Vec<String> = hashes.iter().map(|hash| hash[..20].to_owned()).collect();
        for wrong in ["", "hello\nworld\n", &"x".repeat(10_000), &list(&short, "\n")] {
            assert!(Sorted::open(file(wrong)).is_err());
        }
    }
}
