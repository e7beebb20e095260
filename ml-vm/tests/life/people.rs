//! What people do by hand, as the command line has it.

use clap::Parser;
use domain::Outcome;
use ml_vm::cli::{Cli, Command};
use ml_vm::registry::commands;
use serde_json::Value;

use crate::world::World;
use crate::{predict, slot};

/// Runs a command and reads the lines of JSON that it prints.
async fn said(world: &World, line: &str) -> anyhow::Result<(Outcome, Vec<Value>)> {
    let lake = world.path();
    let mut words = vec!["ml-vm".to_owned()];
    words.extend(line.split(' ').map(|word| word.replace('_', " ")));
    words.extend(["--lake".to_owned(), lake]);
    let mut out = Vec::new();
    let outcome = match Cli::try_parse_from(words)?.command {
        Command::Train(args) => commands::train(&args, &mut out).await,
        Command::Promote(args) => commands::promote(&args, &mut out).await,
        Command::Rollback(args) => commands::rollback(&args, &mut out).await,
        Command::Pin(args) => commands::pin(&args, &mut out).await,
        Command::Models(args) => commands::models(&args, &mut out).await,
        other => panic!("{other:?}"),
    }?;
    let text = String::from_utf8(out)?;
    Ok((outcome, text.lines().map(|line| serde_json::from_str(line).unwrap_or(line.into())).collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn people_train_promote_pin_and_roll_back() {
    const WHO: &str = "--owner ana --reason it_looks_better";
    let world = World::new();
    let first = slot("2026-03-02T06Z");
    world.split(first, None).await;
    predict(&world.lake, first, first.close_at()).await.unwrap();

    let error = said(&world, &format!("promote forecast {WHO}")).await.unwrap_err().to_string();
    assert!(error.contains("has no challenger"), "{error}");
    let error = said(&world, &format!("rollback forecast {WHO}")).await.unwrap_err().to_string();
    assert!(error.contains("nobody was champion before"), "{error}");
    let error = said(&world, "promote forecast --reason x").await.unwrap_err().to_string();
    assert!(error.contains("--owner"), "{error}");
    let error = said(&world, &format!("promote weather {WHO}")).await.unwrap_err().to_string();
    assert!(error.contains("there are forecast and sentiment"), "{error}");
    let error = said(&world, "train sentiment --slot 2026-03-02T06Z").await.unwrap_err();
    assert!(format!("{error:#}").contains("may_train"), "{error:#}");

    let (_, lines) = said(&world, "train forecast --slot 2026-03-02T06Z --owner ana").await.unwrap();
    let version = lines[0]["version"].as_str().unwrap().to_owned();
    assert_eq!(lines[0]["challenger"], version.as_str());
    let (_, lines) = said(&world, &format!("promote forecast {WHO}")).await.unwrap();
    assert_eq!(
        (lines[0]["champion"].as_str(), lines[0]["from"].as_str()),
        (Some(&*version), Some("2026-03-02T12Z"))
    );
    let (_, lines) = said(&world, &format!("pin forecast {WHO}")).await.unwrap();
    assert_eq!(lines[0]["pinned"], true);
    let error = said(&world, &format!("rollback forecast {WHO}")).await.unwrap_err().to_string();
    assert!(error.contains("unpin it first"), "{error}");
    said(&world, &format!("pin forecast --release {WHO}")).await.unwrap();
    let (_, lines) = said(&world, &format!("rollback forecast {WHO}")).await.unwrap();
    assert_eq!(lines[0]["champion"], "what is built in");

    let (outcome, lines) = said(&world, "models --json").await.unwrap();
    assert_eq!((outcome, lines[0]["versions"][0]["version"].as_str()), (Outcome::Succeeded, Some(&*version)));
    let history = lines[0]["standing"]["history"].as_array().unwrap();
    let actions: Vec<&str> = history.iter().map(|step| step["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["challenge", "promote", "pin", "unpin", "rollback"]);
    assert!(history[1..].iter().all(|step| step["by"] == "ana" && step["why"] == "it looks better"));
    let (_, lines) = said(&world, "models").await.unwrap();
    let text = lines.iter().map(|l| l.as_str().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    assert!(text.contains("forecast: champion what is built in") && text.contains("rollback"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sentiment_is_learned_from_labelled_posts_whose_terms_allow_it() {
    let world = World::new();
    let last = slot("2026-03-02T06Z");
    let mut at = last;
    for _ in 0..48 {
        world.split_with_posts(at, true).await;
        at = at.previous();
    }
    let (_, lines) = said(&world, "train sentiment --slot 2026-03-02T06Z").await.unwrap();
    assert_eq!(lines[0]["passed"], true, "{}", lines[0]);
    let version = lines[0]["version"].as_str().unwrap().to_owned();
    let (_, models) = said(&world, "models --json").await.unwrap();
    let card = &models[1]["versions"][0]["card"];
    assert_eq!(card["licences"][0], "stocktwits: its terms allow training (may_train)");
    assert!(card["window"]["to"].as_str() < card["block"]["from"].as_str());

    // In the shadow, then shown.
    let next = last.next();
    world.split_with_posts(next, true).await;
    predict(&world.lake, next, next.close_at()).await.unwrap();
    let shadow = world.shadow(next).await;
    assert!(shadow.iter().any(|row| row.score.is_some() && row.version == version), "{shadow:?}");
    said(&world, "promote sentiment --owner ana --reason better").await.unwrap();
    let third = next.next();
    world.split_with_posts(third, true).await;
    let ended = predict(&world.lake, third, third.close_at()).await.unwrap();
    assert_eq!(world.mood(third).await.model, format!("ngram/{version}"));
    assert_eq!(world.mood(next).await.model, "house/2");
    assert_eq!(ended.message(&[]), "");
    assert!(ended.monitor.watched.iter().any(|w| w.what == "psi scores"), "{:?}", ended.monitor.watched);

    // Without the right to train on it there is nothing to train on.
    let forbidden = World::new();
    forbidden.split_with_posts(last, false).await;
    assert!(said(&forbidden, "train sentiment --slot 2026-03-02T06Z").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn sentiment_is_learned_from_supplied_texts() {
    let world = World::new();
    let data = tempfile::tempdir().unwrap();
    let rows: String = (0..400)
        .map(|i| {
            let (text, label) = crate::world::opinion(i);
            format!("\"{text}\",{label}\n")
        })
        .collect();
    std::fs::write(data.path().join("labelled.csv"), format!("text,label\n{rows}")).unwrap();
    let line =
        format!("train sentiment --slot 2026-03-02T06Z --licence CC0 --data {}", data.path().display());
    let (_, lines) = said(&world, &line).await.unwrap();
    let (_, again) = said(&world, &line).await.unwrap();
    assert_eq!(lines[0]["version"], again[0]["version"], "the same data give the same version");
    let (_, models) = said(&world, "models --json").await.unwrap();
    let card = &models[1]["versions"][0]["card"];
    assert_eq!(
        (card["licences"][0].as_str(), card["trained_on"][0]["key"].as_str()),
        (Some("CC0"), Some("labelled.csv"))
    );
    assert!(card["window"].is_null());
}
