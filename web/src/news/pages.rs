//! The news of one asset, and of all.

use std::collections::{BTreeSet, HashSet};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::{Feature, Tier};
use tera::Context;

use super::asked::{Asked, CLASSES, Query, Tone};
use super::cache::PAGE;
use super::cursor::Cursor;
use super::{digest, export, view, words};
use crate::access::Access;
use crate::error::Error;
use crate::format;
use crate::market::asset::{Opened, Section};
use crate::market::cache::Edition;
use crate::market::scope::Scope;
use crate::market::view::{LockView, asset_href, lock};
use crate::sentiment::asked::Noise;
use crate::site::reader::Reader;
use crate::site::{page, refusal};
use crate::text::{fill, text};

/// `GET /news`
///
/// # Errors
/// Postgres fails.
pub async fn all(reader: Reader, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let asked = match Asked::parse(&query) {
        Ok(asked) => asked,
        Err(accepted) => {
            let says = text(reader.lang(), accepted);
            return refusal::page(&reader, &edition, StatusCode::BAD_REQUEST, says);
        }
    };
    let mut scope = Scope::of(&edition, reader.who(), Feature::News, reader.now);
    if let Some(class) = asked.filters.class {
        let of_class = |symbol: &str| edition.front.assets.get(symbol).is_some_and(|a| a.class == class);
        scope = scope.narrowed(edition.front.assets.keys(), of_class);
    }
    let mut context = page::context(&reader, &edition, text(reader.lang(), "news_title"));
    context.insert("base", "/news");
    context.insert("prices", &false);
    context.insert("tone_title", text(reader.lang(), "news_tone_chart_all"));
    context.insert("receipt_href", "/receipt");
    context.insert("one_asset", &false);
    context.insert("published", &edition.publication.is_some());
    let paper = Paper { reader: &reader, edition: &edition, scope, asked, own: HashSet::new() };
    if let Some(answer) = paper.refused_or_exported("news").await? {
        return Ok(answer);
    }
    paper.fill(&mut context).await?;
    let shut = paper.scope.symbols.as_ref().is_some_and(|_| paper.asked.filters.class.is_none());
    context.insert("lock_all", &shut.then(|| paper.lock(Tier::Basic, "lock_news_all")));
    page::render(&reader.app, "news/all.html", &context)
}

/// `GET /assets/{symbol}/news`
///
/// # Errors
/// There is no such asset, or Postgres fails.
pub async fn asset(
    reader: Reader,
    symbol: web::Path<String>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    let open = Opened::new(reader, &symbol).await?;
    let asked = match Asked::parse(&query) {
        Ok(asked) => asked,
        Err(accepted) => {
            let says = text(open.reader.lang(), accepted);
            return refusal::page(&open.reader, &open.edition, StatusCode::BAD_REQUEST, says);
        }
    };
    let (asset, lang) = (open.asset()?, open.lang());
    let mut context = open.context(Section::News)?;
    context.insert("locked", &open.lock(Feature::News));
    context.insert("base", &format!("{}/news", asset_href(&asset.symbol)));
    context.insert("receipt_href", &format!("{}/receipt", asset_href(&asset.symbol)));
    context.insert("one_asset", &true);
    context.insert("prices", &!open.access(Feature::Price).is_locked());
    // For the section that says why, which all pages of an asset share.
    context.insert("sentiment", &None::<()>);
    context.insert("outlook", &None::<()>);
    let names = [asset.symbol.as_str(), asset.name.as_str()];
    let paper = Paper {
        reader: &open.reader,
        edition: &open.edition,
        scope: Scope::asset(&asset.symbol, open.access(Feature::News)),
        asked,
        // Every headline names the asset; that says nothing.
        own: words::own(names.into_iter().chain(asset.aliases.iter().map(String::as_str))),
    };
    if let Some(answer) = paper.refused_or_exported(&asset.symbol).await? {
        return Ok(answer);
    }
    paper.fill(&mut context).await?;
    context.insert("lock_all", &None::<LockView>);
    context.insert("tone_title", &fill(lang, "news_tone_chart", &[("name", &asset.name)]));
    open.render("news/asset.html", &context)
}

