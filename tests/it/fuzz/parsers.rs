//! The parsers that meet the outside, each with true inputs.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use collector::exchange::{Exchange, Unpacker};
use collector::normalise::Collected;
use collector::settings::Settings;
use collector::sources;
use collector::window::Window;
use domain::manifest::Manifest;
use domain::message::{Control, Heartbeat, HoldOrder, PublishDue, SlotDue, StageFinished};
use domain::{AssetList, Post, Slot, Symbol, World};
use tests::installation::Installation;
use tests::world;

/// Bodies of a source that are true examples.
const BODIES: usize = 6;
/// Longer bodies are cut: what is damaged far behind is rarely met.
const LONGEST: usize = 20_000;

/// Gives a parser bytes; whether something was taken from them.
type Parse = Box<dyn Fn(&[u8]) -> bool>;

/// One parser.
pub(super) struct Parser {
    /// What docs/threat-model.md calls it.
    pub(super) name: &'static str,
    /// True inputs.
    pub(super) examples: Vec<Vec<u8>>,
    /// The parser itself.
    pub(super) parse: Parse,
}

fn parser(name: &'static str, examples: &[&str], parse: impl Fn(&[u8]) -> bool + 'static) -> Parser {
    let examples = examples.iter().map(|example| example.as_bytes().to_vec()).collect();
    Parser { name, examples, parse: Box::new(parse) }
}

/// For parsers of text.
fn text(bytes: &[u8], parse: impl Fn(&str) -> bool) -> bool {
    parse(&String::from_utf8_lossy(bytes))
}

fn push(content: &str) -> String {
    let data = cloud::push::encode_data(content.as_bytes());
    format!(
        r#"{{"subscription":"projects/p/subscriptions/s","deliveryAttempt":2,"message":{{"data":"{data}","messageId":"11","message_id":"11","publishTime":"2026-11-21T11:01:35.975Z","attributes":{{"source":"scheduler"}},"orderingKey":"k"}}}}"#
    )
}

/// All of them.
pub(super) fn all() -> Vec<Parser> {
    let mut all = messages();
    all.extend(files());
    all.extend(sources::ALL.iter().map(source));
    all
}

fn messages() -> Vec<Parser> {
    const CONTENTS: [&str; 6] = [
        r#"{"slot":"2026-11-21T06Z","repeat":true}"#,
        r#"{"slot":"2026-11-21T06Z","stage":"split","attempt":2,"outcome":"partial","message":"x: rate limited"}"#,
        r#"{"slot":"2026-11-21T06Z","attempt":1}"#,
        r#"{"slot":"2026-11-21T06Z","stage":"predict","attempt":1}"#,
        r#"{"machine":"ml","owner":"ann","reason":"tuning","until":"2026-11-21T18:00:00Z"}"#,
        r#"{"action":"skip","slot":"2026-11-21T06Z","stage":"split","owner":"ann","reason":"known bad"}"#,
    ];
    let pushes: Vec<String> = CONTENTS.iter().map(|content| push(content)).collect();
    let pushes: Vec<&str> = pushes.iter().map(String::as_str).collect();
    let decoded = |bytes: &[u8]| {
        let control = cloud::push::decode::<Control>(bytes);
        [
            cloud::push::decode::<SlotDue>(bytes).is_ok(),
            cloud::push::decode::<StageFinished>(bytes).is_ok(),
            cloud::push::decode::<PublishDue>(bytes).is_ok(),
            cloud::push::decode::<Heartbeat>(bytes).is_ok(),
            cloud::push::decode::<HoldOrder>(bytes).is_ok(),
            control.is_ok_and(|(_, control)| control.event().is_ok()),
        ]
        .contains(&true)
    };
    // The content itself is damaged, in an envelope that is whole.
    let enveloped = move |bytes: &[u8]| decoded(push(&String::from_utf8_lossy(bytes)).as_bytes());
    vec![parser("push envelope", &pushes, decoded), parser("push content", &CONTENTS, enveloped)]
}

