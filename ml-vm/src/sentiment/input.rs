//! What `ml-vm sentiment` reads: a text, and on which asset it is to be judged.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;

use crate::registry::artefact::Place;

/// One line.
#[derive(Deserialize)]
pub(super) struct Input {
    /// Whatever the asker calls it; it comes back with the score.
    pub(super) id: Value,
    /// What is scored.
    pub(super) text: String,
    /// ISO 639-1 language, where it is known.
    #[serde(default)]
    pub(super) lang: Option<String>,
    /// The asset on which the text is judged; VADER knows no assets.
    #[serde(default)]
    target: Option<Named>,
    /// Other assets that the text names; cashtags are found without.
    #[serde(default)]
    others: Vec<Named>,
    #[serde(skip)]
    place: Option<Range<usize>>,
    #[serde(skip)]
    besides: Vec<Range<usize>>,
}

/// Where a text names an asset.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    /// In these bytes of the text.
    Span { start: usize, end: usize },
    /// By this symbol or name; one that the text does not hold is as good as none.
    Surface(String),
}

impl Named {
    fn span(&self, text: &str) -> Result<Option<Range<usize>>, String> {
        match self {
            Self::Surface(name) => Ok(crate::labelled::named(text, name.trim())),
            Self::Span { start, end } if start < end && text.get(*start..*end).is_some() => {
                Ok(Some(*start..*end))
            }
            Self::Span { start, end } => Err(format!(
                "{{\"start\":{start},\"end\":{end}}} is no place in the text: wanted are bytes at the bounds of \
                 characters, of {}",
                text.len()
            )),
        }
    }
}

impl Input {
    /// Reads a line and finds its places.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut line: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("{error}: wanted {{\"id\",\"text\",\"lang\",\"target\",\"others\"}}"))?;
        line.place = line.target.as_ref().map(|t| t.span(&line.text)).transpose()?.flatten();
        let others: Result<Vec<_>, String> = line.others.iter().map(|o| o.span(&line.text)).collect();
        line.besides = others?.into_iter().flatten().collect();
        Ok(line)
    }

    /// Where it names the asset that is asked about, and others.
    pub(super) fn place(&self) -> Place<'_> {
        Place { target: self.place.clone(), others: &self.besides }
    }
}
