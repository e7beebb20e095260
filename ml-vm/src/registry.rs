//! The registry of fitted models, in the lake: `models/<name>/<version>/{model.bin,card.json}`, written once and never changed,
//! and `models/<name>/champion`, the [`Standing`], changed by compare-and-swap.
//!
//! [`artefact`] is what the two kinds of models have in common, [`in_use`] what a slot's predictions are made with, [`commands`]
//! what people do.
//!
//! Boundaries: rules about who may become champion are `domain::model`'s; fitting is in [`crate::train`].

pub mod artefact;
pub mod commands;
pub mod in_use;

use anyhow::{Context, bail};
use bytes::Bytes;
use cloud::{Lake, LakeError, Version};
use domain::lake::sha256;
use domain::model::{Card, ModelName, ModelVersion, SCHEMA_VERSION, Standing, StandingError, Step};
use domain::{Key, Slot};

use artefact::Artefact;

/// How often a step is tried again where somebody else took one at the same time.
const TRIES: u32 = 8;

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

/// The card of a version.
///
/// # Errors
/// It is missing, damaged or of another version, or does not carry the name that it lies under.
pub async fn card(lake: &dyn Lake, name: ModelName, version: &ModelVersion) -> anyhow::Result<Card> {
    let key = Key::ModelCard { name, version: version.clone() }.to_string();
    let object = lake.get(&key).await?;
    let object = object.with_context(|| format!("{key} is missing: `ml-vm models` lists what there is"))?;
    let card: Card = serde_json::from_slice(&object.bytes).with_context(|| key.clone())?;
    if card.schema_version != SCHEMA_VERSION {
        bail!("{key}: schema version {} is not {SCHEMA_VERSION}: train the model again", card.schema_version);
    }
    if card.version() != *version || card.name != name {
        bail!("{key} is damaged: its content gives {}", card.version());
    }
    Ok(card)
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

/// The versions of a model, oldest slot first.
///
/// # Errors
/// The lake fails.
pub async fn versions(lake: &dyn Lake, name: ModelName) -> anyhow::Result<Vec<ModelVersion>> {
    let prefix = format!("models/{name}/");
    let keys = lake.list(&prefix).await?;
    let cards = keys.iter().filter_map(|key| key.strip_prefix(&prefix)?.strip_suffix("/card.json"));
    let mut versions: Vec<ModelVersion> = cards.filter_map(|text| text.parse().ok()).collect();
    versions.sort();
    Ok(versions)
}

/// The standing of a model; an empty one where nothing has happened yet.
///
/// # Errors
/// The lake fails, or the object is damaged.
pub async fn standing(lake: &dyn Lake, name: ModelName) -> anyhow::Result<Standing> {
    Ok(read_standing(lake, name).await?.0)
}

async fn read_standing(lake: &dyn Lake, name: ModelName) -> anyhow::Result<(Standing, Option<Version>)> {
    let key = Key::Champion { name }.to_string();
    let Some(object) = lake.get(&key).await? else { return Ok((Standing::default(), None)) };
    Ok((Standing::from_bytes(&key, &object.bytes)?, Some(object.version)))
}

/// Takes a step in a model's life, again and again while others take theirs at the same time.
///
/// # Errors
/// The step cannot be taken, or the lake fails.
pub async fn take(lake: &dyn Lake, name: ModelName, step: &Step) -> anyhow::Result<Standing> {
    let key = Key::Champion { name }.to_string();
    for attempt in 1.. {
        let (mut standing, version) = read_standing(lake, name).await?;
        let before = standing.history.len();
        standing.take(step.clone()).map_err(|error: StandingError| anyhow::anyhow!("{name}: {error}"))?;
        if standing.history.len() == before {
            return Ok(standing);
        }
        let put = lake.compare_and_swap(&key, version.as_ref(), standing.to_bytes().into()).await;
        match put {
            Ok(_) => return Ok(standing),
            Err(LakeError::Conflict(_)) if attempt < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
    unreachable!("the last attempt returns")
}

/// The first slot for which a step of today can hold: the one after the newest whose forecasts are sealed, and none before
/// the newest step. `None` where nothing was predicted and nothing has happened yet.
///
/// # Errors
/// The lake fails.
pub async fn next_slot(lake: &dyn Lake, name: ModelName) -> anyhow::Result<Option<Slot>> {
    let sealed = crate::seal::head(lake).await?.map(|head| head.newest.next());
    Ok(sealed.max(standing(lake, name).await?.newest()))
}
