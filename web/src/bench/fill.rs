//! A made-up market of published rows: what `publish` would have left after so many slots, by `COPY`.
//!
//! | table | rows |
//! | --- | --- |
//! | publications, sentiments | each slot; each slot and asset |
//! | volumes | each slot and asset, two sources |
//! | forecasts | each slot and asset, five horizons |
//! | forecast_outcomes | those of the slot that closes at midnight, of every fourth asset: what the track record reads is summed by day |
//! | daily_bars | 730 days of each asset |
//! | documents | the last 120 slots: a headline and a post of each asset, with their scores |
//! | signals, risks, contributions, strategies, leads, risk_backtests | the last 120 slots of each asset |
//!
//! Numbers are drawn from a seed and mean nothing; only their count and size matter.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use domain::Slot;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;

use super::store::{self, Target};

/// Slots that have documents and all tables of predictions.
const RECENT: u32 = 120;
/// Days of bars.
const DAYS: u64 = 730;

/// How much is filled.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Assets.
    pub assets: u32,
    /// Slots.
    pub slots: u32,
}

/// The symbol of the asset with this number, from 0: the most mentioned first.
pub fn symbol(number: u32) -> String {
    format!("B{number:04}")
}

struct Filler {
    size: Size,
    /// When the newest slot closes.
    newest_at: DateTime<Utc>,
}

/// Fills the database, unless it is full to this size already; says whether it did.
///
/// # Errors
/// Postgres fails, or the database has customers of somebody's.
pub async fn fill(pool: &PgPool, size: Size, now: DateTime<Utc>) -> anyhow::Result<bool> {
    if store::size(pool).await? == (i64::from(size.slots), i64::from(size.assets)) {
        return Ok(false);
    }
    anyhow::ensure!(!store::has_customers(pool).await?, "this database has customers: give an empty one");
    store::empty(pool).await?;
    let filler = Filler { size, newest_at: Slot::last_due(now).close_at() };
    filler.fill(pool).await?;
    store::finish(pool).await?;
    Ok(true)
}

