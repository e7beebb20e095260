//! The query language of recent search.
//!
//! `$TSLA`, `word`, `"a phrase"`, `#tag`, `@name`, `from:`, `list:`, `lang:`, `is:retweet|reply|quote`, `has:cashtags|hashtags|links`;
//! a space means and, `OR` binds looser, `-` negates, parentheses group.

mod parse;

use crate::world::cashtag::cashtags;
use crate::world::post::{Kind, NOBODY, Post, Posts, list_number, list_of};

/// A query, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Query {
    /// All of these.
    And(Vec<Query>),
    /// Any of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// One operator.
    Term(Term),
}

/// One operator; names and words in lower case, cashtags in upper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term {
    /// `$TSLA`
    Cashtag(String),
    /// `#tag`, `@name`: the text has it as a whole, mark included.
    Marked(String),
    /// A word or a quoted phrase.
    Words(String),
    /// `from:name` or `from:id`
    From(String),
    /// `list:id`; `None` when there is no such list.
    List(Option<u32>),
    /// `lang:en`
    Lang(String),
    /// `is:retweet`, `is:reply`, `is:quote`
    Is(Manner),
    /// `has:cashtags`, `has:hashtags`, `has:links`
    Has(Content),
}

/// What `is:` may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A repost.
    Repost,
    /// A reply.
    Reply,
    /// A quote.
    Quote,
}

/// What `has:` may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A cashtag.
    Cashtags,
    /// A hashtag.
    Hashtags,
    /// A link.
    Links,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// A message in X's manner.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let query = parse::parse(text)?;
        if !query.stands_alone() {
            return Err("Query must include at least one operator that can stand alone, such as a keyword, cashtag, from: or list:".into());
        }
        Ok(query)
    }

    /// Whether it asks for something by itself, in every branch of an OR.
    fn stands_alone(&self) -> bool {
        match self {
            Self::And(parts) => parts.iter().any(Self::stands_alone),
            Self::Or(parts) => parts.iter().all(Self::stands_alone),
            Self::Not(_) => false,
            Self::Term(term) => !matches!(term, Term::Lang(_) | Term::Is(_) | Term::Has(_)),
        }
    }

    /// Cashtags of which every post that matches must have one; `None` when there is no such set.
    pub(crate) fn required_cashtags(&self) -> Option<Vec<&str>> {
        match self {
            Self::Term(Term::Cashtag(tag)) => Some(vec![tag]),
            Self::And(parts) => parts.iter().find_map(Self::required_cashtags),
            Self::Or(parts) => {
                let sets: Option<Vec<Vec<&str>>> = parts.iter().map(Self::required_cashtags).collect();
                sets.map(|sets| sets.concat())
            }
            Self::Not(_) | Self::Term(_) => None,
        }
    }

    /// Whether a post with this text matches.
    pub(crate) fn matches(&self, posts: &Posts, post: &Post, text: &str) -> bool {
        self.holds(posts, post, text, false)
    }

    /// A word asked for does not find reposts; a word excluded also excludes them.
    fn holds(&self, posts: &Posts, post: &Post, text: &str, excluded: bool) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(posts, post, text, excluded)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(posts, post, text, excluded)),
            Self::Not(part) => !part.holds(posts, post, text, !excluded),
            Self::Term(Term::Words(words)) => {
                (excluded || post.kind != Kind::Repost) && has_words(text, words)
            }
            Self::Term(term) => term.holds(posts, post, text),
        }
    }
}

impl Term {
    fn holds(&self, posts: &Posts, post: &Post, text: &str) -> bool {
        match self {
            Self::Cashtag(tag) => cashtags(text).any(|found| found.eq_ignore_ascii_case(tag)),
            Self::Marked(tag) | Self::Words(tag) => has_words(text, tag),
            Self::From(who) => {
                let author = posts.author(post);
                author.is_some_and(|a| *a.id == **who)
                    || posts.author_named(who).is_some_and(|n| n == post.author)
            }
            Self::List(list) => post.author != NOBODY && *list == Some(list_of(post.author)),
            Self::Lang(lang) => posts.lang(post).is_some_and(|l| l.eq_ignore_ascii_case(lang)),
            Self::Is(Manner::Repost) => post.kind == Kind::Repost,
            Self::Is(Manner::Reply) => post.kind == Kind::Reply,
            Self::Is(Manner::Quote) => post.kind == Kind::Quote,
            Self::Has(Content::Cashtags) => cashtags(text).next().is_some(),
            Self::Has(Content::Hashtags) => {
                text.split('#').skip(1).any(|rest| rest.starts_with(char::is_alphanumeric))
            }
            Self::Has(Content::Links) => text.contains("https://") || text.contains("http://"),
        }
    }
}

fn list_term(id: &str) -> Term {
    Term::List(list_number(id))
}

/// Whether `words` (lower case) occur in the text in any case, not inside a longer word.
fn has_words(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    text.match_indices(words).any(|(at, found)| {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let before = text[..at].chars().next_back().is_some_and(inside);
        let after = text[at + found.len()..].chars().next().is_some_and(inside);
        !before && !after
    })
}
