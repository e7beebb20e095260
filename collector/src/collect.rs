//! One slot: ask every source, keep what it said, write records, commit, remember.

mod commit;
mod harvest;
mod previous;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use cloud::Lake;
use domain::manifest::SourceOutcome;
use domain::{AssetList, Key, Outcome, Slot, SourceId};
use tokio::time::Instant;

pub(crate) use commit::commit_slot_records;
pub use commit::{Written, commit_records};
pub use harvest::{Harvest, tables};
pub use previous::{Previous, part_index};

use crate::exchange::{Exchange, Referenced};
use crate::http::{Redactor, Session, client};
use crate::settings::Settings;
use crate::source::{Source, Task, configured};
use crate::state::State;
use crate::{exchange, normalise};

/// How long a source may outstay its deadline before it is given up: its own requests end at the deadline.
const GRACE: Duration = Duration::from_secs(10);

/// What to collect.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which slot.
    pub slot: Slot,
    /// The instant from which it is seen.
    pub as_of: DateTime<Utc>,
    /// Only these sources; `None`: all.
    pub only: Option<BTreeSet<String>>,
}

/// Collects one slot. A source that an earlier attempt collected whole is not asked again.
///
/// # Errors
/// The lake fails, the asset list is missing or unreadable, or nothing is to be read at all. A source that fails is no
/// error: it is in the outcome.
pub async fn collect(
    lake: &dyn Lake,
    order: &Order,
    settings: &Settings,
) -> anyhow::Result<(Outcome, String)> {
    let assets = read_assets(lake).await?;
    let previous = Previous::read(lake, order.slot).await?;
    let (mut asked, mut kept) = (Vec::new(), BTreeMap::new());
    for (source, terms) in chosen(settings, order)? {
        if previous.has_whole(&source.id()) {
            kept.extend(previous.outcome(&source.id()));
        } else {
            asked.push((source, terms));
        }
    }
    let asked_ids: BTreeSet<SourceId> = asked.iter().map(|(source, _)| source.id()).collect();
    kept.extend(previous.outcomes().filter(|(id, _)| !asked_ids.contains(id)));
    for (id, outcome) in &kept {
        if outcome.outcome == Outcome::Succeeded {
            finish_state(lake, order.slot, id, &previous, settings).await?;
        }
    }
    if asked.is_empty() {
        return Ok(commit::verdict(&kept));
    }
    let harvests = ask(lake, order, settings, asked, &assets).await?;
    let mut written = Written::default();
    for (id, outcome) in kept {
        previous.take_over(&id, outcome, &mut written);
    }
    for harvest in &harvests {
        // A repeat that got nothing does not undo what an earlier attempt got.
        match previous.outcome(&harvest.source) {
            Some((id, outcome))
                if outcome.outcome == Outcome::Partial && harvest.outcome.outcome == Outcome::Failed =>
            {
                previous.take_over(&id, outcome, &mut written);
            }
            _ => commit::write_source(lake, order, harvest, &mut written).await?,
        }
    }
    let verdict = commit::commit_slot(lake, order, &written).await?;
    for harvest in harvests {
        store_state(lake, &harvest.source, &harvest.state, harvest.next).await?;
    }
    Ok(verdict)
}

/// The sources to collect with their terms.
fn chosen(
    settings: &Settings,
    order: &Order,
) -> anyhow::Result<Vec<(Box<dyn Source>, domain::source::Terms)>> {
    let sources = configured(settings);
    let names: BTreeSet<String> = sources.iter().map(|source| source.id().to_string()).collect();
    if let Some(unknown) = order.only.iter().flatten().find(|name| !names.contains(*name)) {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        bail!("--sources names {unknown}, which the settings do not: they name {names}");
    }
    let wanted = |id: &SourceId| order.only.as_ref().is_none_or(|only| only.contains(id.as_str()));
    let mut chosen = Vec::new();
    for source in sources.into_iter().filter(|source| wanted(&source.id())) {
        let stated = settings.terms.get(source.id().as_str()).copied().unwrap_or_default();
        let terms = stated.or(source.terms());
        if terms.enabled {
            chosen.push((source, terms));
        }
    }
    if chosen.is_empty() {
        bail!("the settings name no source that is enabled: add x, stocktwits, alpaca or feeds");
    }
    Ok(chosen)
}

