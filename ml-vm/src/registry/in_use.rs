//! The models that a slot's predictions are made with: the champions as of that slot, and the challengers in their shadow.

use analytics::ngram::Model;
use analytics::sentiment;
use analytics::tuning::Tuning;
use cloud::Lake;
use domain::lake::sha256;
use domain::manifest::ObjectEntry;
use domain::model::{Card, ModelName, ModelVersion};
use domain::{Key, Slot};

use super::artefact::{Artefact, Scorer};

/// A version and what it is.
#[derive(Debug, Clone)]
pub struct Chosen<T> {
    /// Which version.
    pub version: ModelVersion,
    /// Its card.
    pub card: Card,
    /// The model.
    pub model: T,
}

/// Who makes the predictions of a slot; `None`: what is built in, or nobody for a challenger.
#[derive(Debug, Clone, Default)]
pub struct Models {
    /// Whose forecasts are shown.
    pub forecast: Option<Chosen<Tuning>>,
    /// Who forecasts in the shadow.
    pub forecast_shadow: Option<Chosen<Tuning>>,
    /// Whose sentiment is shown.
    pub sentiment: Option<Chosen<Box<Model>>>,
    /// Who scores in the shadow.
    pub sentiment_shadow: Option<Chosen<Box<Model>>>,
    /// What was read.
    pub inputs: Vec<ObjectEntry>,
    /// Champions and challengers that could not be read; what is built in takes a champion's place.
    pub warnings: Vec<String>,
}

impl Models {
    /// The models in use at `slot`. One that cannot be read leaves a warning, and the predictions go on without it.
    ///
    /// # Errors
    /// The lake fails.
    pub async fn load(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Self> {
        let mut models = Self::default();
        for name in ModelName::ALL {
            let standing = match super::standing(lake, name).await.map_err(anyhow::Error::from) {
                Ok(standing) => standing,
                Err(error) if is_lake_down(&error) => return Err(error),
                Err(error) => {
                    models.warnings.push(format!("{error:#}; what is built in takes the champion's place"));
                    continue;
                }
            };
            let in_use = standing.at(slot);
            for (role, version) in [("champion", in_use.champion), ("challenger", in_use.challenger)] {
                let Some(version) = version else { continue };
                match super::load(lake, name, &version).await {
                    Ok((card, artefact)) => models.add(role, version, card, artefact),
                    Err(error) if is_lake_down(&error) => return Err(error),
                    Err(error) => {
                        let instead =
                            if role == "champion" { "; what is built in takes its place" } else { "" };
                        let text = format!("the {role} of {name} cannot be used: {error:#}{instead}");
                        models.warnings.push(text);
                    }
                }
            }
        }
        Ok(models)
    }

    fn add(&mut self, role: &str, version: ModelVersion, card: Card, artefact: Artefact) {
        let name = card.name;
        let key = Key::ModelBytes { name, version: version.clone() }.to_string();
        self.inputs.push(ObjectEntry { key, bytes: card.bytes, sha256: card.sha256.clone(), rows: 1 });
        let bytes = card.to_bytes();
        let key = Key::ModelCard { name, version: version.clone() }.to_string();
        self.inputs.push(ObjectEntry { key, bytes: bytes.len() as u64, sha256: sha256(&bytes), rows: 1 });
        match (artefact, role) {
            (Artefact::Forecast(model), "champion") => {
                self.forecast = Some(Chosen { version, card, model });
            }
            (Artefact::Forecast(model), _) => self.forecast_shadow = Some(Chosen { version, card, model }),
            (Artefact::Sentiment(model), "champion") => {
                self.sentiment = Some(Chosen { version, card, model });
            }
            (Artefact::Sentiment(model), _) => self.sentiment_shadow = Some(Chosen { version, card, model }),
        }
    }

    /// The champion's scorer of texts.
    pub fn scorer(&self) -> Scorer<'_> {
        Scorer::new(self.sentiment.as_ref().map(|chosen| &*chosen.model))
    }

    /// The name of the champion of sentiment, as predictions state it.
    pub fn sentiment_name(&self) -> String {
        self.sentiment
            .as_ref()
            .map_or_else(|| sentiment::MODEL.to_owned(), |chosen| format!("ngram/{}", chosen.version))
    }

    /// The names of all fitted models in use, as manifests state them.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.sentiment_name()];
        names.extend(self.forecast.iter().map(|c| format!("forecast/{}", c.version)));
        names.extend(self.forecast_shadow.iter().map(|c| format!("forecast-shadow/{}", c.version)));
        names.extend(self.sentiment_shadow.iter().map(|c| format!("sentiment-shadow/{}", c.version)));
        names
    }
}

/// Whether the lake itself does not answer: then nothing is said of the model.
fn is_lake_down(error: &anyhow::Error) -> bool {
    use cloud::LakeError::{Io, Service};
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(Io { .. } | Service { .. })))
}
