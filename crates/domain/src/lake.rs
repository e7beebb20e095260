//! Where objects lie in the lake. No other code builds a path.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::asset::Symbol;
use crate::model::{ModelName, ModelVersion};
use crate::slot::Slot;
use crate::source::SourceId;

/// Characters that a value in a key keeps; all others are percent-encoded, `=` and `/` among them.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// The name of the file that commits a stage's output.
pub const MANIFEST: &str = "_MANIFEST.json";

/// The kind of a record, in `records/kind=…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// [`crate::Post`].
    Post,
    /// [`crate::Article`].
    Article,
    /// [`crate::Bar`].
    Bar,
    /// [`crate::document::Reject`].
    Reject,
}

impl RecordKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Post, Self::Article, Self::Bar, Self::Reject];

    /// The name used in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Article => "article",
            Self::Bar => "bar",
            Self::Reject => "reject",
        }
    }
}

/// A file of one asset's split, in `assets/slot=…/asset=…/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssetFile {
    /// Rows of [`crate::mention::AssetPost`].
    Posts,
    /// Rows of [`crate::mention::AssetArticle`].
    Articles,
    /// Rows of [`crate::mention::AssetBar`].
    Bars,
}

impl AssetFile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Posts, Self::Articles, Self::Bars];

    /// The file's stem.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Articles => "articles",
            Self::Bars => "bars",
        }
    }
}

/// The format of an asset's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Parquet, zstd.
    Parquet,
    /// Comma-separated, safe for spreadsheets.
    Csv,
}

/// A table of one asset's predictions, in `predictions/slot=…/asset=…/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PredictionTable {
    /// One row of [`crate::prediction::Sentiment`].
    Sentiment,
    /// Rows of [`crate::prediction::DocumentScore`].
    Documents,
    /// Rows of [`crate::prediction::Forecast`].
    Forecast,
    /// Rows of [`crate::prediction::Signal`].
    Signals,
    /// Rows of [`crate::prediction::Risk`].
    Risk,
    /// Rows of [`crate::prediction::Volume`].
    Volumes,
    /// Rows of [`crate::prediction::Contribution`].
    Contributions,
    /// Rows of [`crate::prediction::Strategy`].
    Strategies,
    /// Rows of [`crate::prediction::Lead`].
    Leads,
    /// Rows of [`crate::prediction::RiskBacktest`].
    RiskBacktests,
}

impl PredictionTable {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Sentiment,
        Self::Documents,
        Self::Forecast,
        Self::Signals,
        Self::Risk,
        Self::Volumes,
        Self::Contributions,
        Self::Strategies,
        Self::Leads,
        Self::RiskBacktests,
    ];

    /// The file's stem.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sentiment => "sentiment",
            Self::Documents => "documents",
            Self::Forecast => "forecast",
            Self::Signals => "signals",
            Self::Risk => "risk",
            Self::Volumes => "volumes",
            Self::Contributions => "contributions",
            Self::Strategies => "strategies",
            Self::Leads => "leads",
            Self::RiskBacktests => "risk_backtests",
        }
    }
}

/// The areas of the lake that stages write, each with one manifest a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// What sources sent, exactly.
    Raw,
    /// Normalised records.
    Records,
    /// Records per asset.
    Assets,
    /// Predictions per asset.
    Predictions,
}

impl Area {
    /// The first part of its keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Records => "records",
            Self::Assets => "assets",
            Self::Predictions => "predictions",
        }
    }
}

