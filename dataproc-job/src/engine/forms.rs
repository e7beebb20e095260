//! How the files of assets are laid out: which columns are sorted, compressed, looked up in a dictionary.

use domain::mention::{AssetArticle, AssetBar, AssetPost};
use tables::TableError;
use tables::raw::{Form, Layout};

/// Posts: sorted by time.
const POSTS: Layout = Layout {
    sorted_by: &["created_at", "source", "id"],
    distinct: &["id", "text", "url", "created_at", "author_name", "duplicate_of"],
    compressed: &["id", "text", "url", "created_at", "author_name", "duplicate_of"],
};

/// Articles: sorted by time.
const ARTICLES: Layout = Layout {
    sorted_by: &["published_at", "source", "id"],
    distinct: &["id", "title", "summary", "url", "published_at", "duplicate_of"],
    compressed: &["id", "title", "summary", "authors", "url", "published_at", "duplicate_of"],
};

/// Bars: sorted by interval, then time.
const BARS: Layout = Layout {
    sorted_by: &["interval", "opens_at"],
    distinct: &["opens_at"],
    compressed: &["opens_at", "open", "high", "low", "close", "adj_close", "volume"],
};

/// Documents up to which a file is small: there each compressor takes longer to set up than to use, so that only the texts
/// get one.
const FEW_DOCUMENTS: usize = 512;

/// The same of bars.
const FEW_BARS: u64 = 64;

/// The form of every kind of file, for many rows and for few.
pub(crate) struct Forms {
    posts: [Form; 2],
    articles: [Form; 2],
    bars: [Form; 2],
}

impl Forms {
    /// All of them; they depend on nothing.
    ///
    /// # Errors
    /// A column has no Parquet type.
    pub(crate) fn new() -> Result<Self, TableError> {
        let small_posts = Layout { compressed: &["text"], ..POSTS };
        let small_articles = Layout { compressed: &["summary"], ..ARTICLES };
        let small_bars = Layout { compressed: &["close"], ..BARS };
        Ok(Self {
            posts: [Form::new::<AssetPost>(small_posts)?, Form::new::<AssetPost>(POSTS)?],
            articles: [Form::new::<AssetArticle>(small_articles)?, Form::new::<AssetArticle>(ARTICLES)?],
            bars: [Form::new::<AssetBar>(small_bars)?, Form::new::<AssetBar>(BARS)?],
        })
    }

    /// That of so many posts.
    pub(crate) fn posts(&self, count: usize) -> &Form {
        &self.posts[usize::from(count > FEW_DOCUMENTS)]
    }

    /// That of so many articles.
    pub(crate) fn articles(&self, count: usize) -> &Form {
        &self.articles[usize::from(count > FEW_DOCUMENTS)]
    }

    /// That of so many bars.
    pub(crate) fn bars(&self, count: u64) -> &Form {
        &self.bars[usize::from(count > FEW_BARS)]
    }
}
