//! Precision and recall over the labelled texts.

use std::collections::BTreeSet;

use dataproc_job::resolve::Resolver;
use domain::AssetList;

#[derive(Default)]
struct Counts {
    right: usize,
    wrong: usize,
    missed: usize,
}

#[test]
fn finds_what_people_find() {
    let list = AssetList::from_csv(include_bytes!("../fixtures/assets.csv")).unwrap();
    let resolver = Resolver::new(&list);
    let (mut counts, mut texts, mut mistakes) = (Counts::default(), 0, Vec::new());
    for line in include_str!("../fixtures/labelled.tsv").lines().filter(|l| !l.starts_with("# ")) {
        let (text, symbols) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in {line:?}"));
        let wanted: BTreeSet<&str> = symbols.split_whitespace().collect();
        for symbol in &wanted {
            assert!(list.get(symbol).is_some(), "{symbol} is not in the list: {line}");
        }
        let mentions = resolver.resolve(&text.replace("\\n", "\n"));
        let found: BTreeSet<&str> = mentions.iter().map(|m| m.symbol.as_str()).collect();
        counts.right += found.intersection(&wanted).count();
        counts.wrong += found.difference(&wanted).count();
        counts.missed += wanted.difference(&found).count();
        texts += 1;
        if found != wanted {
            mistakes.push(format!("{text}\n    wanted {wanted:?}, found {found:?}"));
        }
    }
    let precision = counts.right as f64 / (counts.right + counts.wrong) as f64;
    let recall = counts.right as f64 / (counts.right + counts.missed) as f64;
    println!("{texts} texts: precision {precision:.3}, recall {recall:.3}\n{}", mistakes.join("\n"));
    assert!(texts >= 150, "{texts} texts");
    assert!(precision >= 0.95, "precision {precision:.3}\n{}", mistakes.join("\n"));
    assert!(recall >= 0.90, "recall {recall:.3}\n{}", mistakes.join("\n"));
}
