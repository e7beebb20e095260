//! `resolve --evaluate`: how often the resolver is right about labelled texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, bail};
use domain::AssetList;
use serde::Serialize;

use crate::resolve::Resolver;

/// Pairs of a text and an asset, counted.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// Found and meant.
    pub right: usize,
    /// Found but not meant.
    pub wrong: usize,
    /// Meant but not found.
    pub missed: usize,
}

impl Counts {
    /// The share of what was found that was meant; 1 when nothing was found.
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// The share of what was meant that was found; 1 when nothing was meant.
    pub fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// What was found by one kind of evidence.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct KindCounts {
    /// Found by it and meant.
    pub right: usize,
    /// Found by it but not meant.
    pub wrong: usize,
}

/// A text that was not resolved as its label says.
#[derive(Debug, Clone, Serialize)]
pub struct Mistake {
    /// Line in the file, counted from 1.
    pub line: usize,
    /// The text.
    pub text: String,
    /// Symbols found but not meant, with their evidence.
    pub wrong: Vec<String>,
    /// Symbols meant but not found.
    pub missed: Vec<String>,
}

/// How often the resolver is right about labelled texts.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Evaluation {
    /// How many texts there are.
    pub texts: usize,
    /// Of all texts.
    pub all: Counts,
    /// How many texts are marked as hard.
    pub hard_texts: usize,
    /// Of those.
    pub hard: Counts,
    /// By evidence: `cashtag`, `pair`, `name`, `alias`, `ticker`.
    pub kinds: BTreeMap<&'static str, KindCounts>,
    /// The texts that were not resolved as labelled.
    pub mistakes: Vec<Mistake>,
}

/// Resolves the texts of `labelled` and compares. A line is a text, a tab and the symbols it names, separated by spaces; then
/// may follow a tab and `hard`. `\n` stands for a line feed; lines that begin with `# ` are comments.
///
/// # Errors
/// A line without a tab, with another third column or with a symbol that `list` does not have; the line is named.
pub fn evaluate(list: &AssetList, labelled: &str) -> anyhow::Result<Evaluation> {
    let resolver = Resolver::new(list);
    let mut out = Evaluation::default();
    for (index, line) in labelled.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        let number = index + 1;
        let mut columns = line.split('\t');
        let text = columns.next().unwrap_or_default().replace("\\n", "\n");
        let symbols =
            columns.next().with_context(|| format!("line {number}: write text, tab, symbols: {line:?}"))?;
        let hard = match columns.next() {
            None | Some("") => false,
            Some("hard") => true,
            Some(other) => bail!("line {number}: the third column is {other:?}: write hard or nothing"),
        };
        let wanted: BTreeSet<&str> = symbols.split_whitespace().collect();
        if let Some(unknown) = wanted.iter().find(|s| list.get(s).is_none()) {
            bail!("line {number}: {unknown} is not in the asset list: add it there or correct the label");
        }
        out.add(&resolver, number, &text, &wanted, hard);
    }
    Ok(out)
}

impl Evaluation {
    fn add(&mut self, resolver: &Resolver, line: usize, text: &str, wanted: &BTreeSet<&str>, hard: bool) {
        let mentions = resolver.resolve(text);
        let found: BTreeSet<&str> = mentions.iter().map(|m| m.symbol.as_str()).collect();
        let counts = Counts {
            right: found.intersection(wanted).count(),
            wrong: found.difference(wanted).count(),
            missed: wanted.difference(&found).count(),
        };
        self.texts += 1;
        self.hard_texts += usize::from(hard);
        for sum in [Some(&mut self.all), hard.then_some(&mut self.hard)].into_iter().flatten() {
            sum.right += counts.right;
            sum.wrong += counts.wrong;
            sum.missed += counts.missed;
        }
        let mut wrong = Vec::new();
        for mention in &mentions {
            let kind = self.kinds.entry(mention.evidence.as_str()).or_default();
            if wanted.contains(mention.symbol.as_str()) {
                kind.right += 1;
            } else {
                kind.wrong += 1;
                wrong.push(format!("{} {}", mention.symbol, mention.evidence.as_str()));
            }
        }
        if found != *wanted {
            let missed = wanted.difference(&found).map(|s| (*s).to_owned()).collect();
            self.mistakes.push(Mistake { line, text: text.to_owned(), wrong, missed });
        }
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, texts: usize, counts: &Counts| {
            writeln!(
                f,
                "{name:<8} {texts:>6} {:>7} {:>7} {:>7} {:>10.4} {:>7.4}",
                counts.right,
                counts.wrong,
                counts.missed,
                counts.precision(),
                counts.recall()
            )
        };
        writeln!(
            f,
            "{:<8} {:>6} {:>7} {:>7} {:>7} {:>10} {:>7}",
            "", "texts", "right", "wrong", "missed", "precision", "recall"
        )?;
        row(f, "all", self.texts, &self.all)?;
        row(f, "hard", self.hard_texts, &self.hard)?;
        writeln!(f, "by evidence; recall: the share of all that was meant which it found")?;
        let meant = self.all.right + self.all.missed;
        for (kind, counts) in &self.kinds {
            let precision = share(counts.right, counts.right + counts.wrong);
            let recall = share(counts.right, meant);
            let (right, wrong) = (counts.right, counts.wrong);
            writeln!(
                f,
                "{kind:<8} {:>6} {right:>7} {wrong:>7} {:>7} {precision:>10.4} {recall:>7.4}",
                "", ""
            )?;
        }
        Ok(())
    }
}
