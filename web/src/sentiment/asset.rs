//! The page on what people and outlets feel about one asset.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::{Feature, Slot, Tier};
use serde::Serialize;

use super::asked::{Asked, Choice, Noise, Query};
use super::market::{of_noise, score, side_key};
use super::{leads, removed, volume, xray};
use crate::access::Access;
use crate::error::Error;
use crate::format;
use crate::market::asset::{Opened, Section};
use crate::market::store::SentimentRow;
use crate::market::view::{self, LockView, ScoreView};
use crate::market::words;
use crate::site::reader::Reader;
use crate::site::refusal;
use crate::text::{Lang, count, fill, text};

/// Slots in the choice of slots: five days.
const CHOICES: usize = 20;

/// The mood of one slot with what it rests on.
#[derive(Debug, Serialize)]
struct Facts {
    mood: ScoreView,
    documents: String,
    noise: String,
    raw: Option<String>,
    positive: Option<String>,
    negative: Option<String>,
    model: String,
}

/// `GET /assets/{symbol}/sentiment`
///
/// # Errors
/// There is no such asset, or Postgres fails.
pub async fn page(
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
    let (lang, access) = (open.lang(), open.access(Feature::Sentiment));
    let newest_at = open.edition.closes_at();
    let closes_at = asked.slot.map_or(newest_at, Slot::close_at);
    // A slot out of reach is answered alike whether there is something in it or not.
    let reached = access.covers(closes_at, newest_at);
    let history = open.reader.app.history(&open.edition, open.symbol()).await?;
    let row = history.iter().rev().find(|row| row.closes_at == closes_at).filter(|_| reached);

    let mut context = open.context(Section::Sentiment)?;
    let lock = open.lock(Feature::Sentiment);
    context.insert("locked", &lock);
    context.insert("reached", &reached);
    context.insert("slot", &asked.slot.map(|slot| slot.to_string()));
    context.insert("slots", &slots(&open, &history, &asked, closes_at));
    let of_slot = asked.slot.map(|slot| format!("?slot={slot}")).unwrap_or_default();
    context.insert("receipt_href", &format!("{}/receipt{of_slot}", view::asset_href(open.symbol())));
    context.insert("raw", &(asked.noise == Noise::Raw));
    context.insert("noise", asked.noise.as_str());
    context.insert("sides", &asked.sides(|noise| text(lang, side_key(noise)).to_owned()));
    context.insert("facts", &row.map(|row| facts(row, asked.noise, lang)));
    context.insert("behind", &access.sees_behind());
    context.insert("lock_behind", &open.lock_behind(Feature::Sentiment, "lock_behind_mood"));
    context.insert("lock_slot", &(!reached && lock.is_none()).then(|| lock_slot(&open)));
    let most = match access {
        Access::Since(since) => Some((newest_at - since).num_days()),
        _ => None,
    };
    let shown = Asked { days: most.map_or(asked.days, |most| asked.days.min(most)), ..asked.clone() };
    context.insert("days", &shown.days);
    context.insert("periods", &shown.periods(most, |days| count(lang, "mood_period_days", days, &[])));
    context.insert("prices", &!open.access(Feature::Price).is_locked());
    let own = OwnQuery::of(&asked);
    context.insert("own", &own);
    // For the section that says why, which all pages of an asset share.
    context.insert("sentiment", &row.map(|row| facts(row, Noise::Organic, lang)));
    context.insert("outlook", &None::<()>);
    if reached && access.sees_behind() {
        behind(&open, &asked, closes_at, row, &mut context).await?;
    }
    open.render("sentiment/asset.html", &context)
}

/// What the forms of the page keep of its address.
#[derive(Debug, Serialize)]
struct OwnQuery {
    noise: &'static str,
    days: i64,
    whole: String,
}

impl OwnQuery {
    fn of(asked: &Asked) -> Self {
        let whole = Asked { whole: true, ..asked.clone() }.query();
        Self { noise: asked.noise.as_str(), days: asked.days, whole }
    }
}

fn lock_slot(open: &Opened) -> LockView {
    let tier = if open.access(Feature::Sentiment) == Access::Latest { Tier::Basic } else { Tier::Plus };
    let card = view::lock(&open.edition, Feature::Sentiment, Some(tier), open.lang());
    LockView { line: text(open.lang(), "lock_older_slot"), ..card }
}

