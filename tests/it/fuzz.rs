//! Bytes from nowhere, at every parser that meets the outside: none of them panics, hangs or takes memory without end.
//!
//! A case is either noise or a true input that was damaged: cut, doubled, bits turned, numbers and words of the kind that
//! breaks parsers put in. A few hundred of each a parser in every change; `make fuzz CASES=1000000 SEED=…` the long form. A
//! failure prints the parser, the seed and the bytes.

mod inputs;
mod parsers;
mod site;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// Cases for each parser in every change.
const CASES: u64 = 300;
/// The longest that a parser may take for a case of at most a few thousand bytes, in a build without optimisation.
const LONGEST: Duration = Duration::from_secs(5);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn no_parser_that_meets_the_outside_panics() {
    let (seed, cases) = (number("QUARTERDAY_FUZZ_SEED", 1), number("QUARTERDAY_FUZZ_CASES", CASES));
    for (index, parser) in parsers::all().into_iter().enumerate() {
        let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(index as u64));
        for case in 0..cases {
            let bytes = inputs::case(&mut random, &parser.examples);
            let begun_at = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| (parser.parse)(&bytes)));
            let (name, text) = (parser.name, String::from_utf8_lossy(&bytes));
            assert!(ended.is_ok(), "{name} panics, seed {seed}, case {case}: {text:?} ({bytes:?})");
            let took = begun_at.elapsed();
            assert!(took < LONGEST, "{name} takes {took:?}, seed {seed}, case {case}: {text:?}");
        }
    }
}

#[test]
fn true_inputs_are_taken() {
    // Else the damaged ones would be noise, too.
    for parser in parsers::all() {
        let taken = parser.examples.iter().filter(|example| (parser.parse)(example)).count();
        assert!(taken > 0, "{} takes none of its examples", parser.name);
    }
}

#[test]
fn the_threat_model_names_every_parser() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let model = std::fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let missing: Vec<&str> = parsers::all()
        .into_iter()
        .map(|p| p.name)
        .filter(|name| !model.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "docs/threat-model.md does not name {missing:?}");
}
