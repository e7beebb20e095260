//! `/posts` and `/posts/{slug}`: what everybody reads.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::markdown::{self, Sanitised};
use super::store::{self, Post};
use super::{Kind, pages};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};

/// Posts on one page.
const LISTED: i64 = 20;
/// Pages that can be asked for.
const PAGES: i64 = 500;
/// Characters of a post in the list.
const EXCERPT: usize = 220;

/// Which page.
#[derive(Debug, Deserialize)]
pub struct Asked {
    page: Option<String>,
}

#[derive(Serialize)]
struct Row {
    href: String,
    title: String,
    kind: &'static str,
    at: String,
    day: String,
    excerpt: String,
}

/// The text in this language.
pub fn body(post: &Post, lang: Lang) -> &str {
    if lang == Lang::En { &post.body_en } else { &post.body_es }
}

/// `GET /posts`
///
/// # Errors
/// The page is none, or Postgres fails.
pub async fn list(reader: Reader, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let number = asked.page.as_deref().map_or(Some(1), |page| page.parse::<i64>().ok());
    let number = number.filter(|page| (1..=PAGES).contains(page));
    let (app, lang) = (&reader.app, reader.lang());
    let refused = || Error::BadRequest(fill(lang, "posts_accept_page", &[("most", &PAGES.to_string())]));
    let number = number.ok_or_else(refused)?;
    let mut posts = store::visible(&app.pool, reader.now, LISTED + 1, (number - 1) * LISTED).await?;
    let more = posts.len() as i64 > LISTED;
    posts.truncate(LISTED as usize);
    let rows = posts.iter().filter_map(|post| {
        let at = post.publish_at?;
        Some(Row {
            href: format!("/posts/{}", post.slug),
            title: pages::title(post, lang).to_owned(),
            kind: Kind::parse(&post.kind).map_or("", |kind| text(lang, kind.label())),
            at: at.to_rfc3339(),
            day: format::day(at.date_naive(), lang),
            excerpt: markdown::excerpt(body(post, lang), EXCERPT),
        })
    });
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "posts_title"));
    context.insert("rows", &rows.collect::<Vec<_>>());
    context.insert("newer", &(number > 1).then(|| format!("/posts?page={}", number - 1)));
    context.insert("older", &more.then(|| format!("/posts?page={}", number + 1)));
    page::render(app, "console/read-list.html", &context)
}

#[derive(Serialize)]
struct Shown {
    kind: &'static str,
    at: String,
    day: String,
    edited: Option<String>,
    sanitised: Sanitised,
}

/// `GET /posts/{slug}`
///
/// # Errors
/// There is no such post, or it is not to be seen; or Postgres fails.
pub async fn one(reader: Reader, slug: web::Path<String>) -> Result<HttpResponse, Error> {
    let (app, lang) = (&reader.app, reader.lang());
    let post = store::visible_one(&app.pool, &slug, reader.now).await?.ok_or(Error::NotFound)?;
    let at = post.publish_at.ok_or(Error::NotFound)?;
    let shown = Shown {
        kind: Kind::parse(&post.kind).map_or("", |kind| text(lang, kind.label())),
        at: at.to_rfc3339(),
        day: format::day(at.date_naive(), lang),
        // What was changed before it was seen is nobody's business.
        edited: (post.written_at > at).then(|| format::instant(post.written_at, lang)),
        sanitised: markdown::render(body(&post, lang)),
    };
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, pages::title(&post, lang));
    context.insert("post", &shown);
    page::render(app, "console/read.html", &context)
}
