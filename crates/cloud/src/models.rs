//! The registry of fitted models, as the lake holds it: `models/<name>/<version>/card.json`, written once, and
//! `models/<name>/champion`, the [`Standing`], changed by compare-and-swap and only by more steps.
//!
//! Rules about who may become champion are `domain::model`'s.

use chrono::{DateTime, Utc};
use domain::lake::sha256;
use domain::model::{Action, Card, ModelName, ModelVersion, SCHEMA_VERSION, Standing, StandingError, Step};
use domain::order::{ModelAction, ModelOrder};
use domain::seal::Head;
use domain::{Key, Slot};

use crate::lake::{Lake, LakeError, Version};

/// How often a step is tried again where somebody else took one at the same time.
const TRIES: u32 = 8;

/// What can go wrong with the registry.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The lake fails.
    #[error("the registry of models")]
    Lake(#[from] LakeError),
    /// The step cannot be taken.
    #[error("{name}: {error}")]
    Standing {
        /// Of which model.
        name: ModelName,
        /// Why.
        error: StandingError,
    },
    /// There is no such version, or it is not what its card says, or it may not be champion.
    #[error("{0}")]
    Refused(String),
}

impl ModelsError {
    /// Whether asking again later may help.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Lake(_))
    }
}

/// The card of a version.
///
/// # Errors
/// It is missing, damaged or of another version, or does not carry the name that it lies under.
pub async fn card(lake: &dyn Lake, name: ModelName, version: &ModelVersion) -> Result<Card, ModelsError> {
    let key = Key::ModelCard { name, version: version.clone() }.to_string();
    let refused = |reason: String| ModelsError::Refused(format!("{key} {reason}"));
    let object = lake.get(&key).await?;
    let object =
        object.ok_or_else(|| refused("is missing: `ml-vm models` lists what there is".to_owned()))?;
    let card: Card =
        serde_json::from_slice(&object.bytes).map_err(|e| refused(format!("cannot be read: {e}")))?;
    if card.schema_version != SCHEMA_VERSION {
        let found = card.schema_version;
        return Err(refused(format!(
            "has schema version {found}, not {SCHEMA_VERSION}: train the model again"
        )));
    }
    if card.version() != *version || card.name != name {
        return Err(refused(format!("is damaged: its content gives {}", card.version())));
    }
    Ok(card)
}

/// The versions of a model, oldest slot first.
///
/// # Errors
/// The lake fails.
pub async fn versions(lake: &dyn Lake, name: ModelName) -> Result<Vec<ModelVersion>, LakeError> {
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
pub async fn standing(lake: &dyn Lake, name: ModelName) -> Result<Standing, ModelsError> {
    Ok(read_standing(lake, name).await?.0)
}

async fn read_standing(lake: &dyn Lake, name: ModelName) -> Result<(Standing, Option<Version>), ModelsError> {
    let key = Key::Champion { name }.to_string();
    let Some(object) = lake.get(&key).await? else { return Ok((Standing::default(), None)) };
    let standing = Standing::from_bytes(&key, &object.bytes);
    Ok((standing.map_err(|error| ModelsError::Standing { name, error })?, Some(object.version)))
}

/// Takes a step in a model's life, again and again while others take theirs at the same time.
///
/// # Errors
/// The step cannot be taken, or the lake fails.
pub async fn take(lake: &dyn Lake, name: ModelName, step: &Step) -> Result<Standing, ModelsError> {
    let key = Key::Champion { name }.to_string();
    let mut attempt = 1;
    loop {
        let (mut standing, version) = read_standing(lake, name).await?;
        let before = standing.history.len();
        standing.take(step.clone()).map_err(|error| ModelsError::Standing { name, error })?;
        if standing.history.len() == before {
            return Ok(standing);
        }
        match lake.compare_and_swap(&key, version.as_ref(), standing.to_bytes().into()).await {
            Ok(_) => return Ok(standing),
            Err(LakeError::Conflict(_)) if attempt < TRIES => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The first slot for which a step of today can hold: the one after the newest whose forecasts are sealed, and none before
/// the newest step. `None` where nothing was predicted and nothing has happened yet.
///
/// # Errors
/// The lake fails, or what it holds is damaged.
pub async fn next_slot(lake: &dyn Lake, name: ModelName) -> Result<Option<Slot>, ModelsError> {
    let key = Key::SealHead.to_string();
    let head = match lake.get(&key).await? {
        Some(object) => {
            let head: Head = serde_json::from_slice(&object.bytes).map_err(|_| LakeError::Damaged(key))?;
            Some(head.newest.next())
        }
        None => None,
    };
    Ok(head.max(standing(lake, name).await?.newest()))
}

/// The step that an order of people means at `now`, checked: the version is there, whole, and may be champion.
///
/// # Errors
/// It cannot be taken, and why; or the lake fails.
pub async fn step_of(lake: &dyn Lake, order: &ModelOrder, now: DateTime<Utc>) -> Result<Step, ModelsError> {
    let (name, refused) = (order.model, |text: String| Err(ModelsError::Refused(text)));
    let standing = standing(lake, name).await?;
    let version = match (order.action, order.version.clone()) {
        (ModelAction::Promote, Some(version)) => Some(version),
        (ModelAction::Promote, None) => match standing.challenger {
            Some(challenger) => Some(challenger),
            None => return refused(format!("{name} has no challenger: name a version, or train one")),
        },
        (ModelAction::Pin, version) => version.or(standing.champion),
        (ModelAction::Rollback | ModelAction::Unpin, _) => None,
    };
    if let Some(version) = &version {
        let card = card(lake, name, version).await?;
        let key = Key::ModelBytes { name, version: version.clone() }.to_string();
        let bytes = lake.get(&key).await?.ok_or_else(|| LakeError::Missing(key.clone()))?;
        if sha256(&bytes.bytes) != card.sha256 {
            return refused(format!("{key} is not what its card says: it must not become champion"));
        }
        if order.action == ModelAction::Promote && !card.gate.passed && !order.force {
            return refused(format!("{version} did not pass the gate: {}", card.gate.reason));
        }
    }
    let action = match order.action {
        ModelAction::Promote => Action::Promote,
        ModelAction::Rollback => Action::Rollback,
        ModelAction::Pin => Action::Pin,
        ModelAction::Unpin => Action::Unpin,
    };
    let from = next_slot(lake, name).await?.unwrap_or_else(|| Slot::containing(now));
    Ok(Step { action, version, from, by: order.by.owner.clone(), at: now, why: order.by.reason.clone() })
}
