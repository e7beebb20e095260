//! One row: a document about an asset, or a bar of it, as bytes.
//!
//! The key is kept apart, in the form by which rows are sorted. The body is text without control characters but those of
//! the document itself: whole numbers are written in digits of five bits, each but the last of a number as `0` to `O`, the
//! last as `P` to `o`, the least first; texts by their length and themselves. So a row can travel as a line.

use std::cmp::Ordering;

use domain::Evidence;

/// What a row holds. The order is that of an asset's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum RowKind {
    /// A post.
    Post,
    /// An article.
    Article,
    /// A bar; its id is its interval.
    Bar,
}

impl RowKind {
    /// The kind with this number.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Post, Self::Article, Self::Bar].into_iter().find(|kind| *kind as u8 == number)
    }
}

/// Where a row stands among all rows, but for its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Number of the asset in the list.
    pub(crate) asset: u32,
    /// What it holds.
    pub(crate) kind: RowKind,
    /// Its instant in microseconds since 1970.
    pub(crate) at: i64,
    /// Number of the source in the order of their names.
    pub(crate) source: u16,
}

/// A row whose bytes lie elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Where it stands.
    pub(crate) place: Place,
    /// The source's own id.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) body: &'a str,
}

impl Row<'_> {
    /// The order of rows.
    pub(crate) fn order(&self, other: &Row<'_>) -> Ordering {
        self.place.cmp(&other.place).then_with(|| self.id.cmp(other.id))
    }

    /// Of two rows with the same key: whether this one counts, since it was collected later.
    pub(crate) fn beats(&self, other: &Row<'_>) -> bool {
        let rank = |row: &Row<'_>| Reader::new(row.body).signed().unwrap_or(i64::MIN);
        (rank(self), self.body) > (rank(other), other.body)
    }
}

/// A body that is not one; only a damaged disk or another version's rows can hold it.
#[derive(Debug, thiserror::Error)]
#[error("a row cannot be read: it was written by another version or is damaged; repeat the stage")]
pub(crate) struct Unreadable;

/// How a mention was found: the part of a body that differs from asset to asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    /// What it rests on.
    pub(crate) evidence: Evidence,
    /// How surely, in hundredths.
    pub(crate) hundredths: u8,
    /// Where in the text, in bytes.
    pub(crate) span: Option<(u32, u32)>,
}

const EVIDENCE: [Evidence; 6] =
    [Evidence::Vendor, Evidence::Cashtag, Evidence::Pair, Evidence::Name, Evidence::Alias, Evidence::Ticker];

impl Found {
    /// Writes it.
    pub(crate) fn write(&self, out: &mut String) {
        let evidence = EVIDENCE.iter().position(|e| *e == self.evidence).unwrap_or(0);
        number(out, evidence as u64);
        number(out, u64::from(self.hundredths));
        match self.span {
            None => number(out, 0),
            Some((start, end)) => {
                number(out, u64::from(start) + 1);
                number(out, u64::from(end.saturating_sub(start)));
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let evidence = *EVIDENCE.get(reader.number()? as usize).ok_or(Unreadable)?;
        let hundredths = u8::try_from(reader.number()?).map_err(|_| Unreadable)?;
        let span = match reader.number()? {
            0 => None,
            start => {
                let start = u32::try_from(start - 1).map_err(|_| Unreadable)?;
                let length = u32::try_from(reader.number()?).map_err(|_| Unreadable)?;
                Some((start, start.saturating_add(length)))
            }
        };
        Ok(Self { evidence, hundredths, span })
    }
}

/// A post or an article, apart from its key and its mention. Fields that one of the two lacks are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Document<'a> {
    /// `post`, `comment`, `repost`, `quote`; of an article its outlet.
    pub(crate) label: &'a str,
    /// The text; of an article its title.
    pub(crate) text: &'a str,
    /// An article's summary.
    pub(crate) summary: Option<&'a str>,
    /// The author's name; of an article all of them.
    pub(crate) author: Option<&'a str>,
    /// The author's id.
    pub(crate) author_id: Option<&'a str>,
    /// Language.
    pub(crate) lang: Option<&'a str>,
    /// The source's own mood label.
    pub(crate) mood: Option<&'a str>,
    /// Where to read it.
    pub(crate) url: Option<&'a str>,
    /// An article's link without tracking parameters.
    pub(crate) link: Option<&'a str>,
    /// Id of what a repost or quote repeats.
    pub(crate) parent: Option<&'a str>,
    /// The author's followers.
    pub(crate) followers: Option<i64>,
    /// Likes.
    pub(crate) likes: Option<i64>,
    /// Reposts.
    pub(crate) reposts: Option<i64>,
}

impl Document<'_> {
    /// Writes what does not differ between assets.
    pub(crate) fn write(&self, out: &mut String) {
        for n in [self.followers, self.likes, self.reposts] {
            optional_signed(out, n);
        }
        text(out, self.label);
        text(out, self.text);
        for part in [
            self.summary,
            self.author,
            self.author_id,
            self.lang,
            self.mood,
            self.url,
            self.link,
            self.parent,
        ] {
            optional_text(out, part);
        }
    }
}

