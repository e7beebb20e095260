//! Reads the folder of a transformer and checks it, so that what is wrong is said by name and not met in the middle of a matrix.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use analytics::ngram::Class;
use candle_core::safetensors::SliceSafetensors;
use serde::Deserialize;
use thiserror::Error;
use tokenizers::{Tokenizer, TruncationParams};

/// Fewest tokens that a model must be able to read at once.
const SHORTEST: usize = 8;

/// Why a model cannot be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error(
        "cannot read {path}: {source}; wanted is a folder with config.json, tokenizer.json and model.safetensors"
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `config.json` is damaged, lacks something, or contradicts itself.
    #[error("{path}: {reason}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The model is of another family.
    #[error("{path}: model_type is {found:?}, accepted is \"bert\"")]
    OtherModel {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// The labels are not the three classes.
    #[error("{path}: id2label is {found:?}, wanted are the ids 0 to 2 for positive, negative and neutral")]
    Labels {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: Vec<String>,
    },
    /// `tokenizer.json` is damaged, or made for another vocabulary.
    #[error("{path}: {reason}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// `model.safetensors` is damaged or cut off.
    #[error("{path} is damaged or cut off: {reason}")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Weights are missing.
    #[error("{path} holds no {tensor:?}: it is no classifier of the family that config.json names")]
    Missing {
        /// The file.
        path: PathBuf,
        /// Which weights.
        tensor: String,
    },
    /// Weights have another shape.
    #[error("{path}: {tensor:?} has the shape {found:?}, by config.json it should be {wanted:?}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// Which weights.
        tensor: String,
        /// Their shape.
        found: Vec<usize>,
        /// The shape they should have.
        wanted: Vec<usize>,
    },
}

impl LoadError {
    pub(super) fn tokenizer(folder: &Path, error: impl ToString) -> Self {
        Self::Tokenizer { path: folder.join("tokenizer.json"), reason: error.to_string() }
    }

    pub(super) fn weights(folder: &Path, error: impl ToString) -> Self {
        Self::Weights { path: folder.join("model.safetensors"), reason: error.to_string() }
    }
}

/// What stands between the two halves of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Activation {
    #[serde(rename = "gelu")]
    Gelu,
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh")]
    GeluTanh,
    #[serde(rename = "relu")]
    Relu,
}

/// What we read of `config.json`; where others leave something out, it is what BERT has.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) max_position_embeddings: usize,
    #[serde(default = "two")]
    pub(super) type_vocab_size: usize,
    #[serde(default = "gelu")]
    pub(super) hidden_act: Activation,
    #[serde(default = "tiny")]
    pub(super) layer_norm_eps: f64,
    #[serde(default)]
    pub(super) pad_token_id: usize,
    #[serde(default)]
    position_embedding_type: Option<String>,
    id2label: BTreeMap<String, String>,
}

fn two() -> usize {
    2
}

fn gelu() -> Activation {
    Activation::Gelu
}

fn tiny() -> f64 {
    1e-12
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::File { path: path.to_owned(), source })
}

/// The configuration, and the class of each output.
///
/// # Errors
/// As [`LoadError`] has it, about `config.json`.
pub(super) fn config(folder: &Path) -> Result<(Config, [Class; 3]), LoadError> {
    let path = folder.join("config.json");
    let bytes = read(&path)?;
    let wrong = |reason: String| LoadError::Config { path: path.clone(), reason };
    // The family first: another one's configuration lacks what BERT's has.
    let any: serde_json::Value = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    let family = any.get("model_type").and_then(serde_json::Value::as_str).unwrap_or("missing");
    if family != "bert" {
        return Err(LoadError::OtherModel { path, found: family.to_owned() });
    }
    let config: Config = serde_json::from_value(any).map_err(|e| wrong(e.to_string()))?;
    let classes = classes(&config.id2label).ok_or_else(|| LoadError::Labels {
        path: path.clone(),
        found: config.id2label.iter().map(|(id, label)| format!("{id}: {label}")).collect(),
    })?;
    if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
        let (size, heads) = (config.hidden_size, config.num_attention_heads);
        return Err(wrong(format!("hidden_size {size} cannot be shared by {heads} attention heads")));
    }
    if config.max_position_embeddings < SHORTEST || config.hidden_size == 0 || config.type_vocab_size == 0 {
        return Err(wrong(format!(
            "max_position_embeddings must be at least {SHORTEST}, hidden_size and type_vocab_size at least 1"
        )));
    }
    if config.pad_token_id >= config.vocab_size {
        return Err(wrong(format!(
            "pad_token_id {} is not below vocab_size {}",
            config.pad_token_id, config.vocab_size
        )));
    }
    if let Some(other) = config.position_embedding_type.as_ref().filter(|t| *t != "absolute") {
        return Err(wrong(format!("position_embedding_type is {other:?}, accepted is \"absolute\"")));
    }
    Ok((config, classes))
}

