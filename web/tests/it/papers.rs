//! A small world of published rows, as the publish stage would leave them: two months of slots, twelve assets, one of them
//! with documents that sum to its score.

use sqlx::PgPool;

use crate::kit::Site;

/// The newest slot.
pub(crate) const NEWEST: &str = "2026-11-21T06Z";
/// A slot of the last seven days, and one before.
pub(crate) const THIS_WEEK: &str = "2026-11-17T06Z";
pub(crate) const LONG_AGO: &str = "2026-10-20T06Z";

/// Documents of AAPL in the newest slot that have a share: score and share. Exact in binary.
pub(crate) const PARTS: [(f64, f64); 6] =
    [(0.5, 0.25), (0.75, 0.125), (-0.25, 0.25), (0.125, 0.125), (0.625, 0.125), (-0.5, 0.125)];

/// The share of all noise together in the score with noise, 0.4375: what is left to the others is shared as without noise.
pub(crate) const NOISE_SHARE: f64 = (0.4375 - 0.1875) / (0.9 - 0.1875);

/// What they sum to.
pub(crate) fn published() -> f64 {
    PARTS.iter().map(|(score, weight)| score * weight).sum()
}

/// A site with that world.
pub(crate) async fn site() -> Site {
    let site = Site::start().await;
    lay_out(&site.pool).await;
    site
}

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap_or_else(|e| panic!("{e}: {sql}"));
}

/// Writes the world.
pub(crate) async fn lay_out(pool: &PgPool) {
    run(
        pool,
        "insert into assets (symbol, name, class, exchange, aliases) values
            ('AAPL', 'Apple Inc.', 'equity', 'NASDAQ', '{Apple}'), ('BTC', 'Bitcoin', 'crypto', '', '{bitcoin}'),
            ('EUR/USD', 'Euro & dollar', 'fx', '', '{}'), ('SPX', 'S&P 500', 'index', '', '{}');
         insert into assets select 'T' || n, 'Company ' || n, 'equity', 'US', '{}' from generate_series(5, 12) n;
         insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
             select to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\"Z\"'), 1, at, md5(at::text) || md5(at::text),
                    '{}', false
             from generate_series(timestamptz '2026-09-25 00:00Z', '2026-11-21 06:00Z', interval '6 hours') at;
         create temporary view places as
             select symbol, row_number() over (order by symbol <> 'AAPL', symbol <> 'BTC', symbol <> 'EUR/USD',
                 symbol <> 'SPX', length(symbol), symbol)::int as rank from assets;
         insert into sentiments
             select p.id, a.symbol, a.rank, 200 - a.rank, s.score, s.score - 0.08, s.score + 0.08, s.score + 0.1,
                    60 - a.rank, 50 - a.rank, 6, 5, 0.5, 0.2, 'house/1'
             from publications p, places a,
             lateral (select round((0.3 * sin(extract(epoch from p.closes_at) / 300000 + a.rank))::numeric, 3)::float8
                          as score) s;
         insert into daily_bars
             select a.symbol, d::date, c, c + 2, c - 2, c, c, 1000, d
             from places a, generate_series(timestamp '2026-09-25', '2026-11-20', interval '1 day') d,
             lateral (select 100 + 10 * sin(extract(epoch from d) / 900000 + a.rank)::float8 as c) c;",
    )
    .await;
    newest_slot(pool).await;
    articles(pool).await;
}

