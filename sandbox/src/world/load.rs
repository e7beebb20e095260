//! Reads worlds from their folders. Several worlds are served as one.
//!
//! A file that is missing or corrupt, or a line that is not of the format, ends the load with a message. A record that is bad by
//! itself is refused, named and counted.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use domain::world::World as Description;
use domain::{Asset, AssetList};

use super::World;
use super::article::{Article, Articles, Outlet};
use super::bar::{Bars, interval_length};
use super::parse::{ArticleLine, BarLine, PostLine, Refusal, explain};
use super::post::{Author, Kind, NOBODY, Post, Posts, Streams, UNKNOWN, compare_ids};
use super::report::LoadReport;
use super::symbol::Assets;
use crate::moment::{Micros, NEVER, parse};
use crate::service::POST_SOURCES;

/// Loads one or more worlds as one.
///
/// # Errors
/// When a file is missing, corrupt, or has a line that is not of the format; file and line are named.
pub fn load(folders: &[PathBuf]) -> Result<(World, LoadReport)> {
    ensure!(!folders.is_empty(), "no world given: name its folder with --world");
    let mut report = LoadReport::default();
    let mut descriptions = Vec::new();
    let mut assets: BTreeMap<String, Asset> = BTreeMap::new();
    let mut builders = POST_SOURCES.map(PostsBuilder::new);
    let mut articles = Vec::new();
    let mut bars = Bars::default();
    for folder in folders {
        let description = load_description(folder)?;
        let end = description.end.timestamp_micros();
        for asset in load_assets(folder)?.iter() {
            assets.entry(asset.symbol.as_str().to_owned()).or_insert_with(|| asset.clone());
        }
        load_posts(folder, end, &mut builders, &mut report)?;
        load_articles(folder, end, &mut articles, &mut report)?;
        load_bars(folder, &mut bars, &mut report)?;
        descriptions.push(description);
    }
    let assets = Assets::new(assets.into_values());
    let posts: BTreeMap<_, _> =
        builders.into_iter().map(|builder| (builder.source, builder.finish(&mut report))).collect();
    let articles = finish_articles(articles, &mut report);
    sort_bars(&mut bars, &mut report);
    report.accepted.insert("posts", posts.values().map(|posts| posts.rows.len() as u64).sum());
    report.accepted.insert("articles", articles.rows.len() as u64);
    report.accepted.insert("bars", bars.len() as u64);
    let join = |part: fn(&Description) -> &str| descriptions.iter().map(part).collect::<Vec<_>>().join("+");
    let world = World {
        name: join(|d| &d.name),
        licence: join(|d| &d.licence),
        start: descriptions.iter().map(|d| d.start).min().unwrap_or_default(),
        end: descriptions.iter().map(|d| d.end).max().unwrap_or_default(),
        truth: descriptions.into_iter().find_map(|d| d.truth),
        streams: posts.get("stocktwits").map(|posts| Streams::new(posts, &assets)).unwrap_or_default(),
        outlets: Outlet::all(&articles),
        assets,
        posts,
        articles,
        bars,
    };
    Ok((world, report))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| {
        format!("{}: cannot read this file of the world; a world has world.json, assets.csv, posts.ndjson.zst, articles.ndjson.zst and bars.csv.zst", file.display())
    })
}

fn load_description(folder: &Path) -> Result<Description> {
    let file = folder.join("world.json");
    let description: Description = serde_json::from_slice(&read(&file)?).with_context(|| {
        format!("{}: not a world's description; it needs name, start and end", file.display())
    })?;
    ensure!(
        description.start < description.end,
        "{}: field end is not after field start: correct one",
        file.display()
    );
    Ok(description)
}

fn load_assets(folder: &Path) -> Result<AssetList> {
    let file = folder.join("assets.csv");
    AssetList::from_csv(&read(&file)?)
        .with_context(|| format!("{}: correct the line or remove it", file.display()))
}

/// Opens a zstd file; what goes wrong later names it too.
fn unpack(file: &Path) -> Result<impl Read> {
    let packed = File::open(file).with_context(|| {
        format!(
            "{}: cannot open this file of the world; an empty one may stand in for records it lacks",
            file.display()
        )
    })?;
    zstd::Decoder::new(packed).with_context(|| format!("{}: not a zstd file", file.display()))
}

/// Calls `take` with every line that is not blank, and its number.
fn each_line(file: &Path, mut take: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    let mut reader = BufReader::with_capacity(1 << 18, unpack(file)?);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|e| corrupt(file, number, &e))?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        if !line.trim_ascii().is_empty() {
            take(number, &line)?;
        }
    }
}

fn corrupt(file: &Path, line: u64, error: &std::io::Error) -> anyhow::Error {
    anyhow!("{}: corrupt after line {line} ({error}); copy or generate the world again", file.display())
}