/// The class of each output, where they are the three that we know, each once.
fn classes(labels: &BTreeMap<String, String>) -> Option<[Class; 3]> {
    if labels.len() != 3 {
        return None;
    }
    let of = |id: usize| {
        Some(match labels.get(&id.to_string())?.to_lowercase().as_str() {
            "positive" | "pos" | "bullish" => Class::Positive,
            "negative" | "neg" | "bearish" => Class::Negative,
            "neutral" | "neu" => Class::Neutral,
            _ => return None,
        })
    };
    let classes = [of(0)?, of(1)?, of(2)?];
    Class::ALL.iter().all(|class| classes.contains(class)).then_some(classes)
}

/// The tokenizer, which cuts texts to what the model can read, and whose vocabulary must fit into the model's.
///
/// # Errors
/// As [`LoadError`] has it, about `tokenizer.json`.
pub(super) fn tokenizer(folder: &Path, config: &Config) -> Result<Tokenizer, LoadError> {
    let bytes = read(&folder.join("tokenizer.json"))?;
    let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| LoadError::tokenizer(folder, error))?;
    let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0) as usize;
    if largest >= config.vocab_size {
        let reason = format!("it has the token {largest}, the model knows {} tokens", config.vocab_size);
        return Err(LoadError::tokenizer(folder, reason));
    }
    // Batches are padded here, to their own longest text; how long a text may be is the model's to say.
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| LoadError::tokenizer(folder, error))?;
    let empty = tokenizer.encode("", true).map_err(|error| LoadError::tokenizer(folder, error))?;
    let (added, longest) = (empty.get_ids().len(), config.max_position_embeddings);
    if added >= longest {
        let reason = format!("it adds {added} tokens to each text, the model reads {longest} in all");
        return Err(LoadError::tokenizer(folder, reason));
    }
    let cut = TruncationParams { max_length: longest, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(cut)).map_err(|error| LoadError::tokenizer(folder, error))?;
    Ok(tokenizer)
}

/// The bytes of the weights, each of which is there in the shape that the configuration asks for.
///
/// # Errors
/// As [`LoadError`] has it, about `model.safetensors`.
pub(super) fn weights(folder: &Path, config: &Config) -> Result<Vec<u8>, LoadError> {
    let path = folder.join("model.safetensors");
    let bytes = read(&path)?;
    let tensors = SliceSafetensors::new(&bytes).map_err(|error| LoadError::weights(folder, error))?;
    let shapes: BTreeMap<String, Vec<usize>> =
        tensors.tensors().into_iter().map(|(name, tensor)| (name, tensor.shape().to_vec())).collect();
    let check = |tensor: String, wanted: &[usize]| {
        // Older files name the two halves of a norm otherwise.
        let older =
            tensor.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        match shapes.get(&tensor).or_else(|| shapes.get(&older)) {
            None => Err(LoadError::Missing { path: path.clone(), tensor }),
            Some(found) if found != wanted => {
                let (found, wanted) = (found.clone(), wanted.to_vec());
                Err(LoadError::Shape { path: path.clone(), tensor, found, wanted })
            }
            Some(_) => Ok(()),
        }
    };
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let dense = |name: &str, inputs: usize, outputs: usize| {
        check(format!("{name}.weight"), &[outputs, inputs])?;
        check(format!("{name}.bias"), &[outputs])
    };
    let norm = |name: &str| {
        check(format!("{name}.LayerNorm.weight"), &[hidden])?;
        check(format!("{name}.LayerNorm.bias"), &[hidden])
    };
    for (name, rows) in [
        ("word", config.vocab_size),
        ("position", config.max_position_embeddings),
        ("token_type", config.type_vocab_size),
    ] {
        check(format!("bert.embeddings.{name}_embeddings.weight"), &[rows, hidden])?;
    }
    norm("bert.embeddings")?;
    for layer in 0..config.num_hidden_layers {
        let layer = format!("bert.encoder.layer.{layer}");
        for part in ["query", "key", "value"] {
            dense(&format!("{layer}.attention.self.{part}"), hidden, hidden)?;
        }
        dense(&format!("{layer}.attention.output.dense"), hidden, hidden)?;
        norm(&format!("{layer}.attention.output"))?;
        dense(&format!("{layer}.intermediate.dense"), hidden, inner)?;
        dense(&format!("{layer}.output.dense"), inner, hidden)?;
        norm(&format!("{layer}.output"))?;
    }
    dense("bert.pooler.dense", hidden, hidden)?;
    dense("classifier", hidden, 3)?;
    Ok(bytes)
}
