//! The logs of all programs of an installation, over slots and a visit: nothing in them is personal or secret. No mail address,
//! no token, no password, no author's name, nothing that somebody has written.

use std::collections::BTreeSet;
use std::fs;

use tests::installation::Installation;
use tests::world;

use crate::up::Up;

const MAIL: &str = "somebody.private@visitor.example";
const PASSWORD: &str = "a+very+long+secret+sentence+42";
const SEARCH: &str = "my-own-search-words";
/// Programs that must have logged something, or nothing was looked at.
const PROGRAMS: [&str; 7] =
    ["functions", "web", "collector", "dataproc-job", "ml-vm", "sandbox", "quarterday"];
/// Shorter texts stand in logs by chance.
const LONG: usize = 30;

/// What could be a mail address: a name, a host with a point, letters at the end.
fn addresses(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "@._%+-".contains(c)));
    let is_address = |word: &&str| {
        let Some((name, host)) = word.trim_matches('.').rsplit_once('@') else { return false };
        let ending = host.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
        !name.is_empty() && ending.len() >= 2 && ending.chars().all(char::is_alphabetic)
    };
    words.filter(is_address).collect()
}

/// Whether a name stands there as a word of its own.
fn names(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
}

#[test]
fn addresses_and_names_are_found_where_they_stand() {
    let text = r#"{"message":"from ada.l@mail.example.org","dsn":"postgres://me@127.0.0.1/db","by":"x@y"}"#;
    assert_eq!(addresses(text), BTreeSet::from(["ada.l@mail.example.org"]));
    assert!(names(r#""author":"ann_7""#, "ann_7") && !names("ann_77 and joann_7", "ann_7"));
}

#[test]
fn no_program_logs_what_is_personal_or_secret() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let installation = Installation::new();
    let own = folder.path().join("quarterday.log");
    let up = Up::start_with(&world, &installation, |command| {
        command
            .env("QUARTERDAY_LOG", "json")
            .env(
                "RUST_LOG",
                "debug,sqlx=info,hyper=info,hyper_util=info,reqwest=info,actix_http=info,mio=info",
            )
            .stderr(fs::File::create(&own).unwrap());
    });
    // A visit: registering, signing in with a wrong password and a right one, searching.
    let demo = up.printed.lines().find(|line| line.contains("pro@example.com")).unwrap().to_owned();
    let demo = demo.split_whitespace().next_back().unwrap().to_owned();
    let mail = MAIL.replace('@', "%40");
    for (path, form) in [
        ("/register", format!("email={mail}&password={PASSWORD}")),
        ("/sign-in", format!("email={mail}&password={PASSWORD}")),
        ("/sign-in", format!("email=pro%40example.com&password={demo}")),
    ] {
        let answer = up.ask("POST", path, &form);
        assert!(answer.starts_with("HTTP/1.1 30") || answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
    up.get(&format!("/search?q={SEARCH}"));
    up.get(&format!("/nowhere/{MAIL}"));
    up.stop();

    let mut logs: Vec<(String, String)> = vec![("quarterday".to_owned(), fs::read_to_string(&own).unwrap())];
    for entry in fs::read_dir(installation.home().join("logs")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        logs.push((name, fs::read_to_string(entry.path()).unwrap_or_default()));
    }
    for program in PROGRAMS {
        let said = logs.iter().any(|(name, text)| name.contains(program) && !text.trim().is_empty());
        assert!(
            said,
            "{program} logged nothing: {:?}",
            logs.iter().map(|(name, _)| name).collect::<Vec<_>>()
        );
    }

    let mut secrets = vec![PASSWORD.replace('+', " "), PASSWORD.to_owned(), SEARCH.to_owned(), demo];
    for file in ["token", "billing-key", "billing-webhook-secret", "seal-key"] {
        secrets.push(fs::read_to_string(installation.home().join(file)).unwrap().trim().to_owned());
    }
    let posts = world::records(&world, "posts.ndjson.zst");
    let field = |name: &str| -> BTreeSet<String> {
        posts.iter().filter_map(|post| Some(post[name].as_str()?.to_owned())).collect()
    };
    let authors: BTreeSet<String> = &field("author") | &field("author_id");
    assert!(authors.len() > 5, "the world has no authors to look for");
    let texts: BTreeSet<String> = field("text")
        .into_iter()
        .filter(|text| text.chars().count() >= LONG)
        .map(|text| text.chars().take(LONG).collect())
        .collect();
    assert!(texts.len() > 50, "the world has no texts to look for");
    for (program, log) in &logs {
        for secret in &secrets {
            assert!(!secret.is_empty() && !log.contains(secret), "{program} logs a secret");
        }
        assert_eq!(addresses(log), BTreeSet::new(), "{program}");
        let author = authors.iter().find(|author| names(log, author));
        assert_eq!(author, None, "{program} logs an author");
        let text = texts.iter().find(|text| log.contains(text.as_str()));
        assert_eq!(text, None, "{program} logs what somebody wrote");
    }
}
