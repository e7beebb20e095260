//! Text to [`Query`].

use super::{Content, Manner, Query, Term, list_term};

/// So deep may parentheses nest.
const DEEPEST: usize = 40;

/// Reads a whole query.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let query = parser.any_of()?;
    match parser.peek() {
        None => Ok(query),
        Some(token) => Err(format!("no viable alternative at input '{}'", token.shown())),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Or,
    Minus,
    Phrase(String),
    Word(String),
}

impl Token {
    fn shown(&self) -> &str {
        match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::Or => "OR",
            Self::Minus => "-",
            Self::Phrase(text) | Self::Word(text) => text,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '(' => push(&mut tokens, Token::Open),
            ')' => push(&mut tokens, Token::Close),
            '-' => push(&mut tokens, Token::Minus),
            '"' => {
                let end = rest[1..].find('"').ok_or("missing closing quote '\"'")?;
                push(&mut tokens, Token::Phrase(rest[1..=end].to_owned()));
                end + 2
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"'))
                    .unwrap_or(rest.len());
                match &rest[..end] {
                    "OR" => push(&mut tokens, Token::Or),
                    "AND" => 0,
                    word => push(&mut tokens, Token::Word(word.to_owned())),
                };
                end
            }
        };
        rest = rest[used..].trim_start();
    }
    Ok(tokens)
}

fn push(tokens: &mut Vec<Token>, token: Token) -> usize {
    tokens.push(token);
    1
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn any_of(&mut self) -> Result<Query, String> {
        let mut parts = vec![self.all_of()?];
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            parts.push(self.all_of()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Query::Or(parts) })
    }

    fn all_of(&mut self) -> Result<Query, String> {
        let mut parts = Vec::new();
        while !matches!(self.peek(), None | Some(Token::Or | Token::Close)) {
            parts.push(self.one()?);
        }
        match parts.len() {
            0 => {
                Err(format!("no viable alternative at input '{}'", self.peek().map_or("<EOF>", Token::shown)))
            }
            1 => Ok(parts.remove(0)),
            _ => Ok(Query::And(parts)),
        }
    }

    fn one(&mut self) -> Result<Query, String> {
        let Some(token) = self.tokens.get(self.at) else {
            return Err("no viable alternative at input '<EOF>'".into());
        };
        self.at += 1;
        match token {
            Token::Minus => self.nested(|parser| Ok(Query::Not(Box::new(parser.one()?)))),
            Token::Open => self.nested(|parser| {
                let inner = parser.any_of()?;
                if parser.peek() != Some(&Token::Close) {
                    return Err("missing ')' at '<EOF>'".into());
                }
                parser.at += 1;
                Ok(inner)
            }),
            Token::Phrase(text) if text.trim().is_empty() => Err("empty phrase".into()),
            Token::Phrase(text) => Ok(Query::Term(Term::Words(text.trim().to_lowercase()))),
            Token::Word(word) => term(word).map(Query::Term),
            Token::Close | Token::Or => Err(format!("no viable alternative at input '{}'", token.shown())),
        }
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Result<Query, String>) -> Result<Query, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("more than {DEEPEST} levels of nesting"));
        }
        let query = inner(self);
        self.depth -= 1;
        query
    }
}

