use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::*;
use crate::moment::NEVER;
use crate::service::POST_SOURCES;
use crate::world::load::load;
use crate::world::post::{Kind, Posts};

fn options(seed: u64) -> Options {
    Options {
        seed,
        days: 8,
        assets: 24,
        posts_per_slot: 120,
        start: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    std::fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_world() {
    let dir = tempfile::tempdir().unwrap();
    let folders: Vec<PathBuf> = (0..3).map(|n| dir.path().join(n.to_string())).collect();
    for (folder, seed) in folders.iter().zip([7, 7, 8]) {
        generate(&options(seed), folder).unwrap();
    }
    let [a, b, c] = [0, 1, 2].map(|n| files(&folders[n]));
    assert_eq!(a.len(), 5);
    assert!(a == b, "the same seed gave other bytes");
    assert!(a["posts.ndjson.zst"] != c["posts.ndjson.zst"] && a["bars.csv.zst"] != c["bars.csv.zst"]);
}

#[test]
fn a_generated_world_loads_without_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let made = generate(&options(3), dir.path()).unwrap();
    let (world, report) = load(&[dir.path().to_path_buf()]).unwrap();
    assert_eq!(report.refused_total(), 0, "{report}");
    let counts = POST_SOURCES.map(|source| world.posts(source).rows.len());
    assert_eq!(counts.iter().sum::<usize>(), made.posts);
    assert!(counts.iter().all(|count| *count > made.posts / 60), "{counts:?}");
    assert_eq!(world.articles.rows.len(), made.articles);
    assert_eq!(world.bars.len(), made.bars);
    assert!(world.outlets.len() >= 8);
    assert_eq!(made.posts, 8 * 4 * 120);
    for posts in [world.posts("x"), world.posts("stocktwits")] {
        let in_order = posts
            .rows
            .windows(2)
            .all(|pair| crate::world::post::compare_ids(&pair[0].id, &pair[1].id).is_lt());
        assert!(in_order, "ids are in order of time");
    }
    let kinds: BTreeSet<String> =
        world.posts("x").rows.iter().map(|post| format!("{:?}", post.kind)).collect();
    assert_eq!(kinds.len(), 4);
    let truth = world.truth.clone().unwrap();
    let bots: BTreeSet<&str> =
        truth["bots"].as_array().unwrap().iter().map(|bot| bot.as_str().unwrap()).collect();
    assert!(world.posts("x").authors.iter().any(|author| bots.contains(&*author.id)), "bots write");
}

/// What makes each source hard to read is in the world: answers, edits, deletions, long texts, channels that show all they have.
#[test]
fn every_source_has_its_difficulties() {
    let dir = tempfile::tempdir().unwrap();
    generate(&Options { posts_per_slot: 600, ..options(5) }, dir.path()).unwrap();
    let (world, _) = load(&[dir.path().to_path_buf()]).unwrap();
    for source in POST_SOURCES {
        let posts = world.posts(source);
        assert!(
            posts.rows.iter().any(|post| post.edited_at != NEVER && post.text_before.is_some()),
            "{source}"
        );
        assert!(posts.rows.iter().any(|post| post.deleted_at != NEVER), "{source}");
    }
    let answers = |posts: &Posts, kind| {
        let of_kind: Vec<_> = posts.rows.iter().filter(|post| post.kind == kind).collect();
        let parents = of_kind.iter().map(|post| posts.find(post.parent_id.as_deref().unwrap()).unwrap());
        assert!(of_kind.iter().zip(parents).all(|(post, parent)| posts.rows[parent].channel == post.channel));
        of_kind.len()
    };
    let (reddit, telegram) = (world.posts("reddit"), world.posts("telegram"));
    assert!(answers(reddit, Kind::Reply) > reddit.rows.len() / 3);
    assert!(reddit.rows.iter().all(|post| post.id.starts_with(if post.kind == Kind::Reply {
        "t1_"
    } else {
        "t3_"
    })));
    assert!(answers(telegram, Kind::Reply) > 10 && answers(telegram, Kind::Repost) > 10);
    assert!(telegram.rows.iter().all(|post| post.id.starts_with(post.channel.as_deref().unwrap())));
    assert!(world.posts("x").rows.iter().any(|post| post.text.chars().count() > 280));
    let mut of_page: BTreeMap<&str, usize> = BTreeMap::new();
    for post in &world.posts("facebook").rows {
        *of_page.entry(post.channel.as_deref().unwrap()).or_default() += 1;
    }
    assert!(of_page.len() > 1 && of_page.values().all(|count| *count < 600), "{of_page:?}");
}

#[test]
fn daily_bars_agree_with_hourly_ones_and_keep_sessions() {
    let dir = tempfile::tempdir().unwrap();
    generate(&options(4), dir.path()).unwrap();
    let (world, _) = load(&[dir.path().to_path_buf()]).unwrap();
    for asset in world.assets.iter() {
        let symbol = asset.symbol.as_str();
        let days = &world.bars.get(symbol, "1d").unwrap().bars;
        let hours = &world.bars.get(symbol, "1h").unwrap().bars;
        assert!(days.len() >= 260, "{symbol} has {} days", days.len());
        // The epoch was a Thursday, so these are Saturdays and Sundays.
        let weekend = |at: i64| matches!((at.div_euclid(DAY) + 3).rem_euclid(7), 5 | 6);
        let trades_then = days.iter().chain(hours).any(|bar| weekend(bar.at));
        assert_eq!(trades_then, asset.class == domain::AssetClass::Crypto, "{symbol} at weekends");
        for bar in days.iter().chain(hours) {
            assert!(
                bar.low > 0.0 && bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close),
                "{symbol} {bar:?}"
            );
        }
        for day in days.iter().filter(|day| day.at >= world.start.timestamp_micros()) {
            let of_day: Vec<_> =
                hours.iter().filter(|hour| hour.at.div_euclid(DAY) * DAY == day.at).collect();
            assert_eq!(of_day.first().unwrap().open, day.open);
            assert_eq!(of_day.last().unwrap().close, day.close);
            assert_eq!(
                of_day.len(),
                if asset.class == domain::AssetClass::Equity || asset.class == domain::AssetClass::Index {
                    7
                } else {
                    24
                }
            );
        }
    }
}