/// The typed name of one object. `digest` is the first 16 hex digits of the sha256 of the object's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Exchanges exactly as a source sent them, one a line.
    RawPart {
        /// Whose.
        source: SourceId,
        /// When.
        slot: Slot,
        /// Digest of the content.
        digest: String,
        /// Number of the part, from 0.
        index: u32,
    },
    /// What counts of one source's raw exchanges.
    RawManifest {
        /// Whose.
        source: SourceId,
        /// When.
        slot: Slot,
    },
    /// Normalised records of one kind.
    RecordsPart {
        /// Which kind.
        kind: RecordKind,
        /// When.
        slot: Slot,
        /// Whose.
        source: SourceId,
        /// Digest of the content.
        digest: String,
    },
    /// What counts of one source's records of one kind.
    RecordsManifest {
        /// Which kind.
        kind: RecordKind,
        /// When.
        slot: Slot,
        /// Whose.
        source: SourceId,
    },
    /// One asset's rows of one slot.
    AssetRows {
        /// When.
        slot: Slot,
        /// Which asset.
        symbol: Symbol,
        /// Which rows.
        file: AssetFile,
        /// In which format.
        format: Format,
    },
    /// A part of one asset's rows, sorted, on the way from a reducer to the commit; no manifest lists it.
    AssetShard {
        /// When.
        slot: Slot,
        /// Which asset.
        symbol: Symbol,
        /// Digest of the content.
        digest: String,
    },
    /// Rows of [`crate::Seen`], all assets of one slot: what the split of the next slot knows for repeats.
    Seen {
        /// When.
        slot: Slot,
    },
    /// A part of [`Key::Seen`] on the way from a reducer to the commit; no manifest lists it.
    SeenShard {
        /// When.
        slot: Slot,
        /// Digest of the content.
        digest: String,
    },
    /// Rows of [`crate::document::RecordReject`], all sources of one slot: records that the split refused. Only there where
    /// it refused any.
    Rejects {
        /// When.
        slot: Slot,
    },
    /// Which rows of the records newer ones of other objects replace, for the tasks of a cluster; no manifest lists it.
    Superseded {
        /// When.
        slot: Slot,
        /// Digest of the manifest of the records.
        digest: String,
    },
    /// One table of one asset's predictions.
    Prediction {
        /// When.
        slot: Slot,
        /// Which asset.
        symbol: Symbol,
        /// Which table.
        table: PredictionTable,
    },
    /// Rows of [`crate::prediction::SummaryRow`], all assets of one slot.
    Summary {
        /// When.
        slot: Slot,
    },
    /// Rows of [`crate::prediction::MoodSeries`], all assets of one slot: what lead and lag look back on.
    Moods {
        /// When.
        slot: Slot,
    },
    /// What counts of one area's objects of one slot: written last, read first.
    SlotManifest {
        /// Which area.
        area: Area,
        /// When.
        slot: Slot,
    },
    /// What one source remembers from slot to slot; changed by compare-and-swap once the slot's data are durable.
    State {
        /// Whose.
        source: SourceId,
    },
    /// What one source used today of its calls and its money; changed by compare-and-swap before they are used.
    Quota {
        /// Whose.
        source: SourceId,
    },
    /// Who collects a slot at the moment; gone when nobody does.
    Lease {
        /// When.
        slot: Slot,
    },
    /// Rows of [`crate::prediction::ShadowSentiment`]: what the challenger says, which nobody is shown.
    Shadow {
        /// When.
        slot: Slot,
    },
    /// How the models in use fare: [`crate::prediction::Monitor`].
    Monitor {
        /// When.
        slot: Slot,
    },
    /// A fitted model; written once, never changed.
    ModelBytes {
        /// What it is for.
        name: ModelName,
        /// Which version.
        version: ModelVersion,
    },
    /// The card of a fitted model, [`crate::model::Card`]; written once, never changed.
    ModelCard {
        /// What it is for.
        name: ModelName,
        /// Which version.
        version: ModelVersion,
    },
    /// Which version of a model is in use, [`crate::model::Standing`]; changed by compare-and-swap.
    Champion {
        /// What it is for.
        name: ModelName,
    },
    /// Rows of [`crate::prediction::SealedForecast`]: what a seal seals; written once, never changed.
    SealedForecasts {
        /// When.
        slot: Slot,
        /// Digest of the content.
        digest: String,
    },
    /// One link of the chain of seals, [`crate::seal::Seal`]; written once, never changed.
    Seal {
        /// Its number, from 1.
        number: u64,
    },
    /// The newest link of the chain, [`crate::seal::Head`]; changed by compare-and-swap.
    SealHead,
    /// The deployment's list of assets, `symbol,name,class,exchange,aliases`.
    AssetList,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RawPart { source, slot, digest, index } => {
                write!(
                    f,
                    "raw/source={}/slot={slot}/part-{digest}-{index:05}.ndjson.zst",
                    value(source.as_str())
                )
            }
            Self::RawManifest { source, slot } => {
                write!(f, "raw/source={}/slot={slot}/{MANIFEST}", value(source.as_str()))
            }
            Self::RecordsPart { kind, slot, source, digest } => {
                write!(f, "{}part-{digest}.parquet", records_prefix(*kind, *slot, source))
            }
            Self::RecordsManifest { kind, slot, source } => {
                write!(f, "{}{MANIFEST}", records_prefix(*kind, *slot, source))
            }
            Self::AssetRows { slot, symbol, file, format } => {
                let extension = if *format == Format::Csv { "csv" } else { "parquet" };
                write!(f, "assets/slot={slot}/asset={}/{}.{extension}", value(symbol.as_str()), file.as_str())
            }
            Self::AssetShard { slot, symbol, digest } => {
                write!(f, "assets/slot={slot}/asset={}/shard-{digest}.rows", value(symbol.as_str()))
            }
            Self::SeenShard { slot, digest } => write!(f, "assets/slot={slot}/seen-{digest}.parquet"),
            Self::Seen { slot } => write!(f, "assets/slot={slot}/seen.parquet"),
            Self::Rejects { slot } => write!(f, "assets/slot={slot}/rejects.parquet"),
            Self::Superseded { slot, digest } => write!(f, "assets/slot={slot}/superseded-{digest}.json"),
            Self::Prediction { slot, symbol, table } => {
                write!(
                    f,
                    "predictions/slot={slot}/asset={}/{}.parquet",
                    value(symbol.as_str()),
                    table.as_str()
                )
            }
            Self::Summary { slot } => write!(f, "predictions/slot={slot}/summary.parquet"),
            Self::Moods { slot } => write!(f, "predictions/slot={slot}/moods.parquet"),
            Self::Shadow { slot } => write!(f, "predictions/slot={slot}/shadow.parquet"),
            Self::Monitor { slot } => write!(f, "predictions/slot={slot}/monitor.json"),
            Self::ModelBytes { name, version } => write!(f, "models/{name}/{version}/model.bin"),
            Self::ModelCard { name, version } => write!(f, "models/{name}/{version}/card.json"),
            Self::Champion { name } => write!(f, "models/{name}/champion"),
            Self::SealedForecasts { slot, digest } => {
                write!(f, "ledger/slot={slot}/forecasts-{digest}.parquet")
            }
            Self::Seal { number } => write!(f, "ledger/seals/{number:08}.json"),
            Self::SealHead => f.write_str("ledger/head.json"),
            Self::SlotManifest { area, slot } => write!(f, "{}/slot={slot}/{MANIFEST}", area.as_str()),
            Self::State { source } => write!(f, "state/{}.json", value(source.as_str())),
            Self::Quota { source } => write!(f, "state/quota/{}.json", value(source.as_str())),
            Self::Lease { slot } => write!(f, "state/lease/slot={slot}.json"),
            Self::AssetList => f.write_str("state/assets.csv"),
        }
    }
}

