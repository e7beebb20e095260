//! `GET /2/users/{id}/tweets`: what one account wrote, newest first, the newest 3,200.

use super::Invalid;
use super::edits::Edits;
use super::search::{Page, Token, Window, wanted};
use crate::moment::Micros;
use crate::wire::Request;
use crate::world::post::{Kind, NOBODY, Posts, compare_ids};

/// So many posts deep a timeline goes.
const DEPTH: usize = 3_200;

/// The rows of each author, by the author's number, in order of time.
pub(super) struct Timelines(Vec<Vec<u32>>);

impl Timelines {
    /// Indexes the authors' posts.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut rows = vec![Vec::new(); posts.authors.len()];
        for (row, post) in posts.rows.iter().enumerate().filter(|(_, post)| post.author != NOBODY) {
            rows[post.author as usize].push(row as u32);
        }
        Self(rows)
    }

    /// A page of the timeline of the user with this id; `None` when there is no such user.
    ///
    /// # Errors
    /// When a parameter is invalid.
    pub(super) fn page<'a>(
        &self,
        posts: &'a Posts,
        edits: &'a Edits,
        user: &str,
        now: Micros,
        request: &Request,
    ) -> Result<Option<Page<'a>>, Invalid> {
        let Ok(author) = posts.authors.binary_search_by(|author| compare_ids(&author.id, user)) else {
            return Ok(None);
        };
        let wanted = wanted(request, 5)?;
        let without = exclusions(request)?;
        let window = Window::read(posts, edits, now, request, false)?;
        let token = Token::new(user, request);
        let last = match request.param("pagination_token") {
            None => window.last,
            Some(given) => token.row_of("pagination_token", given)?.min(window.last),
        };
        let rows = self.0[author].iter().rev().map(|row| *row as usize);
        let reached = rows.filter(|row| posts.rows[*row].is_visible(now)).take(DEPTH);
        let (mut found, mut next_token) = (Vec::new(), None);
        for row in reached {
            let post = &posts.rows[row];
            let edited_since =
                window.since.is_some_and(|since| since < post.edited_at) && post.edited_at <= now;
            let inside = row < last && (row >= window.first || (edited_since && row >= window.oldest));
            let admitted = window.ids.admit(post, edits.newest_id(posts, row, now));
            if !inside || !admitted || without.contains(&post.kind) {
                continue;
            }
            if found.len() == wanted {
                next_token = Some(token.at(row + 1));
                break;
            }
            found.push(edits.newest(posts, row, now));
        }
        Ok(Some(Page { posts: found, next_token }))
    }
}

fn exclusions(request: &Request) -> Result<Vec<Kind>, Invalid> {
    let list = request.param("exclude").unwrap_or("");
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| match name {
            "replies" => Ok(Kind::Reply),
            "retweets" | "reposts" => Ok(Kind::Repost),
            _ => {
                let message =
                    format!("The `exclude` query parameter value [{name}] is not one of [replies,retweets]");
                Err(Invalid::new("exclude", list, message))
            }
        })
        .collect()
}