/// Asks all sources at the same time, each in a task of its own: what happens in one stays there.
async fn ask(
    lake: &dyn Lake,
    order: &Order,
    settings: &Settings,
    sources: Vec<(Box<dyn Source>, domain::source::Terms)>,
    assets: &AssetList,
) -> anyhow::Result<Vec<Harvest>> {
    let client = client(settings).context("the HTTP client cannot be made: see the system's certificates")?;
    let redactor = Redactor::new(settings.secrets());
    let deadline = Instant::now() + settings.limits.source;
    let mut running = Vec::new();
    for (source, terms) in sources {
        let id = source.id();
        let state = read_state(lake, &id).await?;
        let window = state.window(order.slot, order.as_of, settings.limits.lag);
        let task = Task {
            session: Session::new(client.clone(), redactor.clone(), deadline, settings.limits.tries),
            window: window.clone(),
            assets: assets.clone(),
            state: state.is_followed_by(order.slot).then(|| state.clone()),
            pages: settings.limits.pages,
        };
        let (slot, lag, prior) = (order.slot, settings.limits.lag, state.clone());
        let work =
            tokio::spawn(
                async move { Harvest::gather(source.as_ref(), &task, slot, terms, prior, lag).await },
            );
        running.push((id, terms, state, work));
    }
    let mut harvests = Vec::new();
    for (id, terms, state, mut work) in running {
        let harvest = match tokio::time::timeout_at(deadline + GRACE, &mut work).await {
            Ok(Ok(Ok(harvest))) => harvest,
            Ok(Ok(Err(error))) => Harvest::failed(id, terms, state, format!("{error:#}")),
            Ok(Err(crash)) => {
                tracing::error!(source = %id, %crash, "crashed");
                Harvest::failed(
                    id,
                    terms,
                    state,
                    "the collector crashed while reading it: report it with the log".to_owned(),
                )
            }
            Err(_) => {
                work.abort();
                let seconds = settings.limits.source.as_secs();
                Harvest::failed(id, terms, state, format!("it hung for more than {seconds} s: repeat later"))
            }
        };
        harvests.push(harvest);
    }
    Ok(harvests)
}

async fn read_assets(lake: &dyn Lake) -> anyhow::Result<AssetList> {
    let key = Key::AssetList.to_string();
    let object = lake
        .get(&key)
        .await?
        .with_context(|| format!("{key} is missing in the lake: put the list of assets there"))?;
    AssetList::from_csv(&object.bytes).with_context(|| key)
}

async fn read_state(lake: &dyn Lake, source: &SourceId) -> anyhow::Result<State> {
    let key = Key::State { source: source.clone() }.to_string();
    match lake.get(&key).await? {
        None => Ok(State::default()),
        Some(object) => serde_json::from_slice(&object.bytes)
            .with_context(|| format!("{key} is damaged: delete it; the next slot then starts afresh")),
    }
}

/// Stores the state that follows `prior`, unless somebody else has moved it meanwhile.
async fn store_state(
    lake: &dyn Lake,
    source: &SourceId,
    prior: &State,
    next: Option<State>,
) -> anyhow::Result<()> {
    let Some(next) = next else { return Ok(()) };
    let key = Key::State { source: source.clone() }.to_string();
    let object = lake.get(&key).await?;
    let current = match &object {
        None => State::default(),
        Some(object) => {
            serde_json::from_slice(&object.bytes).with_context(|| format!("{key} is damaged: delete it"))?
        }
    };
    if current != *prior {
        tracing::warn!(%source, "its state was moved by another run meanwhile and is left as it is");
        return Ok(());
    }
    let mut bytes = serde_json::to_vec_pretty(&next)?;
    bytes.push(b'\n');
    lake.compare_and_swap(&key, object.as_ref().map(|object| &object.version), bytes.into()).await?;
    Ok(())
}

/// Moves the state of a source that was committed whole by an attempt that was killed before it could.
async fn finish_state(
    lake: &dyn Lake,
    slot: Slot,
    source: &SourceId,
    previous: &Previous,
    settings: &Settings,
) -> anyhow::Result<()> {
    let state = read_state(lake, source).await?;
    if !state.is_before(slot) {
        return Ok(());
    }
    let (window, exchanges) = previous.exchanges(lake, source).await?;
    let records = match &window {
        Some(window) => normalise::normalise(source, &exchanges, window),
        None => normalise::Normalised::default(),
    };
    let exchanges: Vec<Exchange> = exchanges.into_iter().map(|(_, exchange)| exchange).collect();
    let next = state.advanced(slot, settings.limits.lag, &records, &exchanges);
    store_state(lake, source, &state, next).await
}

/// Reads a source's raw parts back: its window and its exchanges with their references.
///
/// # Errors
/// An object is missing or damaged.
pub async fn read_raw(
    lake: &dyn Lake,
    objects: &[&domain::manifest::ObjectEntry],
) -> anyhow::Result<(Option<crate::window::Window>, Vec<Referenced>)> {
    let (mut window, mut exchanges) = (None, Vec::new());
    for entry in objects {
        let bytes = cloud::commit::read_listed(lake, entry).await?;
        let (found, lines) = exchange::unpack(&entry.key, &bytes)?;
        window = window.or(found);
        exchanges.extend(lines);
    }
    Ok((window, exchanges))
}

/// How each source fared.
pub type Outcomes = BTreeMap<SourceId, SourceOutcome>;
