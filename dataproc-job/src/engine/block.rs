//! Rows together, as runs on disk hold them: what is fixed in length first, then all texts one after the other, so that
//! these are known to be UTF-8 by one look at the whole.

use std::io;

use anyhow::{Context, ensure};
use zstd::bulk::Compressor;

use super::row::{Place, Row, RowKind};

/// Bytes of a row's fixed part.
const HEAD: usize = 21;

/// Some rows in order.
#[derive(Debug, Default)]
pub(crate) struct RowBlock {
    heads: Vec<u8>,
    texts: String,
}

/// A row's place in a block, and that of its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    /// The row's number.
    row: usize,
    /// Where its text begins.
    text: usize,
}

impl At {
    /// The first row.
    pub(crate) const FIRST: Self = Self { row: 0, text: 0 };
}

const DAMAGED: &str =
    "rows that cannot be read: they were written by another version or are damaged; repeat the stage";

/// The bytes of a row's id and body, from its fixed part.
fn lengths(head: &[u8]) -> Option<(usize, usize)> {
    let id = u16::from_le_bytes(head.get(15..17)?.try_into().ok()?);
    let body = u32::from_le_bytes(head.get(17..21)?.try_into().ok()?);
    Some((usize::from(id), body as usize))
}

impl RowBlock {
    /// The bytes that the rows take.
    pub(crate) fn weight(&self) -> usize {
        self.heads.len() + self.texts.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Forgets all rows, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        self.texts.clear();
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: &Row<'_>) {
        let Place { asset, kind, at, source } = row.place;
        self.heads.extend_from_slice(&asset.to_le_bytes());
        self.heads.push(kind as u8);
        self.heads.extend_from_slice(&at.to_le_bytes());
        self.heads.extend_from_slice(&source.to_le_bytes());
        self.heads.extend_from_slice(&(row.id.len() as u16).to_le_bytes());
        self.heads.extend_from_slice(&(row.body.len() as u32).to_le_bytes());
        self.texts.push_str(row.id);
        self.texts.push_str(row.body);
    }

    /// The row at `at`, and where the next one is; `None` behind the last.
    pub(crate) fn row(&self, at: At) -> Option<(Row<'_>, At)> {
        let head = self.heads.get(HEAD * at.row..HEAD * (at.row + 1))?;
        let asset = u32::from_le_bytes(head[0..4].try_into().ok()?);
        let kind = RowKind::from_number(head[4])?;
        let instant = i64::from_le_bytes(head[5..13].try_into().ok()?);
        let source = u16::from_le_bytes(head[13..15].try_into().ok()?);
        let (id, body) = lengths(head)?;
        let (middle, end) = (at.text + id, at.text + id + body);
        let row = Row {
            place: Place { asset, kind, at: instant, source },
            id: self.texts.get(at.text..middle)?,
            body: self.texts.get(middle..end)?,
        };
        Some((row, At { row: at.row + 1, text: end }))
    }

    /// Compresses the rows and forgets them; returns also how many bytes they were.
    ///
    /// # Errors
    /// They are more than 4 GiB.
    pub(crate) fn pack(&mut self, compressor: &mut Compressor<'_>) -> io::Result<(Vec<u8>, u32)> {
        let too_large = |_| io::Error::new(io::ErrorKind::InvalidData, "a row of more than 4 GiB");
        let heads = u32::try_from(self.heads.len()).map_err(too_large)?;
        let mut raw = Vec::with_capacity(4 + self.weight());
        raw.extend_from_slice(&heads.to_le_bytes());
        raw.extend_from_slice(&self.heads);
        raw.extend_from_slice(self.texts.as_bytes());
        let size = u32::try_from(raw.len()).map_err(too_large)?;
        self.clear();
        Ok((compressor.compress(&raw)?, size))
    }

    /// Replaces the rows by those that [`RowBlock::pack`] has compressed; `raw` is what the compressor was given.
    ///
    /// # Errors
    /// They are not rows.
    pub(crate) fn unpack(&mut self, raw: &[u8]) -> anyhow::Result<()> {
        self.clear();
        let (heads, rest) = raw.split_first_chunk::<4>().context(DAMAGED)?;
        let heads = u32::from_le_bytes(*heads) as usize;
        let (heads, texts) = rest.split_at_checked(heads).context(DAMAGED)?;
        let said: usize = heads.chunks(HEAD).filter_map(lengths).map(|(id, body)| id + body).sum();
        ensure!(heads.len() % HEAD == 0 && said == texts.len(), DAMAGED);
        self.texts.push_str(simdutf8::basic::from_utf8(texts).context(DAMAGED)?);
        self.heads.extend_from_slice(heads);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use zstd::bulk::Decompressor;

    use super::*;
    use crate::engine::row::tests::place;

    proptest! {
        #[test]
        fn rows_come_back_from_a_block(rows in proptest::collection::vec((0u32..9, 0u8..3, any::<i64>(), ".{0,5}", ".{0,40}"), 0..9)) {
            let rows: Vec<Row<'_>> = rows
                .iter()
                .map(|(asset, kind, at, id, body)| Row { place: place(*asset, RowKind::from_number(*kind).unwrap(), *at), id, body })
                .collect();
            let mut block = RowBlock::default();
            rows.iter().for_each(|row| block.push(row));
            let (stored, raw) = block.pack(&mut Compressor::new(1).unwrap()).unwrap();
            prop_assert!(block.is_empty());
            let bytes = Decompressor::new().unwrap().decompress(&stored, raw as usize).unwrap();
            block.unpack(&bytes).unwrap();
            let (mut at, mut read) = (At::FIRST, Vec::new());
            while let Some((row, next)) = block.row(at) {
                read.push(format!("{row:?}"));
                at = next;
            }
            prop_assert_eq!(read, rows.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>());
            for cut in 0..bytes.len().min(60) {
                let mut damaged = RowBlock::default();
                if damaged.unpack(&bytes[..cut]).is_ok() {
                    let _ = damaged.row(At::FIRST);
                }
            }
        }
    }
}
