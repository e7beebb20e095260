//! The console's pages of posts: the list, and the form with its preview.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use super::draft::{Act, Draft, Fields};
use super::store::{self, Post};
use super::{Kind, Standing, markdown};
use crate::console::desk::{self, Choice, Clerk};
use crate::console::flags::pages::short;
use crate::console::rule::Area;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, text};

/// Posts that the list shows.
const LISTED: i64 = 200;

#[derive(Serialize)]
struct Row {
    id: i64,
    title: String,
    kind: &'static str,
    standing: &'static str,
    at: String,
    version: i32,
}

/// `GET /admin/posts`
///
/// # Errors
/// Postgres fails.
pub async fn list(clerk: Clerk) -> Result<HttpResponse, Error> {
    let lang = clerk.lang();
    let posts = store::all(&clerk.reader.app.pool, LISTED).await?;
    let rows = posts.iter().map(|post| Row {
        id: post.id,
        title: title(post, lang).to_owned(),
        kind: Kind::parse(&post.kind).map_or("", |kind| text(lang, kind.label())),
        standing: text(lang, standing(post, &clerk).label()),
        at: post.publish_at.map_or_else(|| format::MISSING.to_owned(), |at| format::instant(at, lang)),
        version: post.version,
    });
    let mut context = clerk.context(Area::Posts, text(lang, "admin_posts")).await?;
    context.insert("rows", &rows.collect::<Vec<_>>());
    clerk.render("console/posts.html", &context)
}

/// The title in this language, or in the other where it is not there.
pub fn title(post: &Post, lang: Lang) -> &str {
    let (first, second) =
        if lang == Lang::En { (&post.title_en, &post.title_es) } else { (&post.title_es, &post.title_en) };
    if first.is_empty() { second } else { first }
}

fn standing(post: &Post, clerk: &Clerk) -> Standing {
    Standing::at(post.publish_at, post.withdrawn_at, clerk.reader.now)
}

/// `GET /admin/posts/new`
///
/// # Errors
/// Postgres fails.
pub async fn fresh(clerk: Clerk) -> Result<HttpResponse, Error> {
    form(&clerk, None, &Fields::default(), false, None).await
}

/// `GET /admin/posts/{id}`
///
/// # Errors
/// There is no such post, or Postgres fails.
pub async fn edit(clerk: Clerk, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let post = load(&clerk, &id).await?;
    let (fields, preview) = (fields(&post), true);
    form(&clerk, Some(&post), &fields, preview, None).await
}

async fn load(clerk: &Clerk, id: &str) -> Result<Post, Error> {
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    store::one(&clerk.reader.app.pool, id).await?.ok_or(Error::NotFound)
}

