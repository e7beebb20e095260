//! Precision and recall over the labelled texts.

use dataproc_job::evaluate;
use dataproc_job::evaluate::Evaluation;
use domain::AssetList;

fn evaluated(assets: &[u8], labelled: &str) -> Evaluation {
    let evaluation = evaluate(&AssetList::from_csv(assets).unwrap(), labelled).unwrap();
    println!("{evaluation}");
    evaluation
}

/// The texts that were looked at while the first rules were written.
#[test]
fn finds_what_people_find() {
    let found = evaluated(include_bytes!("../fixtures/assets.csv"), include_str!("../fixtures/labelled.tsv"));
    assert!(found.texts >= 150, "{} texts", found.texts);
    assert!(found.all.precision() >= 0.97, "{:#?}", found.mistakes);
    assert!(found.all.recall() >= 0.97, "{:#?}", found.mistakes);
}

/// Texts of the wide list that rules may be made from.
#[test]
fn finds_what_rules_were_made_for() {
    let assets = include_bytes!("../fixtures/assets-wide.csv");
    let found = evaluated(assets, include_str!("../fixtures/labelled-development.tsv"));
    assert!(found.all.precision() >= 0.97, "{:#?}", found.mistakes);
    assert!(found.all.recall() >= 0.95, "{:#?}", found.mistakes);
}

/// Harder ones of another hand, from which rules were made too: half of them name nobody.
#[test]
fn tells_names_from_their_namesakes() {
    let assets = include_bytes!("../fixtures/assets-wide.csv");
    let found = evaluated(assets, include_str!("../fixtures/labelled-namesakes.tsv"));
    assert!(found.texts >= 600, "{} texts", found.texts);
    assert!(found.all.precision() >= 0.97, "{:#?}", found.mistakes);
    assert!(found.all.recall() >= 0.90, "{:#?}", found.mistakes);
}

/// Ordinary and hard texts of a third hand, labelled before that hand had read the rules; rules were made from them since.
#[test]
fn finds_what_a_third_hand_wrote() {
    let assets = include_bytes!("../fixtures/assets-wide.csv");
    let found = evaluated(assets, include_str!("../fixtures/labelled-fresh.tsv"));
    assert!(found.texts >= 850, "{} texts", found.texts);
    assert!(found.all.precision() >= 0.95, "{:#?}", found.mistakes);
    assert!(found.all.recall() >= 0.92, "{:#?}", found.mistakes);
}

/// Texts that no rule was made from; the bounds are the goal. When it fails, the mistakes are not printed: look at others.
#[test]
fn finds_what_it_has_never_seen() {
    let assets = include_bytes!("../fixtures/assets-wide.csv");
    let found = evaluated(assets, include_str!("../fixtures/labelled-held-out.tsv"));
    assert!(found.texts >= 600 && found.hard_texts >= 150, "{} texts", found.texts);
    assert!(found.all.precision() >= 0.97, "precision {}", found.all.precision());
    assert!(found.all.recall() >= 0.92, "recall {}", found.all.recall());
}

#[test]
fn names_the_line_of_a_bad_label() {
    let list = AssetList::from_csv(include_bytes!("../fixtures/assets.csv")).unwrap();
    for (labelled, wanted) in [
        ("# a comment\nno tab", "line 2: write text, tab, symbols"),
        ("text\tNOBODY", "line 1: NOBODY is not in the asset list"),
        ("text\t\teasy", "line 1: the third column is \"easy\""),
    ] {
        let error = evaluate(&list, labelled).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}
