//! Rows as lines, for engines that sort lines: `part TAB time TAB id TAB body`.
//!
//! The part is the asset's symbol, percent-encoded, with `~NN` behind it where several tasks share the asset. The time is the
//! digit of the kind and sixteen hexadecimal digits, the id is source and id with a space between them. All are written
//! so that lines in the order of their bytes are rows in their order. No field holds a tab, a line feed or a carriage
//! return; all is UTF-8. Lines that begin with `!` are not rows.

use anyhow::{Context, bail, ensure};

use super::frame::Frame;
use super::row::{Place, Row, RowKind};

/// Stands before the letter that stands for a control character in a body, and before itself.
const ESCAPE: u8 = b'~';

/// Stands before two hexadecimal digits in an id; less than all that needs none, so that the order stays.
const MARK: u8 = b'!';

/// Writes a row.
pub(crate) fn write(out: &mut Vec<u8>, frame: &Frame, part: &[u8], row: &Row<'_>) {
    out.extend_from_slice(part);
    out.push(b'\t');
    out.push(b'0' + row.place.kind as u8);
    let at = (row.place.at as u64) ^ (1 << 63);
    for shift in (0..16).rev() {
        out.push(hex((at >> (4 * shift)) as u8 & 15));
    }
    out.push(b'\t');
    ordered(out, frame.sources[usize::from(row.place.source)].name.as_bytes());
    out.push(b' ');
    ordered(out, row.id.as_bytes());
    out.push(b'\t');
    if row.body.bytes().all(|b| b >= b' ' && b != ESCAPE) {
        out.extend_from_slice(row.body.as_bytes());
    } else {
        for byte in row.body.bytes() {
            match byte {
                ESCAPE => out.extend_from_slice(&[ESCAPE, ESCAPE]),
                control @ 0..b' ' => out.extend_from_slice(&[ESCAPE, control + b'@']),
                other => out.push(other),
            }
        }
    }
    out.push(b'\n');
}

/// A line, taken apart.
pub(crate) struct Line<'a> {
    /// The part.
    pub(crate) part: &'a str,
    /// All before the body: what rows are sorted by.
    pub(crate) key: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Line<'a> {
    /// Finds the fields of a line without its end.
    ///
    /// # Errors
    /// There are fewer.
    pub(crate) fn of(line: &'a [u8]) -> anyhow::Result<Self> {
        let mut tabs = line.iter().enumerate().filter(|(_, b)| **b == b'\t').map(|(at, _)| at);
        let (first, third) = (tabs.next(), tabs.nth(1));
        let (Some(first), Some(third)) = (first, third) else { bail!("a line of fewer than four fields") };
        let part = std::str::from_utf8(&line[..first]).context("the part is not UTF-8")?;
        Ok(Self { part, key: &line[..=third], rest: &line[first + 1..] })
    }

    /// The symbol of the part, and whether it is a shard.
    ///
    /// # Errors
    /// There is no such asset.
    pub(crate) fn asset(&self, frame: &Frame) -> anyhow::Result<(u32, bool)> {
        let (name, shard) = self.part.split_once('~').map_or((self.part, false), |(name, _)| (name, true));
        let symbol = percent_encoding::percent_decode_str(name).decode_utf8()?;
        let number = symbol.parse().ok().and_then(|symbol| frame.numbers.get(&symbol).copied());
        let number = number.with_context(|| {
            format!("asset {symbol} is not in the list: was the list changed while the slot was split?")
        })?;
        Ok((number, shard))
    }

    /// The row of asset number `asset`; its bytes are put into `id` and `body`.
    ///
    /// # Errors
    /// A field is not what [`write`] writes.
    pub(crate) fn row<'b>(
        &self,
        frame: &Frame,
        asset: u32,
        id: &'b mut String,
        body: &'b mut String,
    ) -> anyhow::Result<Row<'b>> {
        let mut fields = self.rest.splitn(3, |b| *b == b'\t');
        let (time, name, text) = (fields.next(), fields.next(), fields.next());
        let (Some(time), Some(name), Some(text)) = (time, name, text) else {
            bail!("a line of fewer than four fields")
        };
        ensure!(time.len() == 17, "a time of {} characters", time.len());
        let kind = RowKind::from_number(time[0].wrapping_sub(b'0')).context("a row of no known kind")?;
        let at = u64::from_str_radix(std::str::from_utf8(&time[1..])?, 16)? ^ (1 << 63);
        let space = name.iter().position(|b| *b == b' ').context("an id without a source")?;
        unordered(id, &name[..space])?;
        let source = frame.source(id).with_context(|| format!("{id} is no source of this slot"))?;
        unordered(id, &name[space + 1..])?;
        body.clear();
        let text = simdutf8::basic::from_utf8(text).context("a body that is not UTF-8")?;
        let mut pieces = text.split(char::from(ESCAPE));
        body.push_str(pieces.next().unwrap_or_default());
        while let Some(piece) = pieces.next() {
            // Nothing between two of them: it stands for itself.
            if piece.is_empty() {
                body.push(char::from(ESCAPE));
                body.push_str(pieces.next().context("a body that ends too early")?);
                continue;
            }
            let (letter, rest) = piece.split_at_checked(1).context("a body with a mark before no letter")?;
            let control = letter.as_bytes()[0].wrapping_sub(b'@');
            ensure!(control < b' ', "a body with a mark before {letter}");
            body.push(char::from(control));
            body.push_str(rest);
        }
        Ok(Row { place: Place { asset, kind, at: at as i64, source }, id, body })
    }
}

fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

fn ordered(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        if *byte <= MARK {
            out.extend_from_slice(&[MARK, hex(byte >> 4), hex(byte & 15)]);
        } else {
            out.push(*byte);
        }
    }
}

/// Replaces `text` by what [`ordered`] was given.
fn unordered(text: &mut String, bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::mem::take(text).into_bytes();
    out.clear();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == MARK {
            let digits = bytes.get(at + 1..at + 3).context("an id that ends too early")?;
            out.push(u8::from_str_radix(std::str::from_utf8(digits)?, 16)?);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    *text = String::from_utf8(out).context("an id that is not UTF-8")?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::{DateTime, Utc};
    use domain::{AssetList, Manifest};
    use proptest::prelude::*;

    use super::*;

    fn frame() -> Frame {
        let slot = "2026-11-21T06Z".parse().unwrap();
        let mut records = Manifest::new("collect", slot, "test");
        for name in ["a b", "a", "a!"] {
            let key = format!("records/kind=post/slot={slot}/source={name}/part-0.parquet");
            records.objects.push(domain::manifest::ObjectEntry::of(key, b"", 0));
        }
        let list = AssetList::from_csv(b"symbol,name,class,exchange,aliases\nA/B=%..,x,equity,,\n").unwrap();
        Frame::new(&records, &list, DateTime::<Utc>::UNIX_EPOCH).unwrap()
    }

    proptest! {
        #[test]
        fn rows_travel_and_keep_their_order(
            one in (0u8..3, any::<i64>(), 0u16..3, "[ !\"a\t]{0,3}", "(?s).{0,9}"),
            other in (0u8..3, -3i64..3, 0u16..3, "[ !\"a\t]{0,3}", "[~\n\ta]{0,9}"),
            same in any::<bool>(),
        ) {
            let (frame, mut lines) = (frame(), Vec::new());
            let one = if same { (other.0, other.1, other.2, one.3, one.4) } else { one };
            let rows = [&one, &other].map(|(kind, at, source, id, body)| Row {
                place: Place { asset: 0, kind: RowKind::from_number(*kind).unwrap(), at: *at, source: *source },
                id,
                body,
            });
            for row in &rows {
                let mut line = Vec::new();
                write(&mut line, &frame, b"A%2FB%3D%25..~01", row);
                prop_assert_eq!(line.pop(), Some(b'\n'));
                prop_assert!(!line.iter().any(|b| matches!(b, b'\n' | b'\r')));
                let (mut id, mut body) = (String::new(), String::new());
                let parsed = Line::of(&line).unwrap();
                prop_assert_eq!(parsed.asset(&frame).unwrap(), (0, true));
                let read = parsed.row(&frame, 0, &mut id, &mut body).unwrap();
                prop_assert_eq!(format!("{read:?}"), format!("{row:?}"));
                lines.push(line);
            }
            let order = Line::of(&lines[0]).unwrap().key.cmp(Line::of(&lines[1]).unwrap().key);
            prop_assert_eq!(order, rows[0].order(&rows[1]));
        }
    }
}
