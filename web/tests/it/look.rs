use crate::kit::Site;
use crate::slots::SlotBuilder;
const NAMES: [(&str, &str); 14] = [
    ("NVLA", "Novella Semiconductors"),
    ("BTC-USD", "Bitcoin"),
    ("HRTH", "Hearth & Harrow"),
    ("AAPL", "Apple"),
    ("OSPR", "Osprey Air"),
    ("KESTR", "Kestrel Energy"),
    ("EUR-USD", "Euro / US dollar"),
    ("LMBR", "Lumber Yard Group"),
    ("TSLA", "Tesla"),
    ("ETH-USD", "Ether"),
    ("^GSPC", "S&P 500"),
    ("SALT", "Salt & Sage Foods"),
    ("MERI", "Meridian Health Systems International"),
    ("ARBR", "Arbor Bank"),
];
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn look() {
    let site = Site::start().await;
    let end: domain::Slot = "2026-11-20T18Z".parse().unwrap();
    let mut slots = vec![end];
    for _ in 0..60 {
        let p = slots.last().unwrap().previous();
        slots.push(p);
    }
    slots.reverse();
    for (i, slot) in slots.iter().enumerate() {
        let mut b = SlotBuilder::new(&slot.to_string(), "w");
        b.assets = 14;
        b.days = 260;
        b.posts = 22;
        b.score = Some(((i as f64) * 0.3).sin() * 0.3);
        b.price_shift = (i as f64 * 0.5).sin() * 6.0;
        b.write(&site.lake).await;
        let r = site.publish(&slot.to_string()).await;
        if i % 10 == 0 || i == 60 {
            println!("{} {}", i, r.body);
        }
    }
    for (n, (s, name)) in NAMES.iter().enumerate() {
        let old = crate::slots::symbol(n + 1);
        for t in [
            "assets",
            "sentiments",
            "forecasts",
            "signals",
            "risks",
            "documents",
            "daily_bars",
            "forecast_outcomes",
        ] {
            let drop = "alter table forecast_outcomes drop constraint if exists forecast_outcomes_publication_id_symbol_horizon_fkey";
            sqlx::query(drop).execute(&site.pool).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(format!("update {t} set symbol=$1 where symbol=$2")))
                .bind(s)
                .bind(&old)
                .execute(&site.pool)
                .await
                .unwrap();
        }
        sqlx::query("update assets set name=$1, aliases='{}' where symbol=$2")
            .bind(name)
            .bind(s)
            .execute(&site.pool)
            .await
            .unwrap();
    }
    sqlx::query("update sentiments set score = 0.45*sin(publication_id*0.13 + length(symbol)*2 + ascii(symbol)), positive=0.5").execute(&site.pool).await.unwrap();
    sqlx::query(
        "update sentiments set low = score - 0.04 - 0.01*(rank%7), high = score + 0.05 + 0.01*(rank%5)",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    sqlx::query("update sentiments set score=null, low=null, high=null where rank=9")
        .execute(&site.pool)
        .await
        .unwrap();
    sqlx::query("update assets set class='crypto', exchange='' where symbol in ('BTC-USD','ETH-USD')")
        .execute(&site.pool)
        .await
        .unwrap();
    sqlx::query("with w as (select symbol, traded_on, (random()-0.49)*0.03 as r, random() v, random() g from daily_bars), p as (select *, 40*(1+ascii(symbol)%5)*exp(sum(r) over (partition by symbol order by traded_on)) c from w), q as (select *, coalesce(lag(c) over (partition by symbol order by traded_on), c)*(1+(g-0.5)*0.006) o from p) update daily_bars b set open=q.o, close=q.c, adj_close=null, high=greatest(q.o,q.c)*(1+q.g*0.008), low=least(q.o,q.c)*(1-q.v*0.008), volume=1e6*(0.4+q.v) from q where q.symbol=b.symbol and q.traded_on=b.traded_on").execute(&site.pool).await.unwrap();
    sqlx::query("update forecasts f set last_close=b.close, q025=b.close*(1-0.03*sqrt(horizon)), q10=b.close*(1-0.018*sqrt(horizon)), q50=b.close*(1+0.001*horizon), q90=b.close*(1+0.021*sqrt(horizon)), q975=b.close*(1+0.034*sqrt(horizon)), rw_q10=b.close*(1-0.021*sqrt(horizon)), rw_q90=b.close*(1+0.021*sqrt(horizon)) from daily_bars b where b.symbol=f.symbol and b.traded_on=f.last_on").execute(&site.pool).await.unwrap();
    for (like, a) in [
        (
            "post",
            [
                "$NVLA guidance raised again, shorts are not having a good evening 🚀 https://t.example/abc",
                "I would wait for the numbers on Thursday before touching $NVLA, inventories look heavy to me",
                "Vendí la mitad hoy. Gran empresa, pero a este precio ya no me deja dormir.",
                "RT is not research. The order book for the new line is public, read it",
                "Calls bought at the open, sold at lunch. Thank you $NVLA",
            ],
        ),
        (
            "article",
            [
                "Novella lifts full-year outlook as data-centre orders outpace supply",
                "Chip makers slip after export rules are tightened once more",
                "Analysts split on Novella: three upgrades, two downgrades in a week",
                "What a weaker euro means for the semiconductor supply chain",
                "Novella opens a second plant near Dresden and hires 900",
            ],
        ),
    ] {
        for (i, t) in a.iter().enumerate() {
            sqlx::query("update documents set text=$1, outlet=$4, score=(random()-0.45)*1.4, noise=null where kind=$2 and abs(hashtext(id))%5=$3").bind(t).bind(like).bind(i as i32).bind(if like=="post" {["quiet_owl","tapewatcher","marta_inv","ledgerlines","fastlane"][i]} else {["The Morning Ledger","Northern Wire","Bourse & Co","El Cierre","Harbour Post"][i]}).execute(&site.pool).await.unwrap();
        }
    }
    let mut keys = serde_json::Map::new();
    for t in ["free", "basic", "plus", "pro"] {
        keys.insert(t.into(), site.sign_in_as(t).await.unwrap().into());
    }
    let empty = Site::start().await;
    std::fs::write(
        "/tmp/look.json",
        serde_json::json!({"url":site.url,"empty":empty.url,"keys":keys}).to_string(),
    )
    .unwrap();
    while !std::path::Path::new("/tmp/look.stop").exists() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}
