//! `ml-vm train sentiment`: fits the n-gram model on labelled texts and writes it to a file.

use std::fs;
use std::io::Write;

use analytics::ngram::fit::{Example, Options, fit};
use analytics::ngram::{Class, file};
use anyhow::{Context, bail};
use domain::Outcome;
use serde_json::json;

use crate::cli::TrainSentimentArgs;
use crate::labelled;

/// Fits, writes, and says as JSON what was written.
///
/// # Errors
/// The cost is not above 0, the folder holds too few labelled texts or one label only, or a file cannot be read or written.
pub fn run(args: &TrainSentimentArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    if !(args.cost.is_finite() && args.cost > 0.0) {
        bail!("--cost {}: wanted is a number above 0, such as 0.5", args.cost);
    }
    let data = args.data.as_deref().context("--data: a folder of labelled texts is wanted")?;
    let sets = labelled::read(data)?;
    let (mut examples, mut summary): (Vec<Example>, _) = (Vec::new(), Vec::new());
    for set in sets {
        let of = |class| set.examples.iter().filter(|e| e.class == class).count();
        let [negative, neutral, positive] = Class::ALL.map(of);
        summary.push(json!({
            "set": set.name, "files": set.files, "left_out": set.rejected,
            "negative": negative, "neutral": neutral, "positive": positive,
        }));
        examples.extend(set.examples);
    }
    let options = Options { cost: args.cost, seed: args.seed, ..Options::default() };
    let name = format!("ngram/{}", args.seed);
    let model = fit(&name, &examples, options).with_context(|| data.display().to_string())?;
    let bytes = file::to_bytes(&model);
    // Under another name until it is whole, so that a reader never meets half a model.
    let partial = args.out.with_extension("partial");
    fs::write(&partial, &bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, &args.out).with_context(|| format!("cannot write {}", args.out.display()))?;
    let written = json!({
        "model": name, "file": args.out, "bytes": bytes.len(), "texts": examples.len(), "sets": summary,
    });
    crate::print_json(out, &written)?;
    Ok(Outcome::Succeeded)
}