fn fields(post: &Post) -> Fields {
    Fields {
        slug: post.slug.clone(),
        kind: post.kind.clone(),
        title_en: post.title_en.clone(),
        title_es: post.title_es.clone(),
        body_en: post.body_en.clone(),
        body_es: post.body_es.clone(),
        publish_at: post.publish_at.map(|at| at.format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default(),
        version: post.version,
        ..Fields::default()
    }
}

/// `POST /admin/posts`: makes a draft, or shows what it will look like.
///
/// # Errors
/// Postgres fails. What is wrong with the form is said on the page.
pub async fn create(clerk: Clerk, sent: web::Form<Fields>) -> Result<HttpResponse, Error> {
    handle(&clerk, None, sent.into_inner()).await
}

/// `POST /admin/posts/{id}`: saves a version, previews, schedules, publishes, withdraws.
///
/// # Errors
/// There is no such post, or Postgres fails. What is wrong with the form is said on the page.
pub async fn save(
    clerk: Clerk,
    id: web::Path<String>,
    sent: web::Form<Fields>,
) -> Result<HttpResponse, Error> {
    let post = load(&clerk, &id).await?;
    handle(&clerk, Some(&post), sent.into_inner()).await
}

async fn handle(clerk: &Clerk, post: Option<&Post>, fields: Fields) -> Result<HttpResponse, Error> {
    let parsed = fields.act(clerk.reader.now).and_then(|act| Ok((act, fields.parse()?)));
    let (act, draft) = match parsed {
        Ok(parsed) => parsed,
        Err(problem) => return form(clerk, post, &fields, false, Some(problem)).await,
    };
    if act == Act::Preview {
        return form(clerk, post, &fields, true, None).await;
    }
    let seen =
        post.is_some_and(|post| matches!(standing(post, clerk), Standing::Published | Standing::Scheduled));
    let shown = matches!(act, Act::Publish | Act::Schedule(_)) || (act == Act::Save && seen);
    if shown && !draft.is_whole() {
        return form(clerk, post, &fields, true, Some("post_both_languages")).await;
    }
    match keep(clerk, post, &draft, (act, fields.version)).await? {
        Some(id) => Ok(desk::go(&format!("/admin/posts/{id}"))),
        None => form(clerk, post, &fields, true, Some("post_taken")).await,
    }
}

/// Writes it down; `None` where the name is taken or somebody else saved a version meanwhile.
async fn keep(
    clerk: &Clerk,
    post: Option<&Post>,
    draft: &Draft,
    (act, version): (Act, i32),
) -> Result<Option<i64>, Error> {
    let now = clerk.reader.now;
    let mut tx = clerk.reader.app.pool.begin().await?;
    let by = clerk.pseudonym(&mut tx).await?;
    let id = match post {
        None => match store::create(&mut tx, draft, &by, now).await? {
            Some(id) => id,
            None => return Ok(None),
        },
        Some(post) => {
            // Who only publishes or takes back makes no version of it.
            let same = Fields { version, ..fields(post) };
            let changed =
                same.parse().map(|before| Draft { note: draft.note.clone(), ..before }) != Ok(draft.clone());
            let fresh = if changed {
                store::save(&mut tx, (post.id, version), draft, &by, now).await?
            } else {
                post.version == version
            };
            if !fresh {
                return Ok(None);
            }
            post.id
        }
    };
    let action = match act {
        Act::Publish => "post.published",
        Act::Schedule(_) => "post.scheduled",
        Act::Withdraw => "post.withdrawn",
        Act::Save | Act::Preview => "post.saved",
    };
    match act {
        Act::Publish => store::publish(&mut tx, id, now).await?,
        Act::Schedule(at) => store::publish(&mut tx, id, at).await?,
        Act::Withdraw => store::withdraw(&mut tx, id, now).await?,
        Act::Save | Act::Preview => {}
    }
    clerk
        .audit(&mut tx, (action, &format!("post {id}")), &draft.note, &json!({ "slug": draft.slug }))
        .await?;
    tx.commit().await?;
    Ok(Some(id))
}

#[derive(Serialize)]
struct Past {
    version: i32,
    title: String,
    by: String,
    at: String,
    note: String,
}

async fn form(
    clerk: &Clerk,
    post: Option<&Post>,
    fields: &Fields,
    preview: bool,
    problem: Option<&'static str>,
) -> Result<HttpResponse, Error> {
    let (lang, pool) = (clerk.lang(), &clerk.reader.app.pool);
    let past = match post {
        Some(post) => store::versions(pool, post.id).await?,
        None => Vec::new(),
    };
    let past = past.into_iter().map(|version| Past {
        version: version.version,
        title: version.title_en,
        by: short(&version.written_by).to_owned(),
        at: format::instant(version.written_at, lang),
        note: version.note,
    });
    let heading = post.map_or_else(|| text(lang, "post_new").to_owned(), |post| title(post, lang).to_owned());
    let mut context = clerk.context(Area::Posts, &heading).await?;
    let kinds = Kind::ALL
        .map(|kind| Choice::new(kind.as_str(), text(lang, kind.label()), fields.kind == kind.as_str()));
    context.insert("crumb", &Some(["/admin/posts", text(lang, "admin_posts")]));
    context.insert("kinds", &kinds);
    context.insert("fields", fields);
    context.insert("past", &past.collect::<Vec<_>>());
    context.insert(
        "action",
        &post.map_or_else(|| "/admin/posts".to_owned(), |post| format!("/admin/posts/{}", post.id)),
    );
    let place = post.map(|post| standing(post, clerk));
    context.insert("standing", &place.map(|place| text(lang, place.label())));
    context.insert("seen", &matches!(place, Some(Standing::Published | Standing::Scheduled)));
    context.insert(
        "public",
        &post.filter(|_| place == Some(Standing::Published)).map(|post| format!("/posts/{}", post.slug)),
    );
    let shown = preview && !(fields.body_en.is_empty() && fields.body_es.is_empty());
    let sides = [(&fields.title_en, &fields.body_en, "en"), (&fields.title_es, &fields.body_es, "es")];
    let sides = sides.map(|(title, body, code)| Side {
        title: title.clone(),
        lang: code,
        sanitised: markdown::render(body),
    });
    context.insert("preview", &shown.then_some(sides));
    if let Some(problem) = problem {
        context.insert("problem", text(lang, problem));
        return clerk.refuse(StatusCode::BAD_REQUEST, "console/post.html", &context);
    }
    clerk.render("console/post.html", &context)
}

#[derive(Serialize)]
struct Side {
    title: String,
    lang: &'static str,
    sanitised: markdown::Sanitised,
}