/// What both pages are made of.
struct Paper<'a> {
    reader: &'a Reader,
    edition: &'a Edition,
    scope: Scope,
    asked: Asked,
    own: HashSet<String>,
}

impl Paper<'_> {
    fn newest_id(&self) -> i64 {
        self.edition.publication.as_ref().map_or(0, |p| p.id)
    }

    /// Whether the reader's tier includes tables to take away.
    fn may_export(&self) -> bool {
        let tier = self.reader.tier();
        let row = self.edition.tiers.iter().find(|row| row.tier == tier.as_str());
        row.is_some_and(|row| row.exports.iter().any(|form| form == "csv" || form == "all"))
    }

    fn lock(&self, tier: Tier, line: &'static str) -> LockView {
        let lang = self.reader.lang();
        LockView { line: text(lang, line), ..lock(self.edition, Feature::News, Some(tier), lang) }
    }

    /// The answer in place of the page: a table, or why there is none.
    async fn refused_or_exported(&self, name: &str) -> Result<Option<HttpResponse>, Error> {
        if !self.asked.csv {
            return Ok(None);
        }
        let (reader, papers) = (self.reader, &self.reader.app.papers);
        if !self.scope.access.sees_behind() || !self.may_export() {
            let says = text(reader.lang(), "mood_refused_export");
            let refused = refusal::page(reader, self.edition, StatusCode::FORBIDDEN, says)?;
            return Ok(Some(refused));
        }
        let rows = papers.newest(self.newest_id(), &self.scope, &self.asked.filters).await?;
        let table = web::block(move || export::table(&rows[..rows.len().min(digest::MOST)])).await;
        let table = table.map_err(|e| Error::Unavailable(anyhow::Error::new(e)))??;
        // A symbol may hold what a file's name must not.
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let slot = self.edition.publication.as_ref().map_or("none", |p| p.slot.as_str());
        let response = HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((
                "content-disposition",
                format!("attachment; filename=\"news-{name}-{slot}.csv\""),
            ))
            .insert_header(("cache-control", "private, no-store"))
            .body(table);
        Ok(Some(response))
    }

    async fn fill(&self, context: &mut Context) -> Result<(), Error> {
        let (lang, access) = (self.reader.lang(), self.scope.access);
        let (filters, papers) = (&self.asked.filters, &self.reader.app.papers);
        let (behind, whole) = (access.sees_behind(), access == Access::Full);
        self.form(context);
        context.insert("behind", &behind);
        context.insert("whole", &whole);
        // A filter by tone would tell the tones that a tier withholds.
        let tone_refused = filters.tone.is_some() && !behind;
        context.insert("lock_tone", &tone_refused.then(|| self.lock(Tier::Basic, "lock_tone")));
        let shown = !access.is_locked() && !tone_refused;
        let list = if shown {
            papers.list(self.newest_id(), &self.scope, &self.asked).await?
        } else {
            Default::default()
        };
        let headlines: Vec<_> =
            list.iter().take(PAGE).map(|row| view::headline(row, filters, behind, lang)).collect();
        let older = list.get(PAGE - 1).filter(|_| list.len() > PAGE).map(|last| {
            let cursor = Cursor { said_at: last.said_at, source: last.source.clone(), id: last.id.clone() };
            filters.query(&[("cursor", &cursor.encode())])
        });
        context.insert("headlines", &headlines);
        context.insert("older", &older);
        context.insert("newest", &self.asked.cursor.as_ref().map(|_| filters.query(&[])));
        let csv = behind && self.may_export();
        context.insert("csv", &csv.then(|| filters.query(&[("format", "csv")])));
        let (tier, line) =
            if behind { (Tier::Plus, "lock_words") } else { (Tier::Basic, "lock_news_behind") };
        context.insert("lock_words", &(!whole && !access.is_locked()).then(|| self.lock(tier, line)));
        let found = if behind && shown {
            papers.digest(self.newest_id(), &self.scope, filters, self.own.clone()).await?
        } else {
            Default::default()
        };
        self.counted(&found, context);
        Ok(())
    }

    /// The form's values and choices.
    fn form(&self, context: &mut Context) {
        let (lang, filters) = (self.reader.lang(), &self.asked.filters);
        context.insert("q", filters.q.as_deref().unwrap_or_default());
        context.insert("outlet", filters.outlet.as_deref().unwrap_or_default());
        context.insert("from", &filters.from.map(|d| d.to_string()).unwrap_or_default());
        context.insert("to", &filters.to.map(|d| d.to_string()).unwrap_or_default());
        context.insert("copies", &(filters.noise == Noise::Raw));
        context.insert("filtered", &!filters.is_empty());
        let classes = CLASSES.map(|class| {
            let key = match class {
                "equity" => "class_equity",
                "crypto" => "class_crypto",
                "fx" => "class_fx",
                _ => "class_index",
            };
            (class, text(lang, key), filters.class == Some(class))
        });
        context.insert("classes", &classes);
        let tones = Tone::ALL.map(|tone| {
            let key = match tone {
                Tone::Positive => "news_tone_positive",
                Tone::Neutral => "news_tone_neutral",
                Tone::Negative => "news_tone_negative",
            };
            (tone.as_str(), text(lang, key), filters.tone == Some(tone))
        });
        context.insert("tones", &tones);
    }

    /// What was counted, as far as the reader's depth goes.
    fn counted(&self, found: &digest::Digest, context: &mut Context) {
        let (lang, filters) = (self.reader.lang(), &self.asked.filters);
        let whole = self.scope.access == Access::Full;
        let mut langs: BTreeSet<&str> = found.langs.iter().map(String::as_str).collect();
        langs.extend(["en", "es"]);
        langs.extend(filters.lang.as_deref());
        let chosen = |code: &str| filters.lang.as_deref() == Some(code);
        let langs: Vec<_> =
            langs.into_iter().map(|code| (code, self.lang_name(code), chosen(code))).collect();
        context.insert("langs", &langs);
        let by = |name: &'static str| {
            let base = context.get("base").and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            move |value: &str| format!("{base}{}", filters.query(&[(name, value)]))
        };
        let some = |tallies: &[digest::Tally], name| {
            if whole { view::tallies(tallies, by(name), lang) } else { Vec::new() }
        };
        let words = some(&found.words, "q");
        let outlets = some(&found.outlets, "outlet");
        // An author is searched for in the headlines' words only by chance, so names are no links.
        let authors = some(&found.authors, "q");
        let cited = if whole { view::assets(&found.assets, self.edition, lang) } else { Vec::new() };
        context.insert("cloud", &view::cloud(&words));
        context.insert("words", &words);
        context.insert("outlets", &outlets);
        context.insert("authors", &authors);
        context.insert("cited", &cited);
        context.insert("days", &view::days(&found.days, lang));
        let span = found.days.first().zip(found.days.last()).map(|(first, last)| {
            let values = [
                ("headlines", &*format::count(found.headlines as i64, lang)),
                ("from", &*format::day(first.day, lang)),
                ("to", &*format::day(last.day, lang)),
            ];
            fill(lang, if found.more { "news_counted_newest" } else { "news_counted_all" }, &values)
        });
        context.insert("span", &span);
    }

    fn lang_name(&self, code: &str) -> String {
        match code {
            "en" => text(self.reader.lang(), "news_lang_en").to_owned(),
            "es" => text(self.reader.lang(), "news_lang_es").to_owned(),
            other => other.to_owned(),
        }
    }
}
