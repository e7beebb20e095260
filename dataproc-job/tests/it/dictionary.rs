//! The dictionary as it is shipped.

use std::collections::BTreeSet;

use dataproc_job::dictionary::{check, read};

#[test]
fn has_markets_and_coins_enough_and_no_conflicts() {
    let entries = read(include_bytes!("../../dictionary/listings.csv")).unwrap();
    let count = |class: &str| entries.iter().filter(|(_, e)| e.class == class).count();
    let exchanges: BTreeSet<&str> =
        entries.iter().filter(|(_, e)| e.class == "equity").map(|(_, e)| e.exchange.as_str()).collect();
    println!("{} lines, {} markets, {} coins", entries.len(), exchanges.len(), count("crypto"));
    assert!(exchanges.len() >= 10, "{exchanges:?}");
    assert!(count("crypto") >= 350);
    assert!(count("fx") >= 150);
    assert!(count("index") >= 20);
    assert_eq!(check::check(&entries), Vec::<String>::new());
}
