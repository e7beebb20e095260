//! What a reader asks of the comparison: the address, understood.

use crate::price::params::{Params, Refused, Written};
use crate::price::span::Span;

/// Most assets that are compared at once.
pub const MOST: usize = 12;
/// Longest name of an asset that is looked up, in letters.
const LONGEST_NAME: usize = 80;

/// Over how many of the last returns correlation and beta are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// So many daily returns.
    Days(usize),
    /// All in the time that is looked at.
    All,
}

/// The windows by name.
pub const WINDOWS: [(&str, Window); 5] = [
    ("20", Window::Days(20)),
    ("60", Window::Days(60)),
    ("120", Window::Days(120)),
    ("250", Window::Days(250)),
    ("all", Window::All),
];
const USUAL: Window = Window::Days(120);

/// What the answer may be written as.
const FORMATS: [(&str, bool); 2] = [("csv", true), ("html", false)];

/// A question. Symbols are as they were given: whether there are such assets is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The assets, each once, in the order given.
    pub assets: Vec<String>,
    /// A name or symbol that is to be added.
    pub add: Option<String>,
    /// Which returns.
    pub window: Window,
    /// Which time.
    pub span: Span,
    /// What beta is measured against; `None`: the usual one.
    pub benchmark: Option<String>,
    /// The lines as a file for a spreadsheet, instead of a page.
    pub csv: bool,
}

impl Question {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// More than [`MOST`] assets, or a parameter that is not understood.
    pub fn parse(query: &str) -> Result<Self, Refused> {
        // A list of ten thousand symbols is refused as what it is, not as an address that is too long.
        if query.len() > 1_000 && query.matches([',', '&']).count() + query.matches("%2C").count() > 4 * MOST
        {
            return Err(too_many(query.matches([',', '&']).count() + query.matches("%2C").count() + 1));
        }
        let params = Params::parse(query)?;
        let mut assets: Vec<String> = Vec::new();
        for symbol in params.get("assets").unwrap_or_default().split(',').map(str::trim) {
            if symbol.chars().count() > LONGEST_NAME {
                return Err(Refused::new("assets", symbol, "accepts_assets"));
            }
            // Naming an asset twice is no mistake worth a refusal.
            if !symbol.is_empty() && assets.iter().all(|known| known != symbol) {
                assets.push(symbol.to_owned());
            }
        }
        if assets.len() > MOST {
            return Err(too_many(assets.len()));
        }
        let name = |name: &'static str| match params.get(name) {
            Some(given) if given.chars().count() > LONGEST_NAME => {
                Err(Refused::new(name, given, "accepts_assets"))
            }
            given => Ok(given.map(str::to_owned)),
        };
        Ok(Self {
            assets,
            add: name("add")?,
            window: params.choice("window", &WINDOWS, USUAL, "accepts_window")?,
            span: Span::parse(&params)?,
            benchmark: name("benchmark")?,
            csv: params.choice("format", &FORMATS, false, "accepts_format")?,
        })
    }

    /// The question as a query, the usual left out.
    pub fn query(&self) -> String {
        let mut query = Written::default();
        if !self.assets.is_empty() {
            query.push("assets", &self.assets.join(","));
        }
        query.choice("window", &WINDOWS, self.window, USUAL);
        self.span.write(&mut query);
        if let Some(benchmark) = &self.benchmark {
            query.push("benchmark", benchmark);
        }
        query.choice("format", &FORMATS, self.csv, false);
        query.done()
    }

    /// The address of the question below `path`.
    pub fn link(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

fn too_many(given: usize) -> Refused {
    Refused::new("assets", &given.to_string(), "accepts_assets")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_named_once_and_written_again() {
        let question = Question::parse("assets=AAPL,MSFT,AAPL,,%20EUR/USD&window=60&benchmark=SPX").unwrap();
        assert_eq!(question.assets, ["AAPL", "MSFT", "EUR/USD"]);
        assert_eq!(question.link("/compare"), "/compare?assets=AAPL,MSFT,EUR%2FUSD&window=60&benchmark=SPX");
        assert_eq!(Question::parse(&question.query()).unwrap(), question);
        assert_eq!(Question::parse("").unwrap().link("/compare"), "/compare");
        assert_eq!(Question::parse("assets=A,B&format=csv").unwrap().query(), "assets=A,B&format=csv");
    }

    #[test]
    fn absurd_questions_are_refused() {
        let many = |count: usize, separator: &str| {
            let list: Vec<String> = (0..count).map(|n| format!("S{n}")).collect();
            format!("assets={}", list.join(separator))
        };
        assert!(Question::parse(&many(12, ",")).is_ok());
        for query in [
            many(13, ","),
            many(10_000, ","),
            many(10_000, "%2C"),
            format!("assets={}", "A".repeat(81)),
            format!("add={}", "A".repeat(5_000)),
            "window=0".into(),
            "window=-20".into(),
            "window=NaN".into(),
            "window=1000000000".into(),
            "from=2026-02-02&to=2026-02-01".into(),
        ] {
            let refused = Question::parse(&query);
            assert!(refused.is_err(), "{query:.60}");
        }
        assert_eq!(Question::parse(&many(10_000, ",")).unwrap_err().given, "10000");
    }
}