fn load_posts(
    folder: &Path,
    end: Micros,
    builders: &mut [PostsBuilder],
    report: &mut LoadReport,
) -> Result<()> {
    let file = folder.join("posts.ndjson.zst");
    let shared: Rc<Path> = file.as_path().into();
    each_line(&file, |number, bytes| {
        let line: PostLine<'_> =
            serde_json::from_slice(bytes).map_err(|e| explain(&file, number, bytes, &e))?;
        let Some(builder) = builders.iter_mut().find(|builder| builder.source == line.source) else {
            let other = format!(": {}", line.source);
            report.refuse(&file, number, "posts of a source that the sandbox does not serve", &other);
            return Ok(());
        };
        match builder.post(&line, end) {
            Ok(post) => builder.rows.push((post, Rc::clone(&shared), number)),
            Err(Refusal(reason)) => report.refuse(&file, number, reason, &format!(" (id {})", line.id)),
        }
        Ok(())
    })
}

/// Gathers the posts of one source.
struct PostsBuilder {
    source: &'static str,
    rows: Vec<(Post, Rc<Path>, u64)>,
    authors: Vec<Author>,
    author_numbers: HashMap<Box<str>, u32>,
    langs: Vec<String>,
}

impl PostsBuilder {
    fn new(source: &'static str) -> Self {
        Self {
            source,
            rows: Vec::new(),
            authors: Vec::new(),
            author_numbers: HashMap::new(),
            langs: Vec::new(),
        }
    }

    fn post(&mut self, line: &PostLine<'_>, end: Micros) -> Result<Post, Refusal> {
        let text = line
            .text
            .as_deref()
            .filter(|text| !text.trim().is_empty())
            .ok_or(Refusal("posts without text"))?;
        let at = line
            .created_at
            .as_deref()
            .and_then(parse)
            .ok_or(Refusal("posts whose created_at is no instant"))?;
        if at > end {
            return Err(Refusal("posts written after the world's end"));
        }
        let optional = |value: &Option<_>| {
            value.as_deref().map(|v: &str| parse(v).ok_or(Refusal("posts with a bad instant"))).transpose()
        };
        let deleted_at = optional(&line.deleted_at)?.unwrap_or(NEVER);
        let edited_at = optional(&line.edited_at)?.unwrap_or(NEVER);
        let visible_at = optional(&line.visible_at)?.unwrap_or(at).max(at);
        let kind = match line.kind.as_deref() {
            Some("repost") => Kind::Repost,
            Some("quote") => Kind::Quote,
            Some("reply" | "comment") => Kind::Reply,
            _ => Kind::Post,
        };
        let mood = match line.sentiment.as_deref() {
            Some("Bullish") => 1,
            Some("Bearish") => -1,
            _ => 0,
        };
        Ok(Post {
            at,
            visible_at,
            deleted_at,
            edited_at,
            text: text.into(),
            text_before: line
                .text_before
                .as_deref()
                .filter(|before| edited_at != NEVER && !before.trim().is_empty() && *before != text)
                .map(Into::into),
            author: self.author(line),
            lang: line.lang.as_deref().filter(|lang| !lang.is_empty()).map(|lang| self.lang(lang)),
            kind,
            mood,
            likes: line.likes.unwrap_or(UNKNOWN),
            shares: line.shares.unwrap_or(UNKNOWN),
            replies: line.replies.unwrap_or(UNKNOWN),
            followers: line.followers.unwrap_or(UNKNOWN),
            channel: line.channel.as_deref().map(Into::into),
            parent_id: line.parent_id.as_deref().map(Into::into),
            id: line.id.as_ref().into(),
        })
    }

    /// The author's number. On X a post without author gets a synthetic one, because lists reach posts by their authors.
    fn author(&mut self, line: &PostLine<'_>) -> u32 {
        let stated = |field: &Option<std::borrow::Cow<'_, str>>| {
            field.as_deref().filter(|v| !v.is_empty()).map(str::to_owned)
        };
        let (id, name) = match (stated(&line.author_id), stated(&line.author)) {
            (Some(id), Some(name)) => (id, name),
            (Some(id), None) => (id.clone(), format!("user{id}")),
            (None, Some(name)) => (synthetic_id(&name), name),
            (None, None) if self.source == "x" => {
                let id = synthetic_id(&format!("author of {}", line.id));
                (id.clone(), format!("user{id}"))
            }
            (None, None) => return NOBODY,
        };
        if let Some(number) = self.author_numbers.get(id.as_str()) {
            return *number;
        }
        let number = self.authors.len() as u32;
        let created_at = line.author_created_at.as_deref().and_then(parse);
        self.authors.push(Author { id: id.as_str().into(), name: name.into(), created_at });
        self.author_numbers.insert(id.into(), number);
        number
    }

    fn lang(&mut self, lang: &str) -> u16 {
        let known = self.langs.iter().position(|known| known == lang);
        let index = known.unwrap_or_else(|| {
            self.langs.push(lang.to_owned());
            self.langs.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    fn finish(mut self, report: &mut LoadReport) -> Posts {
        // The first record of an id is the one that counts.
        let mut first: HashMap<Box<str>, ()> = HashMap::with_capacity(self.rows.len());
        self.rows.retain(|(post, file, line)| {
            let fresh = first.insert(post.id.clone(), ()).is_none();
            if !fresh {
                report.refuse(file, *line, "posts whose id came before", &format!(" (id {})", post.id));
            }
            fresh
        });
        drop(first);
        let mut rows: Vec<Post> = self.rows.into_iter().map(|(post, _, _)| post).collect();
        rows.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| compare_ids(&a.id, &b.id)));
        Posts::new(rows, self.authors, self.langs)
    }
}