fn term(word: &str) -> Result<Term, String> {
    if let Some(tag) = word.strip_prefix('$') {
        let fits = tag.starts_with(|c: char| c.is_ascii_alphabetic()) && tag.len() <= 12 && tag.is_ascii();
        return if fits {
            Ok(Term::Cashtag(tag.to_ascii_uppercase()))
        } else {
            Err(format!("Invalid cashtag '{word}'"))
        };
    }
    if let Some(name) = word.strip_prefix(['#', '@']) {
        return if name.is_empty() {
            Err(format!("'{word}' names nothing"))
        } else {
            Ok(Term::Marked(word.to_lowercase()))
        };
    }
    let Some((operator, value)) = word.split_once(':') else {
        return Ok(Term::Words(word.to_lowercase()));
    };
    if value.is_empty() {
        return Err(format!("operator '{operator}:' needs a value"));
    }
    let unknown = || {
        format!(
            "Reference to invalid operator '{word}'. Operator is not available in current product or product packaging."
        )
    };
    match (operator.to_ascii_lowercase().as_str(), value.to_ascii_lowercase().as_str()) {
        ("from", name) => Ok(Term::From(name.trim_start_matches('@').to_owned())),
        ("list", id) if id.bytes().all(|b| b.is_ascii_digit()) => Ok(list_term(id)),
        ("list", _) => Err(format!("'{value}' is not the id of a list")),
        ("lang", lang) => Ok(Term::Lang(lang.to_owned())),
        ("is", "retweet" | "repost") => Ok(Term::Is(Manner::Repost)),
        ("is", "reply") => Ok(Term::Is(Manner::Reply)),
        ("is", "quote") => Ok(Term::Is(Manner::Quote)),
        ("has", "cashtags") => Ok(Term::Has(Content::Cashtags)),
        ("has", "hashtags") => Ok(Term::Has(Content::Hashtags)),
        ("has", "links") => Ok(Term::Has(Content::Links)),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::world::post::{Author, Kind, NOBODY, Post, Posts};

    fn posts() -> Posts {
        let post = |n: i64, text: &str, kind, author, lang| Post {
            at: n,
            visible_at: n,
            deleted_at: i64::MAX,
            edited_at: i64::MAX,
            id: n.to_string().into(),
            text: text.into(),
            text_before: None,
            author,
            lang: Some(lang),
            kind,
            mood: 0,
            likes: -1,
            shares: -1,
            replies: -1,
            followers: -1,
            channel: None,
            parent_id: None,
        };
        let rows = vec![
            post(1, "$TSLA to the moon", Kind::Post, 0, 0),
            post(2, "RT @ann: $tsla to the moon", Kind::Repost, 1, 0),
            post(3, "Tesla (TSLA) vende más #autos", Kind::Post, 1, 1),
            post(4, "L$D no tag here https://t.co/x", Kind::Reply, NOBODY, 0),
        ];
        let author = |id: &str, name: &str| Author { id: id.into(), name: name.into(), created_at: None };
        Posts::new(rows, vec![author("7", "Ann"), author("12", "bob_")], vec!["en".into(), "es".into()])
    }

    fn found(query: &str) -> Vec<String> {
        let (posts, query) = (posts(), Query::parse(query).unwrap());
        posts
            .rows
            .iter()
            .filter(|post| query.matches(&posts, post, &post.text))
            .map(|post| post.id.to_string())
            .collect()
    }

    #[test]
    fn finds_what_it_asks_for() {
        for (query, expected) in [
            ("$TSLA", vec!["1", "2"]),
            ("$tsla -is:retweet lang:en", vec!["1"]),
            ("moon", vec!["1"]),
            ("tsla", vec!["1", "3"]),
            ("\"to the moon\" OR #autos", vec!["1", "3"]),
            ("$TSLA OR tesla lang:es", vec!["1", "2", "3"]),
            ("($TSLA OR tesla) lang:es", vec!["3"]),
            ("from:ann", vec!["1"]),
            ("from:12 is:retweet", vec!["2"]),
            ("list:1500000000000000001", vec!["1", "2", "3"]),
            ("list:1500000000000000002", vec![]),
            ("list:1500000000000000001 -moon", vec!["3"]),
            ("list:1500000000000000001 -(moon OR tesla)", vec![]),
            ("tag has:links", vec!["4"]),
            ("moo", vec![]),
            ("$TSLA has:hashtags", vec![]),
        ] {
            assert_eq!(found(query), expected, "{query}");
        }
    }

    #[test]
    fn refuses_what_x_refuses() {
        for query in [
            "",
            "lang:en",
            "-$TSLA",
            "-is:retweet lang:en",
            "$TSLA OR lang:en",
            "($TSLA",
            "$TSLA)",
            "\"open",
            "OR $A",
            "from:",
            "nope:1",
            "list:abc",
            "$",
            "()",
            "has:cashtags",
        ] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
        assert!(Query::parse(&"(".repeat(500)).is_err());
    }

    #[test]
    fn knows_which_cashtags_it_needs() {
        let tags = |query: &str| Query::parse(query).unwrap().required_cashtags().map(|tags| tags.join(","));
        assert_eq!(tags("($A OR $B) lang:en").as_deref(), Some("A,B"));
        assert_eq!(tags("$A OR apple"), None);
        assert_eq!(tags("apple -$A"), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-()\"$#:a-zOR é]{0,60}") {
            if let Ok(query) = Query::parse(&text) {
                let posts = posts();
                posts.rows.iter().for_each(|post| { query.matches(&posts, post, &post.text); });
            }
        }
    }
}
