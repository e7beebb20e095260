//! The registry of fitted models, in the lake: `models/<name>/<version>/{model.bin,card.json}`, written once and never changed,
//! and `models/<name>/champion`, the [`Standing`](domain::model::Standing), changed by compare-and-swap.
//!
//! [`artefact`] is what the two kinds of models have in common, [`in_use`] what a slot's predictions are made with, [`commands`]
//! what people do.
//!
//! Boundaries: rules about who may become champion are `domain::model`'s; cards and standings in the lake are
//! [`cloud::models`]; fitting is in [`crate::train`].

pub mod artefact;
pub mod commands;
pub mod in_use;

use anyhow::{Context, bail};
use bytes::Bytes;
pub use cloud::models::{card, next_slot, standing, take, versions};
use cloud::{Lake, LakeError};
use domain::Key;
use domain::lake::sha256;
use domain::model::{Card, ModelName, ModelVersion};

use artefact::Artefact;

/// A model that is about to be registered: its bytes, and the card that describes them.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The card.
    pub card: Card,
    /// `model.bin`.
    pub bytes: Vec<u8>,
}

/// Puts a version: the bytes, then the card, without which the version does not exist. To put the same one again changes
/// nothing.
///
/// # Errors
/// The lake fails, or other bytes lie there under the same name.
pub async fn register(lake: &dyn Lake, fitted: &Fitted) -> anyhow::Result<ModelVersion> {
    let (name, version) = (fitted.card.name, fitted.card.version());
    put_once(lake, Key::ModelBytes { name, version: version.clone() }, fitted.bytes.clone()).await?;
    put_once(lake, Key::ModelCard { name, version: version.clone() }, fitted.card.to_bytes()).await?;
    Ok(version)
}

/// Puts an object that never changes.
///
/// # Errors
/// The lake fails, or other bytes lie there.
pub async fn put_once(lake: &dyn Lake, key: Key, bytes: Vec<u8>) -> anyhow::Result<()> {
    let key = key.to_string();
    match lake.put_if_absent(&key, Bytes::from(bytes.clone())).await {
        Ok(_) => Ok(()),
        Err(LakeError::Exists(_)) => {
            let there = lake.get(&key).await?.context("it vanished meanwhile: repeat the command")?;
            if there.bytes != bytes {
                bail!(
                    "{key} is there already with other content, and never changes: was the lake tampered with?"
                );
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// A fitted model.
///
/// # Errors
/// It is missing, damaged, or of another version.
pub async fn load(
    lake: &dyn Lake,
    name: ModelName,
    version: &ModelVersion,
) -> anyhow::Result<(Card, Artefact)> {
    let card = card(lake, name, version).await?;
    let key = Key::ModelBytes { name, version: version.clone() }.to_string();
    let object =
        lake.get(&key).await?.with_context(|| format!("{key} is missing, though its card is there"))?;
    if sha256(&object.bytes) != card.sha256 {
        bail!("{key} is damaged: it is not what its card says (sha256 differs)");
    }
    let artefact = Artefact::from_bytes(name, &object.bytes).with_context(|| key)?;
    Ok((card, artefact))
}