/// A decimal id that is made from a text (FNV-1a), of the length of a real one.
fn synthetic_id(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (8_000_000_000_000_000_000 + hash % 1_000_000_000_000_000_000).to_string()
}

fn load_articles(
    folder: &Path,
    end: Micros,
    articles: &mut Vec<(Article, PathBuf, u64)>,
    report: &mut LoadReport,
) -> Result<()> {
    let file = folder.join("articles.ndjson.zst");
    each_line(&file, |number, bytes| {
        let line: ArticleLine =
            serde_json::from_slice(bytes).map_err(|e| explain(&file, number, bytes, &e))?;
        match line.article(end) {
            Ok(article) => articles.push((article, file.clone(), number)),
            Err(Refusal(reason)) => report.refuse(&file, number, reason, ""),
        }
        Ok(())
    })
}

fn finish_articles(mut lines: Vec<(Article, PathBuf, u64)>, report: &mut LoadReport) -> Articles {
    let mut first = HashMap::with_capacity(lines.len());
    lines.retain(|(article, file, line)| {
        let fresh = first.insert((article.outlet.clone(), article.id.clone()), ()).is_none();
        if !fresh {
            report.refuse(file, *line, "articles whose id came before", &format!(" (id {})", article.id));
        }
        fresh
    });
    let mut rows: Vec<Article> = lines.into_iter().map(|(article, _, _)| article).collect();
    rows.sort_by(|a, b| (a.at, &a.outlet, &a.id).cmp(&(b.at, &b.outlet, &b.id)));
    Articles { rows }
}

fn load_bars(folder: &Path, bars: &mut Bars, report: &mut LoadReport) -> Result<()> {
    let file = folder.join("bars.csv.zst");
    let mut reader = csv::Reader::from_reader(BufReader::with_capacity(1 << 18, unpack(&file)?));
    let headers = reader.headers().map_err(|e| bad_csv(&file, 1, e))?.clone();
    for field in ["symbol", "interval", "time", "open", "high", "low", "close"] {
        ensure!(
            headers.iter().any(|h| h == field),
            "{}, line 1: the column {field} is missing: add it",
            file.display()
        );
    }
    let mut record = csv::StringRecord::new();
    loop {
        let number = reader.position().line();
        if !reader.read_record(&mut record).map_err(|e| bad_csv(&file, number, e))? {
            return Ok(());
        }
        let number = record.position().map_or(number, csv::Position::line);
        let line: BarLine<'_> = record.deserialize(Some(&headers)).map_err(|e| bad_csv(&file, number, e))?;
        let Some(length) = interval_length(line.interval) else {
            bail!(
                "{}, line {number}: field interval is {:?}: write it like 1d, 1h or 15m",
                file.display(),
                line.interval
            );
        };
        let bar = match line.bar().with_context(|| format!("{}, line {number}", file.display()))? {
            Ok(bar) => bar,
            Err(Refusal(reason)) => {
                report.refuse(&file, number, reason, &format!(" ({})", line.symbol));
                continue;
            }
        };
        let series =
            bars.0.entry(line.symbol.to_owned()).or_default().entry(line.interval.to_owned()).or_default();
        series.length = length;
        if series.bars.last().is_some_and(|last| last.at > bar.at) {
            report.repair(&file, number, "bars out of order, sorted");
        }
        series.bars.push(bar);
    }
}

fn bad_csv(file: &Path, line: u64, error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => corrupt(file, line, &error),
        csv::ErrorKind::Deserialize { err, .. } => {
            anyhow!("{}, line {line}: {err}: correct or remove the line", file.display())
        }
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            anyhow!(
                "{}, line {line}: {len} fields instead of {expected_len}: correct or remove the line",
                file.display()
            )
        }
        _ => anyhow!(
            "{}, line {line}: not readable as CSV in UTF-8: correct or remove the line",
            file.display()
        ),
    }
}

/// Sorts each series; of two bars of the same time the first counts.
fn sort_bars(bars: &mut Bars, report: &mut LoadReport) {
    for series in bars.0.values_mut().flat_map(BTreeMap::values_mut) {
        series.bars.sort_by_key(|bar| bar.at);
        let before = series.bars.len();
        series.bars.dedup_by_key(|bar| bar.at);
        let doubled = (before - series.bars.len()) as u64;
        if doubled > 0 {
            *report.refused.entry("bars whose time came before").or_insert(0) += doubled;
        }
        series.bars.shrink_to_fit();
    }
}