fn files() -> Vec<Parser> {
    const ASSETS: &str =
        "symbol,name,class,exchange,aliases\nAAPL,Apple Inc,equity,XNAS,Apple|AAPL Inc\nEUR/USD,Euro,fx,,\n";
    let manifest = Manifest::new("split", slot(), "0.1.0").to_bytes();
    let manifest = String::from_utf8(manifest).unwrap_or_default();
    let world = r#"{"name":"w","licence":"CC0-1.0","start":"2026-03-02T00:00:00Z","end":"2026-03-05T00:00:00Z","note":"n"}"#;
    let settings =
        r#"{"user_agent":"q/1","x":{"bearer_token":"t","queries":["$AAPL"]},"feeds":{"builtin":true}}"#;
    let toml = "[feeds]\nbuiltin = true\ncategories = [\"regulator\"]\n";
    let posts = tables::encode(&[Post { id: "1".to_owned(), text: "up".to_owned(), ..Post::default() }]);
    let mut all = vec![
        parser("slot", &["2026-11-21T06Z"], |b| text(b, |t| t.parse::<Slot>().is_ok())),
        parser("symbol", &["AAPL", "EUR/USD", "BRK.B"], |b| text(b, |t| t.parse::<Symbol>().is_ok())),
        parser("asset list", &[ASSETS], |b| AssetList::from_csv(b).is_ok()),
        parser("manifest", &[&manifest], |b| Manifest::from_bytes("key", b).is_ok()),
        parser("world", &[world], |b| serde_json::from_slice::<World>(b).is_ok()),
        parser("collector settings", &[settings, toml], |b| {
            text(b, |t| [true, false].iter().any(|json| Settings::parse(t, *json, |_| None).is_ok()))
        }),
        parser(
            "instant",
            &["2026-11-21T06:00:00Z", "Sat, 21 Nov 2026 06:00:00 GMT", "Nov 21, 2026 6:00am EST"],
            |b| {
                text(b, |t| {
                    collector::instant::parse(t, None).is_some() | collector::instant::offset(t).is_some()
                })
            },
        ),
        parser("prices", &[include_str!("../../../deploy/prices.toml")], |b| {
            text(b, |t| domain::cost::Prices::parse(t).is_ok())
        }),
        Parser {
            name: "table",
            examples: posts.into_iter().collect(),
            parse: Box::new(|b| tables::decode::<Post>(b).is_ok()),
        },
    ];
    all.push(parser(
        "names in a text",
        &["$AAPL beats, Apple up 3% #stocks", "EUR/USD y Apple suben"],
        |b| {
            static RESOLVER: OnceLock<dataproc_job::resolve::Resolver> = OnceLock::new();
            let resolver = RESOLVER.get_or_init(|| {
                dataproc_job::resolve::Resolver::new(&AssetList::from_csv(ASSETS.as_bytes()).unwrap())
            });
            text(b, |t| !resolver.resolve(t).is_empty())
        },
    ));
    all
}

fn slot() -> Slot {
    "2026-11-21T06Z".parse().unwrap()
}

fn source(definition: &'static sources::Definition) -> Parser {
    let exchanges: Arc<Vec<Exchange>> = Arc::new(bodies().get(definition.id).cloned().unwrap_or_default());
    let examples = exchanges.iter().map(|exchange| exchange.body.to_vec()).collect();
    let parse = move |bytes: &[u8]| {
        // The address and the hints of each true exchange, with these bytes as its body.
        let window = Window {
            as_of: slot().close_at(),
            ..Window::plain(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC - Duration::days(1))
        };
        let mut collected = Collected::new(&window, Duration::zero());
        for exchange in exchanges.iter() {
            let damaged = Exchange { body: Bytes::copy_from_slice(bytes), ..exchange.clone() };
            (definition.read)("fuzz#1", &damaged, &mut collected);
        }
        let Ok(gathered) = collected.finish() else { return false };
        !gathered.seen.is_empty() || !gathered.recent.is_empty() || gathered.ordered().is_ok()
    };
    Parser { name: definition.id, examples, parse: Box::new(parse) }
}

/// What a collector has kept of a slot, by source.
fn bodies() -> &'static BTreeMap<String, Vec<Exchange>> {
    static BODIES_OF_A_SLOT: OnceLock<BTreeMap<String, Vec<Exchange>>> = OnceLock::new();
    BODIES_OF_A_SLOT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let world = world::generate(folder.path());
        let installation = Installation::new();
        installation.run_well(&world, world::slot(&world, 4));
        let mut found: BTreeMap<String, Vec<Exchange>> = BTreeMap::new();
        for key in
            installation.objects().keys().filter(|key| key.starts_with("raw/") && key.ends_with(".zst"))
        {
            let source = key["raw/source=".len()..].split('/').next().unwrap().to_owned();
            let bytes = std::fs::read(installation.home().join("lake").join(key)).unwrap();
            let all = found.entry(source).or_default();
            for exchange in Unpacker::new(key, bytes.into()).unwrap() {
                let (_, (_, exchange)) = exchange.unwrap();
                let mut streams = all.iter().map(|known: &Exchange| &known.stream);
                let is_new = streams.all(|stream| *stream != exchange.stream);
                if exchange.status == Some(200)
                    && is_new
                    && all.len() < BODIES
                    && exchange.body.len() < LONGEST
                {
                    all.push(exchange);
                }
            }
        }
        found
    })
}
