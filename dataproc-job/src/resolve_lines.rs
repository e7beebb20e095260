//! `resolve`: one JSON object a line in, one a line out, in the same order.

use std::io::{BufRead, Write};

use anyhow::Context;
use domain::AssetList;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::resolve::Resolver;

/// Lines resolved side by side.
const BATCH: usize = 4096;

#[derive(Deserialize)]
struct Question {
    id: serde_json::Value,
    text: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a serde_json::Value,
    mentions: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    symbol: String,
    evidence: &'static str,
    confidence: f64,
}

/// Answers every line of `input` on `output`; a line that is no `{"id","text"}` object is named on `complaints` and left
/// out. Returns how many were.
///
/// # Errors
/// `input` cannot be read or `output` written.
pub fn resolve_lines(
    list: &AssetList,
    mut input: impl BufRead,
    mut output: impl Write,
    mut complaints: impl Write,
) -> anyhow::Result<u64> {
    let resolver = Resolver::new(list);
    let (mut number, mut refused) = (0u64, 0u64);
    loop {
        let mut lines = Vec::with_capacity(BATCH);
        while lines.len() < BATCH {
            let mut line = Vec::new();
            let read = input.read_until(b'\n', &mut line);
            if read.with_context(|| format!("reading line {} of the input", number + 1))? == 0 {
                break;
            }
            number += 1;
            if !line.trim_ascii().is_empty() {
                lines.push((number, line));
            }
        }
        if lines.is_empty() {
            break;
        }
        let answers: Vec<Result<Vec<u8>, String>> =
            lines.par_iter().map(|(_, line)| answer(&resolver, line)).collect();
        for ((number, _), answer) in lines.iter().zip(answers) {
            match answer {
                Ok(bytes) => output.write_all(&bytes).context("writing the answers")?,
                Err(reason) => {
                    refused += 1;
                    writeln!(complaints, "line {number}: {reason}: write {{\"id\":…,\"text\":\"…\"}}")?;
                }
            }
        }
        output.flush().context("writing the answers")?;
    }
    Ok(refused)
}

fn answer(resolver: &Resolver, line: &[u8]) -> Result<Vec<u8>, String> {
    let question: Question = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let mentions = resolver.resolve(&question.text).into_iter().map(|mention| Named {
        symbol: mention.symbol.into(),
        evidence: mention.evidence.as_str(),
        confidence: mention.confidence,
    });
    let answer = Answer { id: &question.id, mentions: mentions.collect() };
    let mut bytes = serde_json::to_vec(&answer).map_err(|e| e.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}