impl Filler {
    async fn fill(&self, pool: &PgPool) -> sqlx::Result<()> {
        store::copy(pool, Target("assets (symbol, name, class, exchange, aliases)"), self.assets()).await?;
        let columns = "publications_made (id, slot, version, closes_at, manifest_sha256, coverage, partial, published_at)";
        store::copy(pool, Target(columns), self.publications()).await?;
        let columns = "daily_bars (symbol, traded_on, open, high, low, close, adj_close, volume, stated_at)";
        store::copy(pool, Target(columns), self.bars()).await?;
        let columns =
            "sentiments (publication_id, symbol, rank, documents_day, score, low, high, score_raw, posts,
             posts_organic, articles, articles_organic, positive, negative, model)";
        store::copy(pool, Target(columns), self.sentiments()).await?;
        let columns = "volumes (publication_id, symbol, source, kind, documents, organic, score, weight)";
        store::copy(pool, Target(columns), self.volumes()).await?;
        let columns = "forecasts (publication_id, symbol, horizon, target_on, last_on, last_close, q025, q10, q50, q90,
             q975, rw_q025, rw_q10, rw_q90, rw_q975, model, skill, skill_low, skill_high, coverage_80, coverage_95, evaluated)";
        store::copy(pool, Target(columns), self.forecasts()).await?;
        let columns = "forecast_outcomes (publication_id, symbol, horizon, traded_on, actual, error, walk_error, inside_80,
             inside_95, scored_in)";
        store::copy(pool, Target(columns), self.outcomes()).await?;
        let columns = "documents (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight, lang, words)";
        store::copy(pool, Target(columns), self.documents()).await?;
        self.predictions(pool).await
    }

    async fn predictions(&self, pool: &PgPool) -> sqlx::Result<()> {
        let columns = "signals (publication_id, symbol, name, side, strength, reason)";
        let signal = |id: u32, symbol: &str, dice: &mut StdRng| {
            format!(
                "{id}\t{symbol}\tema-cross\tbuy\t{:.4}\tThe short average is above the long one",
                dice.random::<f64>()
            )
        };
        store::copy(pool, Target(columns), self.recent(signal)).await?;
        let columns = "risks (publication_id, symbol, confidence, horizon, value_at_risk, standard_error, expected_shortfall,
             closed_form, historical, simulations, returns, seed)";
        let risk = |id: u32, symbol: &str, dice: &mut StdRng| {
            let loss: f64 = dice.random_range(0.01..0.05);
            format!(
                "{id}\t{symbol}\t0.95\t1\t{loss:.5}\t0.0001\t{:.5}\t{loss:.5}\t{loss:.5}\t1000000\t500\t{id}\n{id}\t{symbol}\t0.99\t1\t{:.5}\t0.0002\t{:.5}\t{loss:.5}\t{loss:.5}\t1000000\t500\t{id}",
                loss * 1.3,
                loss * 1.4,
                loss * 1.7
            )
        };
        store::copy(pool, Target(columns), self.recent(risk)).await?;
        let columns = "contributions (publication_id, symbol, horizon, feature, value, effect)";
        let contribution = |id: u32, symbol: &str, dice: &mut StdRng| {
            let features = ["mood", "volume", "momentum", "volatility"];
            let rows: Vec<String> = features
                .iter()
                .flat_map(|feature| (1..=5).map(move |horizon| (feature, horizon)))
                .map(|(feature, horizon)| {
                    format!(
                        "{id}\t{symbol}\t{horizon}\t{feature}\t{:.4}\t{:.6}",
                        dice.random::<f64>(),
                        dice.random_range(-0.01..0.01)
                    )
                })
                .collect();
            rows.join("\n")
        };
        store::copy(pool, Target(columns), self.recent(contribution)).await?;
        let columns = "strategies (publication_id, symbol, name, from_on, to_on, trades, total_return, annual_return, max_drawdown,
             sharpe, sharpe_low, sharpe_high, deflated_sharpe, tried, cost_bp, slippage_bp, costs, hold_return, hold_drawdown,
             hold_sharpe, curve, ledger)";
        let day = self.newest_at.date_naive();
        let strategy = move |id: u32, symbol: &str, dice: &mut StdRng| {
            let point =
                |week: u64| format!("[\"{}\",{:.4},{:.4},-0.05]", day - Days::new(7 * week), 1.1, 1.2);
            let curve: Vec<String> = (0..104).rev().map(point).collect();
            let gain: f64 = dice.random_range(-0.2..0.4);
            format!(
                "{id}\t{symbol}\tema-cross\t{}\t{day}\t24\t{gain:.4}\t{:.4}\t-0.12\t0.4\t-0.5\t1.3\t0.6\t1500\t5\t2\t0.01\t{gain:.4}\t-0.2\t0.5\t[{}]\t[]",
                day - Days::new(DAYS),
                gain / 2.0,
                curve.join(",")
            )
        };
        store::copy(pool, Target(columns), self.recent(strategy)).await?;
        let columns = "leads (publication_id, symbol, source, observations, lags, mood_first_p, mood_first_q, price_first_p,
             price_first_q, verdict)";
        let lead = |id: u32, symbol: &str, dice: &mut StdRng| {
            let lag =
                |lag: i32, dice: &mut StdRng| format!("[{lag},{:.3},-0.2,0.2]", dice.random_range(-0.1..0.1));
            let lags: Vec<String> = (-5..=5).map(|n| lag(n, dice)).collect();
            format!("{id}\t{symbol}\tall\t250\t[{}]\t0.4\t0.9\t0.5\t0.9\tno-evidence", lags.join(","))
        };
        store::copy(pool, Target(columns), self.recent(lead)).await?;
        let columns = "risk_backtests (publication_id, symbol, model, confidence, days, exceptions, expected, kupiec_p, christoffersen_p)";
        let backtest = |id: u32, symbol: &str, _: &mut StdRng| {
            format!(
                "{id}\t{symbol}\tfhs\t0.95\t500\t26\t25\t0.8\t0.5\n{id}\t{symbol}\tfhs\t0.99\t500\t6\t5\t0.6\t0.4"
            )
        };
        store::copy(pool, Target(columns), self.recent(backtest)).await?;
        Ok(())
    }

    fn symbols(&self) -> impl Iterator<Item = (u32, String)> + Clone + use<> {
        (0..self.size.assets).map(|number| (number, symbol(number)))
    }

    /// Every slot's id, from 1, with the instant at which it closes.
    fn slots(&self) -> impl Iterator<Item = (u32, DateTime<Utc>)> + Clone + use<> {
        let (slots, newest_at) = (self.size.slots, self.newest_at);
        (1..=slots).map(move |id| (id, newest_at - Duration::hours(6 * i64::from(slots - id))))
    }

    fn assets(&self) -> impl Iterator<Item = String> + use<> {
        let class = |number: u32| ["equity", "equity", "equity", "crypto", "fx"][number as usize % 5];
        self.symbols()
            .map(move |(n, symbol)| format!("{symbol}\tCompany number {n}\t{}\tUS\t{{Alias {n}}}", class(n)))
    }

    fn publications(&self) -> impl Iterator<Item = String> + use<> {
        let sources = r#"{"sources":{"alpaca":{"complete":true,"newest_at":null},"feeds":{"complete":true,"newest_at":null},"reddit":{"complete":false,"newest_at":null},"x":{"complete":true,"newest_at":null}},"missing_assets":{}}"#;
        self.slots().map(move |(id, at)| {
            let slot = Slot::containing(at - Duration::seconds(1));
            format!("{id}\t{slot}\t1\t{at}\t{id:064x}\t{sources}\tf\t{}", at + Duration::minutes(12))
        })
    }

    fn bars(&self) -> impl Iterator<Item = String> + use<> {
        let (today, at) = (self.newest_at.date_naive(), self.newest_at);
        self.symbols().flat_map(move |(number, symbol)| {
            let mut dice = StdRng::seed_from_u64(u64::from(number));
            let mut price: f64 = dice.random_range(20.0..400.0);
            (1..=DAYS).rev().map(move |back| {
                price *= 1.0 + dice.random_range(-0.02..0.0205);
                let day = today - Days::new(back);
                let (high, low) = (price * 1.01, price * 0.99);
                format!(
                    "{symbol}\t{day}\t{price:.2}\t{high:.2}\t{low:.2}\t{price:.2}\t{price:.2}\t{}\t{at}",
                    1_000_000 + back
                )
            })
        })
    }

    fn sentiments(&self) -> impl Iterator<Item = String> + use<> {
        let symbols = self.symbols();
        self.slots().flat_map(move |(id, _)| {
            let mut dice = StdRng::seed_from_u64(u64::from(id));
            symbols.clone().map(move |(number, symbol)| {
                let score: f64 = dice.random_range(-0.4..0.6);
                let posts = 4_000 / (number + 4) + 5;
                format!("{id}\t{symbol}\t{}\t{}\t{score:.4}\t{:.4}\t{:.4}\t{score:.4}\t{posts}\t{posts}\t6\t6\t0.4\t0.2\tlexicon-1",
                    number + 1, posts * 4, score - 0.1, score + 0.1)
            })
        })
    }

    fn volumes(&self) -> impl Iterator<Item = String> + use<> {
        let symbols = self.symbols();
        self.slots().flat_map(move |(id, _)| {
            symbols.clone().map(move |(number, symbol)| {
                let posts = 4_000 / (number + 4) + 5;
                format!("{id}\t{symbol}\tx\tpost\t{posts}\t{posts}\t0.1\t0.8\n{id}\t{symbol}\tfeeds\tarticle\t6\t6\t0.2\t0.2")
            })
        })
    }

    fn forecasts(&self) -> impl Iterator<Item = String> + use<> {
        let symbols = self.symbols();
        self.slots().flat_map(move |(id, at)| {
            let last_on = at.date_naive() - Days::new(1);
            symbols.clone().flat_map(move |(number, symbol)| {
                let close = 50.0 + f64::from(number);
                (1..=5u64).map(move |horizon| {
                    let wide = 0.02 * (horizon as f64).sqrt();
                    let q = |part: f64| close * (1.0 + wide * part);
                    format!("{id}\t{symbol}\t{horizon}\t{}\t{last_on}\t{close}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\tridge-1\t0.01\t-0.01\t0.03\t0.81\t0.95\t250",
                        target(last_on, horizon), q(-2.0), q(-1.3), q(0.1), q(1.3), q(2.0), q(-2.0), q(-1.3), q(1.3), q(2.0))
                })
            })
        })
    }

    /// Outcomes of what was said at midnight and is over.
    fn outcomes(&self) -> impl Iterator<Item = String> + use<> {
        let (symbols, slots) = (self.symbols(), self.size.slots);
        let midnight =
            self.slots().filter(move |(id, at)| at.format("%H").to_string() == "00" && id + 40 < slots);
        midnight.flat_map(move |(id, at)| {
            let last_on = at.date_naive() - Days::new(1);
            let mut dice = StdRng::seed_from_u64(u64::from(id) + 9);
            symbols.clone().filter(|(number, _)| number % 4 == 0).flat_map(move |(number, symbol)| {
                let close = 50.0 + f64::from(number);
                let rows: Vec<String> = (1..=5u64)
                    .map(|horizon| {
                        let (error, walk): (f64, f64) =
                            (dice.random_range(0.0..0.04), dice.random_range(0.0..0.04));
                        format!(
                            "{id}\t{symbol}\t{horizon}\t{}\t{close}\t{error:.5}\t{walk:.5}\t{}\tt\t{}",
                            target(last_on, horizon),
                            if error < 0.03 { 't' } else { 'f' },
                            id + 4 * horizon as u32
                        )
                    })
                    .collect();
                rows
            })
        })
    }

    fn documents(&self) -> impl Iterator<Item = String> + use<> {
        let (symbols, slots) = (self.symbols(), self.size.slots);
        self.slots().filter(move |(id, _)| id + RECENT > slots).flat_map(move |(id, at)| {
            symbols.clone().flat_map(move |(number, symbol)| {
                // The most mentioned have more.
                let count = 1 + 20 / (number + 1);
                (0..count).map(move |n| {
                    let said = at - Duration::minutes(i64::from(n) * 7 + 3);
                    let words = r#"[["growth",0.2],["beats",0.1],[null,0.02]]"#;
                    format!("{id}\t{symbol}\tarticle\tfeeds\ta{id}-{number}-{n}\t{said}\tThe Daily Number\tCompany {number} grows faster than it did, says report {n} of slot {id}\thttps://news.invalid/{id}/{number}/{n}\t0.32\t0.5\ten\t{words}\n{id}\t{symbol}\tpost\tx\tp{id}-{number}-{n}\t{said}\treader{n}\tI like what ${symbol} has said in slot {id}, and the chart too\thttps://x.invalid/{id}/{number}/{n}\t0.21\t0.5\ten\t{words}")
                })
            })
        })
    }

    /// A row, or several, of each asset in each of the last slots.
    fn recent(&self, row: impl Fn(u32, &str, &mut StdRng) -> String) -> impl Iterator<Item = String> {
        let (symbols, slots) = (self.symbols(), self.size.slots);
        let mut dice = StdRng::seed_from_u64(11);
        let pairs = self
            .slots()
            .filter(move |(id, _)| id + RECENT > slots)
            .flat_map(move |(id, _)| symbols.clone().map(move |(_, symbol)| (id, symbol)));
        pairs.map(move |(id, symbol)| row(id, &symbol, &mut dice))
    }
}

fn target(last_on: NaiveDate, horizon: u64) -> NaiveDate {
    last_on + Days::new(horizon)
}
