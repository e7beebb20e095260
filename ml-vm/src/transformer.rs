//! Sentiment by a transformer of the BERT family that the team supplies (cargo feature `transformer`): a folder with
//! `config.json`, `tokenizer.json` and `model.safetensors`, as a classifier over three labels is commonly saved. Nothing is
//! downloaded, nothing of it is shipped.
//!
//! [`folder`] reads and checks the folder before anything is computed; here texts become tokens, batches and probabilities.
//! Texts of one batch are padded to its longest and the padding is masked, so a text's score does not depend on its company
//! but for rounding.
//!
//! Boundaries: a transformer does not take its scores apart, so it scores no documents of a slot; it is asked by
//! `ml-vm sentiment --model transformer --model-dir DIR`.

mod encoder;
pub mod folder;

use std::path::Path;

use analytics::ngram::Class;
use analytics::sentiment::MAX_BYTES;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use thiserror::Error;
use tokenizers::Tokenizer;

use encoder::Encoder;
pub use folder::LoadError;

/// Texts that are computed at once.
pub const BATCH: usize = 32;

/// A loaded model.
pub struct Transformer {
    encoder: Encoder,
    tokenizer: Tokenizer,
    /// The class of each output.
    classes: [Class; 3],
    pad_id: u32,
}

/// A text that cannot be computed.
#[derive(Debug, Error)]
pub enum ScoreError {
    /// The tokenizer gives up.
    #[error("the text cannot be tokenised: {0}")]
    Tokens(#[source] tokenizers::Error),
    /// The arithmetic fails.
    #[error("the model cannot be computed: {0}")]
    Arithmetic(#[from] candle_core::Error),
    /// The weights are no numbers that a score can be made of.
    #[error("the model's answer is no number: its weights hold NaN or infinity")]
    NotANumber,
}

/// What the model says of one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Probability of each [`Class`], in its order; they sum to 1.
    pub probabilities: [f64; 3],
}

impl Judged {
    /// Probability of positive minus probability of negative, in [-1, 1].
    pub fn score(&self) -> f64 {
        self.probabilities[Class::Positive as usize] - self.probabilities[Class::Negative as usize]
    }

    /// Probability of the most probable class.
    pub fn confidence(&self) -> f64 {
        self.probabilities.into_iter().fold(0.0, f64::max)
    }
}

impl Transformer {
    /// Reads a model from a folder.
    ///
    /// # Errors
    /// [`LoadError`]: a file is missing, damaged or cut off, the model is of another family, has other labels than positive,
    /// negative and neutral, or weights of another shape than its configuration says.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let (config, classes) = folder::config(path)?;
        let tokenizer = folder::tokenizer(path, &config)?;
        let weights = folder::weights(path, &config)?;
        let broken = |error: candle_core::Error| LoadError::weights(path, error);
        let builder =
            VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).map_err(broken)?;
        let encoder = Encoder::load(&builder, &config).map_err(broken)?;
        Ok(Self { encoder, tokenizer, classes, pad_id: config.pad_token_id as u32 })
    }

    /// Judges texts, [`BATCH`] at a time, in their order. Of a long text the beginning is read.
    ///
    /// # Errors
    /// [`ScoreError`]: a text cannot be tokenised, or the weights are no numbers.
    pub fn judge(&self, texts: &[&str]) -> Result<Vec<Judged>, ScoreError> {
        let mut out = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            out.extend(self.judge_batch(batch)?);
        }
        Ok(out)
    }

    fn judge_batch(&self, texts: &[&str]) -> Result<Vec<Judged>, ScoreError> {
        let encode = |text: &&str| {
            let read = &text[..text.floor_char_boundary(MAX_BYTES)];
            self.tokenizer.encode(read, true).map_err(ScoreError::Tokens)
        };
        let encoded: Vec<tokenizers::Encoding> = texts.iter().map(encode).collect::<Result<_, _>>()?;
        // A text without any token still needs a place to attend to.
        let longest = encoded.iter().map(|e| e.get_ids().len()).max().unwrap_or(0).max(1);
        let padded = |of: fn(&tokenizers::Encoding) -> &[u32], filler: u32| {
            let rows = encoded.iter().flat_map(|e| {
                let row = of(e).iter().copied();
                row.chain(std::iter::repeat(filler)).take(longest)
            });
            Tensor::from_vec(rows.collect::<Vec<u32>>(), (texts.len(), longest), &Device::Cpu)
        };
        let ids = padded(tokenizers::Encoding::get_ids, self.pad_id)?;
        let types = padded(tokenizers::Encoding::get_type_ids, 0)?;
        let mask = padded(tokenizers::Encoding::get_attention_mask, 0)?;
        let logits = self.encoder.forward(&ids, &types, &mask)?;
        logits.to_vec2::<f32>()?.iter().map(|row| self.judged(row)).collect()
    }

    fn judged(&self, logits: &[f32]) -> Result<Judged, ScoreError> {
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let odds: Vec<f64> = logits.iter().map(|l| f64::from(l - top).exp()).collect();
        let total: f64 = odds.iter().sum();
        let mut probabilities = [0.0; 3];
        for (class, odds) in self.classes.iter().zip(&odds) {
            probabilities[*class as usize] = odds / total;
        }
        if probabilities.iter().all(|p| p.is_finite()) {
            Ok(Judged { probabilities })
        } else {
            Err(ScoreError::NotANumber)
        }
    }
}

#[cfg(test)]
#[path = "transformer/tests.rs"]
mod tests;
