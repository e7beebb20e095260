//! Where a publication's values come from: kept with it, so that a receipt can be shown for good, wherever the lake is.

use domain::manifest::{Manifest, ObjectEntry};
use domain::seal::Seal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The manifests, programs and models behind a publication.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// The stages that led to it, the last one first.
    pub steps: Vec<Step>,
    /// The seal of its forecasts; null where none was found.
    pub seal: Option<Sealed>,
}

/// What one stage left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// `predict` or `split`.
    pub stage: String,
    /// Key of its manifest in the lake.
    pub manifest: String,
    /// Sha256 of that manifest.
    pub sha256: String,
    /// How it ended: `succeeded` or `partial`.
    pub outcome: String,
    /// Version of the program.
    pub code_version: String,
    /// Name and version of each model used.
    pub models: Vec<String>,
    /// Seed of its randomness.
    pub seed: Option<u64>,
    /// Objects that it wrote.
    pub objects: u64,
    /// What it read.
    pub inputs: Vec<Input>,
}

/// Something that a stage read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Its key in the lake.
    pub key: String,
    /// The sha256 that it had.
    pub sha256: String,
}

/// The seal of a slot's forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sealed {
    /// Its number in the chain.
    pub number: u64,
    /// Its own sha256, which the next seal holds.
    pub sha256: String,
    /// What it seals.
    pub forecasts: Input,
    /// Whether a later slot was sealed before it; such forecasts are never scored.
    pub late: bool,
}

impl Step {
    /// What this manifest says of its stage.
    pub fn of(manifest: &Manifest, entry: &ObjectEntry) -> Self {
        Self {
            stage: manifest.stage.clone(),
            manifest: entry.key.clone(),
            sha256: entry.sha256.clone(),
            outcome: manifest.outcome.as_str().to_owned(),
            code_version: manifest.code_version.clone(),
            models: manifest.models.clone(),
            seed: manifest.seed,
            objects: manifest.objects.len() as u64,
            inputs: manifest.inputs.iter().map(Input::of).collect(),
        }
    }
}

impl Input {
    fn of(entry: &ObjectEntry) -> Self {
        Self { key: entry.key.clone(), sha256: entry.sha256.clone() }
    }
}

impl Sealed {
    /// What this seal says.
    pub fn of(seal: &Seal) -> Self {
        Self {
            number: seal.number,
            sha256: seal.sha256(),
            forecasts: Input::of(&seal.forecasts),
            late: seal.late,
        }
    }
}
