//! The sources that the sandbox speaks for.

/// A source, told apart by the first part of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    /// X recent search.
    X,
    /// StockTwits symbol streams.
    StockTwits,
    /// Alpaca bars and news.
    Alpaca,
    /// RSS and Atom feeds, one for each outlet.
    Feeds,
}

impl Source {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::X, Self::StockTwits, Self::Alpaca, Self::Feeds];

    /// Its name: the first part of its paths.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::StockTwits => "stocktwits",
            Self::Alpaca => "alpaca",
            Self::Feeds => "feeds",
        }
    }

    /// The source of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}
