//! Records made again from raw exchanges, without asking any source.

use std::sync::Arc;

use anyhow::Context;
use cloud::Lake;
use cloud::commit::read_manifest;
use domain::lake::{Area, raw_prefix};
use domain::manifest::SourceOutcome;
use domain::{Key, Outcome, Slot, SourceId};

use crate::collect::{
    Order, Previous, RawExchanges, Written, below, commit_records, commit_slot_records, counts, newest_at,
    warnings,
};
use crate::normalise::{self, Collected};
use crate::window::Window;

/// Makes the records of `slot` from what its raw manifest lists. The same raw bytes make the same record bytes.
///
/// # Errors
/// The slot was never collected, an object is missing or damaged, or the lake fails.
pub async fn rebuild(lake: &Arc<dyn Lake>, slot: Slot) -> anyhow::Result<(Outcome, String)> {
    rebuild_some(lake, slot, None).await
}

/// The same for one source; the records of the others stay.
///
/// # Errors
/// As [`rebuild`].
pub async fn rebuild_source(
    lake: &Arc<dyn Lake>,
    slot: Slot,
    source: &SourceId,
) -> anyhow::Result<(Outcome, String)> {
    rebuild_some(lake, slot, Some(source)).await
}

async fn rebuild_some(
    lake: &Arc<dyn Lake>,
    slot: Slot,
    only: Option<&SourceId>,
) -> anyhow::Result<(Outcome, String)> {
    let previous = Previous::read(lake.as_ref(), slot).await?;
    let key = Key::SlotManifest { area: Area::Raw, slot }.to_string();
    let (manifest, slot_entry) = read_manifest(lake.as_ref(), &key)
        .await?
        .with_context(|| format!("{key} is missing: collect the slot first"))?;
    let mut written = Written { unread: manifest.unread.clone(), ..Written::default() };
    for (name, outcome) in &manifest.sources {
        let source = SourceId::new(name);
        if let Some((_, kept)) =
            previous.outcome(&source).filter(|_| only.is_some_and(|only| *only != source))
        {
            previous.take_over(&source, kept, &mut written);
            continue;
        }
        let parts = below(&manifest.objects, &raw_prefix(&source, slot)).into_iter().cloned().collect();
        let mut exchanges = RawExchanges::open(lake, parts).await?;
        let window =
            exchanges.window().clone().unwrap_or_else(|| Window::plain(slot.open_at(), slot.close_at()));
        let mut collected = Collected::new(&window, chrono::Duration::zero());
        while let Some((raw_ref, exchange)) = exchanges.next().await? {
            normalise::read(&source, &raw_ref, exchange, &mut collected);
        }
        let gathered = collected.finish()?;
        let unknown_fields = gathered.unknown_fields.clone();
        let tables = normalise::write(gathered.ordered()?)?;
        let mut warned = warnings(&tables);
        // What was said of other slots is not in this one's raw exchanges.
        warned.extend(
            outcome.warnings.iter().filter(|text| !text.contains(" rows could not be taken")).cloned(),
        );
        let outcome = SourceOutcome {
            counts: counts(&tables),
            newest_at: newest_at(&tables),
            warnings: warned,
            unknown_fields,
            ..outcome.clone()
        };
        let key = Key::RawManifest { source: source.clone(), slot }.to_string();
        match read_manifest(lake.as_ref(), &key).await? {
            Some(raw) => commit_records(lake.as_ref(), &raw, &source, &tables, outcome, &mut written).await?,
            None => {
                written.outcomes.insert(source, outcome);
            }
        }
    }
    let order = Order { slot, as_of: manifest.as_of, only: None };
    commit_slot_records(lake.as_ref(), &order, &written, slot_entry).await
}