/// The newest slot of AAPL: documents, noise, volumes, leads. T5 has too few documents.
async fn newest_slot(pool: &PgPool) {
    let sql = "update sentiments s set (score, low, high, score_raw, posts, posts_organic, articles, articles_organic)
            = ($1, $1 - 0.06, $1 + 0.06, 0.4375, 7, 4, 3, 2)
         from publications p where p.id = s.publication_id and p.slot = $2 and s.symbol = 'AAPL'";
    sqlx::query(sql).bind(published()).bind(NEWEST).execute(pool).await.unwrap();
    run(
        pool,
        "update sentiments s set (score, low, high, score_raw) = (null, null, null, null)
            from publications p where p.id = s.publication_id and p.slot = '2026-11-21T06Z' and s.symbol = 'T5';
         update sentiments s set (score, low, high) = (0.9, 0.8, 0.95)
            from publications p where p.id = s.publication_id and p.slot = '2026-11-21T06Z' and s.symbol = 'T12';
         insert into volumes
            select p.id, 'AAPL', v.* from publications p, (values
                ('x', 'post', 7::bigint, 4::bigint, 0.3::float8, 0.625::float8, '{\"bot\": 1, \"duplicate\": 2}'::jsonb),
                ('feeds', 'article', 3, 2, 0.1, 0.375, '{\"near-duplicate\": 1}')) v
            where p.closes_at >= '2026-11-10';
         insert into leads
            select p.id, l.* from publications p, (values
                ('AAPL', 'all', 240, '[[-1, 0.02, -0.1, 0.14], [0, 0.2, 0.1, 0.3], [1, 0.05, -0.07, 0.17]]'::jsonb,
                    0.31::float8, 0.62::float8, 0.44::float8, 0.7::float8, 'no-evidence'),
                ('AAPL', 'x', 120, '[[-1, 0.02, -0.1, 0.14], [0, 0.2, 0.1, 0.3], [1, 0.31, 0.2, 0.42]]',
                    0.0004, 0.011, 0.4, 0.7, 'mood-first'),
                ('T5', 'all', 9, '[]', null, null, null, null, 'too-few')) l
            where p.slot = '2026-11-21T06Z';",
    )
    .await;
    for (n, (score, weight)) in PARTS.into_iter().enumerate() {
        let article = n >= 4;
        let sql = "insert into documents
                (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight, words, lang, weight_raw)
             select id, 'AAPL', $1, $2, $3, closes_at - interval '1 hour', $4, $5, $6, $7, $8, $9, 'en', $10
             from publications where slot = '2026-11-21T06Z'";
        // What its score is made of; the rest has no word.
        let words = serde_json::json!([[format!("word{n}"), score - 0.1], [null, 0.1]]);
        sqlx::query(sql)
            .bind(if article { "article" } else { "post" })
            .bind(if article { "feeds" } else { "x" })
            .bind(format!("part-{n}"))
            .bind(if n == 0 { "<b>Ann</b>".to_owned() } else { format!("writer{n}") })
            // The fourth may not be shown.
            .bind((n != 3).then(|| format!("document {n} <script>alert({n})</script>")))
            .bind(if n == 1 { "javascript:alert(1)".to_owned() } else { format!("https://x.example/{n}") })
            .bind(score)
            .bind(weight)
            .bind(words)
            .bind(weight * (1.0 - NOISE_SHARE))
            .execute(pool)
            .await
            .unwrap();
    }
    run(
        pool,
        "insert into documents
            (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight, noise, duplicate_of)
         select p.id, 'AAPL', n.kind, n.source, n.id, p.closes_at - interval '30 minutes', n.outlet, n.text, n.url, 0.9, 0,
                n.noise, n.original
         from publications p, (values
            ('post', 'x', 'copy', 'echo', 'copied words', 'https://x.example/copy', 'duplicate', 'x/part-2'),
            ('post', 'x', 'late', 'echo2', 'copied long ago', 'https://x.example/late', 'duplicate', 'x/old/one'),
            ('post', 'x', 'bot', 'robot', null, null, 'bot', null),
            ('article', 'feeds', 'near', 'Mirror', 'nearly the same headline', 'https://m.example/near',
                'near-duplicate', 'feeds/part-4')) n (kind, source, id, outlet, text, url, noise, original)
         where p.slot = '2026-11-21T06Z';
         insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight)
         select id, 'AAPL', 'post', 'x', 'old/one', closes_at - interval '1 hour', 'old hand', 'said long ago',
                'https://x.example/original-long-ago', 0.3, 1
         from publications where slot = '2026-10-20T06Z';
         insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight)
         select id, 'AAPL', 'post', 'x', 'week', closes_at - interval '1 hour', 'weekly', 'said this week',
                'https://x.example/week', 0.3, 0.5
         from publications where slot = '2026-11-17T06Z';",
    )
    .await;
    let sql = "update documents set weight_raw = $1 / 4 where symbol = 'AAPL' and noise is not null";
    sqlx::query(sql).bind(NOISE_SHARE).execute(pool).await.unwrap();
}

/// Articles of three slots.
async fn articles(pool: &PgPool) {
    run(
        pool,
        "insert into documents
            (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight, lang, authors)
         select p.id, a.symbol, 'article', 'feeds', a.id, p.closes_at - make_interval(mins => a.minute), a.outlet,
                a.text, a.url, a.score, 0.1, a.lang, a.authors
         from publications p join (values
            ('2026-11-21T06Z', 'BTC', 'n1', 10, 'The Ledger', 'Central bank raises rates again', 'https://l.example/1',
                -0.4::float8, 'en', array['Ann Lee']),
            ('2026-11-21T06Z', 'EUR/USD', 'n1', 10, 'The Ledger', 'Central bank raises rates again',
                'https://l.example/1', -0.4, 'en', array['Ann Lee']),
            ('2026-11-21T06Z', 'EUR/USD', 'n2', 11, 'El Diario', 'El banco central sube los tipos de interés',
                'https://d.example/2', 0.0, 'es', array['Núria Solé']),
            ('2026-11-21T06Z', 'BTC', 'n3', 12, '<i>Evil</i> & Sons', '=HYPERLINK(\"http://evil\") <img src=x onerror=alert(1)>',
                'javascript:alert(1)', 0.2, 'en', array['<b>Bob</b>']),
            ('2026-11-21T06Z', 'BTC', 'n4', 13, 'Closed Shop', null, 'https://secret.example/4', 0.3, 'en',
                array['Hidden Hand']),
            ('2026-11-21T06Z', 'T12', 'n5', 14, 'The Ledger', 'Bank of small things opens', 'https://l.example/5', 0.6,
                'en', null),
            ('2026-11-17T06Z', 'BTC', 'w1', 10, 'The Ledger', 'Bitcoin bank rallies this week', 'https://l.example/w1', 0.5,
                'en', array['Ann Lee']),
            ('2026-10-20T06Z', 'BTC', 'o1', 10, 'The Ledger', 'Bitcoin falls long ago', 'https://l.example/o1', -0.7,
                'en', array['Old Hand'])) a (slot, symbol, id, minute, outlet, text, url, score, lang, authors)
            on a.slot = p.slot;",
    )
    .await;
}