fn facts(row: &SentimentRow, noise: Noise, lang: Lang) -> Facts {
    let organic = words::organic(row);
    let share = |value: Option<f64>| value.map(|share| format::percent(share, 0, lang));
    Facts {
        mood: score(&of_noise(row, noise), noise, lang),
        documents: format::count(organic, lang),
        noise: format::count(row.posts + row.articles - organic, lang),
        raw: row.score_raw.map(|score| format::signed(score, 2, lang)),
        positive: share(row.positive),
        negative: share(row.negative),
        model: row.model.clone(),
    }
}

/// The newest slots that the reader may look into.
fn slots(open: &Opened, history: &[SentimentRow], asked: &Asked, closes_at: DateTime<Utc>) -> Vec<Choice> {
    let (access, newest_at) = (open.access(Feature::Sentiment), open.edition.closes_at());
    let seen = history.iter().rev().filter(|row| access.covers(row.closes_at, newest_at));
    seen.take(CHOICES)
        .filter_map(|row| Some((row.closes_at, Slot::closing_at(row.closes_at)?)))
        .map(|(at, slot)| Choice {
            label: format::short_instant(at, open.lang()),
            query: Asked { slot: Some(slot), ..asked.clone() }
                .slot
                .map(|s| s.to_string())
                .unwrap_or_default(),
            chosen: at == closes_at,
        })
        .collect()
}

/// What lies behind the score, for those who may see it.
async fn behind(
    open: &Opened,
    asked: &Asked,
    closes_at: DateTime<Utc>,
    row: Option<&SentimentRow>,
    context: &mut tera::Context,
) -> Result<(), Error> {
    let (lang, news) = (open.lang(), open.access(Feature::News));
    let newest_at = open.edition.closes_at();
    let newest_id = open.edition.publication.as_ref().map_or(0, |p| p.id);
    let found = open.reader.app.moods.behind(newest_id, open.symbol(), closes_at).await?;
    // Texts belong to the news: who may not see those of this slot sees the figures alone.
    let reads = |at| news.sees_behind() && news.covers(at, newest_at);
    context.insert("reads", &news.sees_behind());
    // The week before a slot may reach further back than the reader's tier.
    let access = open.access(Feature::Sentiment);
    let week: Vec<_> = found.volumes.iter().filter(|v| access.covers(v.closes_at, newest_at)).collect();
    context.insert("sources", &volume::sources(&week, closes_at, lang));
    let of_slot = || found.volumes.iter().filter(|v| v.closes_at == closes_at);
    context.insert("reasons", &removed::reasons(of_slot(), lang));
    let examples = removed::examples(&found.parts, reads, lang);
    context.insert("examples", &examples);
    let removed = row.map(|row| {
        let (all, noise) = (row.posts + row.articles, row.posts + row.articles - words::organic(row));
        fill(
            lang,
            "mood_removed_of",
            &[("removed", &format::count(noise, lang)), ("all", &format::count(all, lang))],
        )
    });
    context.insert("removed", &removed);
    let whole = asked.whole;
    context
        .insert("xray", &row.and_then(|row| xray::xray(row, asked.noise, &found.parts, whole, reads, lang)));
    let unkept = asked.noise == Noise::Raw && row.is_some_and(|row| row.score_raw.is_some());
    context.insert("xray_unkept", &unkept);
    let whole = access == Access::Full;
    context.insert(
        "lock_leads",
        &(!whole).then(|| {
            let card = view::lock(&open.edition, Feature::Sentiment, Some(Tier::Plus), lang);
            LockView { line: text(lang, "lock_leads"), ..card }
        }),
    );
    let wanted = asked.source.as_deref().unwrap_or("all");
    let lead = found.leads.iter().find(|lead| lead.source == wanted).filter(|_| whole);
    context.insert("lead", &lead.map(|lead| leads::view(lead, lang)));
    let choices: Vec<Choice> = found
        .leads
        .iter()
        .filter(|_| whole)
        .map(|lead| Choice {
            label: if lead.source == "all" { text(lang, "lead_all").to_owned() } else { lead.source.clone() },
            query: Asked { source: Some(lead.source.clone()).filter(|s| s != "all"), ..asked.clone() }
                .query(),
            chosen: lead.source == wanted,
        })
        .collect();
    context.insert("lead_sources", &choices);
    Ok(())
}
