//! Real posts, where they are present: cashtags are counted a second time, by a regular expression that knows nothing of
//! the resolver.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dataproc_job::resolve::Resolver;
use domain::{AssetList, Evidence};
use regex::Regex;

pub(crate) fn world(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| default.to_owned());
    let folder = PathBuf::from(shared).join("data/worlds").join(name);
    folder.is_dir().then_some(folder)
}

#[test]
fn cashtags_equal_an_independent_count() {
    let Some(folder) = world("us-2015") else { return };
    let list = AssetList::from_csv(&std::fs::read(folder.join("assets.csv")).unwrap()).unwrap();
    let resolver = Resolver::new(&list);
    let posts = zstd::decode_all(std::fs::File::open(folder.join("posts.ndjson.zst")).unwrap()).unwrap();
    let tag = Regex::new(
        r"(?:^|[^\p{Alphabetic}\p{N}_$]|[\p{Han}\p{Hiragana}\p{Katakana}])\$([A-Za-z]{1,6})([._-][A-Za-z]{1,2})?(?:[^\p{Alphabetic}\p{N}_]|[\p{Han}\p{Hiragana}\p{Katakana}]|$)",
    )
    .unwrap();
    let link = Regex::new(r"https?://\S+").unwrap();
    let mut symbols: BTreeMap<String, &str> = BTreeMap::new();
    for asset in list.iter() {
        let symbol = asset.symbol.as_str();
        let code = symbol.replace("BTC-USD", "BTC").replace("EUR-USD", "EURUSD");
        symbols.insert(code.replace('-', ""), symbol);
        symbols.insert(code.replace('-', "."), symbol);
    }
    let (mut expected, mut found) = (BTreeMap::new(), BTreeMap::new());
    let mut differences = Vec::new();
    for line in String::from_utf8(posts).unwrap().lines() {
        let post: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(text) = post["text"].as_str() else { continue };
        let plain = link.replace_all(text, " ");
        // Matches share their separators, so the search goes on one byte after each `$`.
        let (mut at, mut here) = (0, std::collections::BTreeSet::new());
        while let Some(hit) = tag.captures_at(&plain, at) {
            let base = hit.get(1).unwrap();
            let suffix = hit.get(2).map_or("", |s| s.as_str());
            let full = format!("{}{suffix}", base.as_str()).to_uppercase().replace(['_', '-'], ".");
            let single_small = base.len() == 1 && base.as_str() != base.as_str().to_uppercase();
            let code = if suffix.starts_with('-') && !symbols.contains_key(&full) {
                base.as_str().to_uppercase()
            } else {
                full
            };
            if let Some(symbol) = symbols.get(&code).filter(|_| !single_small) {
                here.insert(*symbol);
            }
            at = base.end();
        }
        let mentions = resolver.resolve(text);
        let ours: std::collections::BTreeSet<&str> =
            mentions.iter().filter(|m| m.evidence == Evidence::Cashtag).map(|m| m.symbol.as_str()).collect();
        if ours != here {
            differences.push(format!("{text:?}: regex {here:?}, resolver {ours:?}"));
        }
        for symbol in here {
            *expected.entry(symbol).or_insert(0u32) += 1;
        }
        for mention in mentions.iter().filter(|m| m.evidence == Evidence::Cashtag) {
            let symbol = list.get(mention.symbol.as_str()).unwrap().symbol.as_str();
            *found.entry(symbol).or_insert(0u32) += 1;
        }
    }
    let total: u32 = expected.values().sum();
    println!("{total} cashtag mentions of {} assets, {} posts differ", expected.len(), differences.len());
    assert_eq!(expected, found, "{}", differences.join("\n"));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