/// A document's row, read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DocumentRow<'a> {
    /// Its key.
    pub(crate) place: Place,
    /// The source's own id.
    pub(crate) id: &'a str,
    /// When it was collected.
    pub(crate) collected_at: i64,
    /// How the mention was found.
    pub(crate) found: Found,
    /// The document.
    pub(crate) document: Document<'a>,
}

impl<'a> DocumentRow<'a> {
    /// Reads a row that holds a document.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn read(row: Row<'a>) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(row.body);
        let collected_at = reader.signed()?;
        let found = Found::read(&mut reader)?;
        let (followers, likes, reposts) =
            (reader.optional_signed()?, reader.optional_signed()?, reader.optional_signed()?);
        let document = Document {
            followers,
            likes,
            reposts,
            label: reader.text()?,
            text: reader.text()?,
            summary: reader.optional_text()?,
            author: reader.optional_text()?,
            author_id: reader.optional_text()?,
            lang: reader.optional_text()?,
            mood: reader.optional_text()?,
            url: reader.optional_text()?,
            link: reader.optional_text()?,
            parent: reader.optional_text()?,
        };
        Ok(Self { place: row.place, id: row.id, collected_at, found, document })
    }
}

/// A bar's row, read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BarRow<'a> {
    /// Number of its source.
    pub(crate) source: u16,
    /// Its interval.
    pub(crate) interval: &'a str,
    /// When it opens, in microseconds.
    pub(crate) at: i64,
    /// When it was collected.
    pub(crate) collected_at: i64,
    /// Open, high, low, close.
    pub(crate) prices: [f64; 4],
    /// Adjusted close.
    pub(crate) adj_close: Option<f64>,
    /// Volume.
    pub(crate) volume: Option<f64>,
}

impl<'a> BarRow<'a> {
    /// Writes the body.
    pub(crate) fn write(&self, out: &mut String) {
        signed(out, self.collected_at);
        // A daily bar's key is its day.
        signed(out, self.at);
        for price in self.prices {
            number(out, price.to_bits());
        }
        for value in [self.adj_close, self.volume] {
            number(out, u64::from(value.is_some()));
            if let Some(value) = value {
                number(out, value.to_bits());
            }
        }
    }

    /// Reads a row that holds a bar.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn read(row: Row<'a>) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(row.body);
        let (collected_at, at) = (reader.signed()?, reader.signed()?);
        let mut prices = [0.0; 4];
        for price in &mut prices {
            *price = f64::from_bits(reader.number()?);
        }
        let mut value = || match reader.number()? {
            0 => Ok(None),
            _ => Ok(Some(f64::from_bits(reader.number()?))),
        };
        let (adj_close, volume) = (value()?, value()?);
        Ok(Self { source: row.place.source, interval: row.id, at, collected_at, prices, adj_close, volume })
    }
}

const MORE: u8 = b'0';
const LAST: u8 = b'P';

/// Writes a whole number.
fn number(out: &mut String, mut n: u64) {
    while n >= 32 {
        out.push(char::from(MORE + (n & 31) as u8));
        n >>= 5;
    }
    out.push(char::from(LAST + n as u8));
}