/// The prefix of one source's raw objects of one slot, with a slash at its end.
pub fn raw_prefix(source: &SourceId, slot: Slot) -> String {
    format!("raw/source={}/slot={slot}/", value(source.as_str()))
}

/// The prefix of one source's records of one kind and slot, with a slash at its end.
pub fn records_prefix(kind: RecordKind, slot: Slot, source: &SourceId) -> String {
    format!("records/kind={}/slot={slot}/source={}/", kind.as_str(), value(source.as_str()))
}

/// The prefix of all objects of an area that is keyed by slot first (assets, predictions), with a slash at its end.
pub fn slot_prefix(area: Area, slot: Slot) -> String {
    format!("{}/slot={slot}/", area.as_str())
}

/// The sha256 of `bytes` in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The digest that part names carry: the first 16 hex digits of the sha256.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = sha256(bytes);
    text.truncate(16);
    text
}

fn value(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn slot() -> Slot {
        "2026-11-21T06Z".parse().unwrap()
    }

    #[test]
    fn paths_are_hive_style() {
        let rows = |symbol: &str| {
            let symbol = symbol.parse().unwrap();
            Key::AssetRows { slot: slot(), symbol, file: AssetFile::Posts, format: Format::Csv }.to_string()
        };
        assert_eq!(rows("EUR/USD"), "assets/slot=2026-11-21T06Z/asset=EUR%2FUSD/posts.csv");
        assert_eq!(rows("BRK.B"), "assets/slot=2026-11-21T06Z/asset=BRK.B/posts.csv");
        assert_eq!(Key::Seen { slot: slot() }.to_string(), "assets/slot=2026-11-21T06Z/seen.parquet");
        assert_eq!(Key::Rejects { slot: slot() }.to_string(), "assets/slot=2026-11-21T06Z/rejects.parquet");
        assert_eq!(rows("../%2e="), "assets/slot=2026-11-21T06Z/asset=..%2F%252e%3D/posts.csv");
        let part = Key::RawPart { source: SourceId::new("x"), slot: slot(), digest: digest(b""), index: 3 };
        assert_eq!(
            part.to_string(),
            "raw/source=x/slot=2026-11-21T06Z/part-e3b0c44298fc1c14-00003.ndjson.zst"
        );
        let manifest =
            Key::RecordsManifest { kind: RecordKind::Post, slot: slot(), source: SourceId::new("x") };
        assert_eq!(manifest.to_string(), "records/kind=post/slot=2026-11-21T06Z/source=x/_MANIFEST.json");
        assert_eq!(
            Key::SlotManifest { area: Area::Predictions, slot: slot() }.to_string(),
            "predictions/slot=2026-11-21T06Z/_MANIFEST.json"
        );
        let version = "2026-11-21T06Z-0123456789abcdef".parse().unwrap();
        assert_eq!(
            Key::ModelCard { name: ModelName::Forecast, version }.to_string(),
            "models/forecast/2026-11-21T06Z-0123456789abcdef/card.json"
        );
        assert_eq!(Key::Seal { number: 7 }.to_string(), "ledger/seals/00000007.json");
    }
}