/// The mood is in the prices, with its lead, and not at other lags of the same size before it.
#[test]
fn mood_leads_price() {
    let options = Options { days: 120, posts_per_slot: 1, ..options(11) };
    let span = Span { start: 1_767_225_600_000_000, slots: 480 };
    let assets = assets::invent(options.seed, 40);
    let moods = mood::Moods::new(options.seed, assets.len(), span.slots);
    let bars = prices::bars(options.seed, &assets, &moods, span);
    let mut sums = [0.0; 13];
    for (number, asset) in
        assets.iter().enumerate().filter(|(_, asset)| asset.class == domain::AssetClass::Crypto)
    {
        let mut returns = vec![0.0; span.slots];
        for bar in bars.iter().filter(|bar| bar.asset == number && !bar.daily) {
            returns[((bar.at - span.start) / SLOT) as usize] += bar.prices[3] / bar.prices[0] - 1.0;
        }
        for (lag, sum) in sums.iter_mut().enumerate() {
            let pairs = (lag..span.slots).map(|slot| moods.by_asset[number][slot - lag] * returns[slot]);
            *sum += pairs.sum::<f64>() / asset.symbol.len() as f64;
        }
    }
    let best = (0..sums.len()).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap();
    assert!(best.abs_diff(moods.lead) <= 1, "strongest at lag {best}, truth is {}: {sums:?}", moods.lead);
}

#[test]
fn hard_sizes_work() {
    for (assets, posts_per_slot, days) in [(1, 0, 1), (3, 1, 1), (900, 5, 1)] {
        let dir = tempfile::tempdir().unwrap();
        let made = generate(&Options { assets, posts_per_slot, days, ..options(1) }, dir.path()).unwrap();
        let (world, report) = load(&[dir.path().to_path_buf()]).unwrap();
        assert_eq!((report.refused_total(), world.assets.iter().count()), (0, assets as usize));
        assert!(made.bars > 0);
    }
}