/// Writes a number that may be negative.
pub(crate) fn signed(out: &mut String, n: i64) {
    number(out, ((n << 1) ^ (n >> 63)) as u64);
}

fn optional_signed(out: &mut String, n: Option<i64>) {
    number(out, u64::from(n.is_some()));
    if let Some(n) = n {
        signed(out, n);
    }
}

fn text(out: &mut String, text: &str) {
    number(out, text.len() as u64);
    out.push_str(text);
}

fn optional_text(out: &mut String, part: Option<&str>) {
    number(out, part.map_or(0, |part| part.len() as u64 + 1));
    out.push_str(part.unwrap_or_default());
}

/// Reads a body from its start.
struct Reader<'a> {
    body: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(body: &'a str) -> Self {
        Self { body, at: 0 }
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let (mut n, mut shift) = (0u64, 0u32);
        loop {
            let digit = *self.body.as_bytes().get(self.at).ok_or(Unreadable)?;
            self.at += 1;
            let (value, last) = match digit {
                b'0'..=b'O' => (digit - MORE, false),
                b'P'..=b'o' => (digit - LAST, true),
                _ => return Err(Unreadable),
            };
            n |= u64::from(value).checked_shl(shift).ok_or(Unreadable)?;
            if last {
                return Ok(n);
            }
            shift += 5;
        }
    }

    fn signed(&mut self) -> Result<i64, Unreadable> {
        let n = self.number()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn optional_signed(&mut self) -> Result<Option<i64>, Unreadable> {
        if self.number()? == 0 { Ok(None) } else { self.signed().map(Some) }
    }

    fn take(&mut self, length: u64) -> Result<&'a str, Unreadable> {
        let end = usize::try_from(length).ok().and_then(|n| self.at.checked_add(n)).ok_or(Unreadable)?;
        let text = self.body.get(self.at..end).ok_or(Unreadable)?;
        self.at = end;
        Ok(text)
    }

    fn text(&mut self) -> Result<&'a str, Unreadable> {
        let length = self.number()?;
        self.take(length)
    }

    fn optional_text(&mut self) -> Result<Option<&'a str>, Unreadable> {
        match self.number()? {
            0 => Ok(None),
            length => self.take(length - 1).map(Some),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn place(asset: u32, kind: RowKind, at: i64) -> Place {
        Place { asset, kind, at, source: 0 }
    }

    proptest! {
        #[test]
        fn documents_are_read_as_they_were_written(
            text in any::<String>(), label in any::<String>(), summary in any::<Option<String>>(),
            collected_at in any::<i64>(), followers in any::<Option<i64>>(),
            hundredths in 0u8..=100, span in any::<Option<(u16, u16)>>(),
        ) {
            let span = span.map(|(start, length)| (u32::from(start), u32::from(start) + u32::from(length)));
            let found = Found { evidence: Evidence::Alias, hundredths, span };
            let document = Document { label: &label, text: &text, summary: summary.as_deref(), followers, ..Document::default() };
            let mut body = String::new();
            signed(&mut body, collected_at);
            found.write(&mut body);
            document.write(&mut body);
            let row = Row { place: place(1, RowKind::Post, 2), id: "x", body: &body };
            let read = DocumentRow::read(row).unwrap();
            prop_assert_eq!((read.collected_at, read.found, read.document), (collected_at, found, document));
            for cut in (0..body.len().min(40)).filter(|cut| body.is_char_boundary(*cut)) {
                let _ = DocumentRow::read(Row { body: &body[..cut], ..row });
            }
        }

        #[test]
        fn bars_are_read_as_they_were_written(prices in any::<[f64; 4]>(), volume in any::<Option<f64>>()) {
            let bar = BarRow { source: 0, interval: "1d", at: 5, collected_at: -1, prices, adj_close: None, volume };
            let mut body = String::new();
            bar.write(&mut body);
            let read = BarRow::read(Row { place: place(1, RowKind::Bar, 5), id: "1d", body: &body }).unwrap();
            prop_assert_eq!(format!("{read:?}"), format!("{bar:?}"));
        }
    }
}
