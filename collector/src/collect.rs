//! One slot: ask every source, keep what it said, write records, commit, remember.

mod again;
mod commit;
mod harvest;
mod lease;
mod previous;
mod prior;
mod purge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use cloud::Lake;
use domain::manifest::{ObjectEntry, SourceOutcome, Unread};
use domain::{AssetList, Key, Outcome, Slot, SourceId};
use tokio::time::Instant;

pub(crate) use commit::commit_slot_records;
pub use commit::{Written, commit_records};
pub use harvest::{Harvest, Subject, counts, newest_at, put_table, warnings};
use lease::Lease;
pub use previous::{Previous, RawExchanges};
use prior::Earlier;
use purge::purge;

use crate::http::{Redactor, Session, client};
use crate::quota::Quota;
use crate::settings::{Connected, Limits, Settings};
use crate::source::Task;
use crate::sources;
use crate::spool::Spool;
use crate::state::{Answered, State};
use crate::trouble::Trouble;
use crate::{normalise, window::Window};

/// How long a source may outstay its deadline before it is given up: its own requests end at the deadline.
const GRACE: Duration = Duration::from_secs(10);

/// How long another collector of the same slot is waited for: longer than a dead one's lease is good.
const PATIENCE: Duration = Duration::from_secs(60);

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
/// Another collector is at work on the slot, the lake fails, the asset list is missing or unreadable, or nothing is to be
/// read at all. A source that fails is no error: it is in the outcome.
pub async fn collect(
    lake: &Arc<dyn Lake>,
    order: &Order,
    settings: &Settings,
) -> anyhow::Result<(Outcome, String)> {
    let lease = Lease::take(lake, order.slot, PATIENCE).await?;
    let earlier = Arc::new(Earlier::read(lake.as_ref(), order.slot).await?);
    let verdict = gather(lake, order, settings, &earlier).await;
    let verdict = match verdict {
        Ok(verdict) => purge(lake, order.slot, &earlier).await.map(|_| verdict),
        Err(error) => Err(error),
    };
    lease.release().await?;
    verdict
}

async fn gather(
    lake: &Arc<dyn Lake>,
    order: &Order,
    settings: &Settings,
    earlier: &Arc<Earlier>,
) -> anyhow::Result<(Outcome, String)> {
    let assets = read_assets(lake.as_ref()).await?;
    let previous = Previous::read(lake.as_ref(), order.slot).await?;
    let (mut asked, mut kept) = (Vec::new(), BTreeMap::new());
    for (id, connected) in chosen(settings, order)? {
        if previous.has_whole(&id) {
            kept.extend(previous.outcome(&id));
        } else {
            asked.push((id, connected));
        }
    }
    let asked_ids: BTreeSet<SourceId> = asked.iter().map(|(id, _)| id.clone()).collect();
    kept.extend(previous.outcomes().filter(|(id, _)| !asked_ids.contains(id)));
    for (id, outcome) in &kept {
        if outcome.outcome == Outcome::Succeeded {
            finish_state(lake, order.slot, id, &previous, settings).await?;
        }
    }
    if asked.is_empty() {
        return Ok(commit::verdict(&kept));
    }
    let mut harvests = again::ask(lake, order, settings, asked, &assets, earlier).await?;
    for harvest in &mut harvests {
        let missed = earlier.missed(harvest.source.as_str(), &harvest.outcome.counts);
        harvest.outcome.warnings.extend(missed.filter(|_| harvest.outcome.outcome == Outcome::Succeeded));
    }
    let mut written = Written { unread: unread(settings, &kept), ..Written::default() };
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
            _ => commit::write_source(lake.as_ref(), order, harvest, &mut written).await?,
        }
    }
    let verdict = commit::commit_slot(lake.as_ref(), order, &written).await?;
    for harvest in harvests {
        store_state(lake.as_ref(), &harvest.source, &harvest.state, harvest.next).await?;
    }
    Ok(verdict)
}

/// The sources to collect.
fn chosen(settings: &Settings, order: &Order) -> anyhow::Result<Vec<(SourceId, Connected)>> {
    let names = || settings.sources.keys().map(SourceId::as_str).collect::<Vec<_>>().join(", ");
    let connected = |name: &&String| settings.sources.contains_key(&SourceId::new(name.as_str()));
    if let Some(unknown) = order.only.iter().flatten().find(|name| !connected(name)) {
        bail!("--sources names {unknown}, which the settings do not: they connect {}", names());
    }
    let wanted = |id: &SourceId| order.only.as_ref().is_none_or(|only| only.contains(id.as_str()));
    let chosen: Vec<_> = settings
        .sources
        .iter()
        .filter(|(id, _)| wanted(id))
        .map(|(id, connected)| (id.clone(), connected.clone()))
        .collect();
    if chosen.is_empty() {
        let known = sources::ALL.iter().map(|definition| definition.id).collect::<Vec<_>>().join(", ");
        bail!("the settings connect no source that is enabled: add one of {known}");
    }
    Ok(chosen)
}

/// The sources that are not read, less those that an earlier attempt had read.
fn unread(settings: &Settings, kept: &BTreeMap<SourceId, SourceOutcome>) -> BTreeMap<String, Unread> {
    let left = settings.unread.iter().filter(|(id, _)| !kept.contains_key(*id));
    left.map(|(id, why)| (id.to_string(), *why)).collect()
}

/// Asks all sources at the same time, each in a task of its own: what happens in one stays there.
async fn ask(
    lake: &Arc<dyn Lake>,
    order: &Order,
    settings: &Settings,
    asked: Vec<(SourceId, Connected)>,
    assets: &AssetList,
    earlier: &Arc<Earlier>,
    deadline: Instant,
) -> anyhow::Result<Vec<Harvest>> {
    let client = client(settings).context("the HTTP client cannot be made: see the system's certificates")?;
    let redactor = Redactor::new(settings.secrets.clone());
    let mut beginning = Vec::new();
    for (id, connected) in asked {
        let begun = tokio::spawn(begin(
            Arc::clone(lake),
            order.clone(),
            id.clone(),
            settings.limits,
            Arc::clone(earlier),
        ));
        beginning.push((id, connected, begun));
    }
    let mut running = Vec::new();
    for (id, Connected { source, terms }, begun) in beginning {
        let (state, window) = begun.await.context("reading what earlier slots hold")??;
        let pace = source.calls_per_minute();
        let task = Task {
            session: Session::new(client.clone(), redactor.clone(), deadline, &settings.limits, pace),
            window,
            assets: assets.clone(),
            state: state.is_followed_by(order.slot).then(|| state.clone()),
            pages: settings.limits.pages,
            quota: Quota::new(Arc::clone(lake), &id, source.allowance(), Utc::now),
            spool: Spool::new()
                .context("the folder for temporary files cannot be written: free space there")?,
        };
        let subject = Subject { id, slot: order.slot, terms, state, lag: settings.limits.lag };
        let (lake, known) = (Arc::clone(lake), subject.clone());
        let work =
            tokio::spawn(
                async move { Harvest::gather(lake.as_ref(), source, Arc::new(task), subject).await },
            );
        running.push((known, work));
    }
    let mut harvests = Vec::new();
    for (subject, work) in running {
        harvests.push(match work.await {
            Ok(Ok(harvest)) => harvest,
            Ok(Err(error)) => Harvest::failed(subject, Trouble::system(format!("{error:#}"))),
            Err(crash) => {
                tracing::error!(source = %subject.id, %crash, "crashed");
                let message = "the collector crashed while normalising it: report it with the log";
                Harvest::failed(subject, Trouble::system(message))
            }
        });
    }
    Ok(harvests)
}

/// What a source starts from: its state, and the window with the posts that are looked at again.
async fn begin(
    lake: Arc<dyn Lake>,
    order: Order,
    id: SourceId,
    limits: Limits,
    earlier: Arc<Earlier>,
) -> anyhow::Result<(State, Window)> {
    let state = read_state(lake.as_ref(), &id).await?;
    let mut window = state.window(order.slot, order.as_of, limits.lag);
    if let Some(watermark) = state.watermark.filter(|_| window.undated) {
        earlier.add_taken(lake.as_ref(), &id, watermark, &mut window).await?;
    }
    if sources::named(id.as_str()).is_some_and(|definition| definition.revises) {
        earlier.fill(lake.as_ref(), order.slot, &id, &limits, &mut window).await?;
    }
    Ok((state, window))
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
    lake: &Arc<dyn Lake>,
    slot: Slot,
    source: &SourceId,
    previous: &Previous,
    settings: &Settings,
) -> anyhow::Result<()> {
    let state = read_state(lake.as_ref(), source).await?;
    if !state.is_before(slot) {
        return Ok(());
    }
    let mut exchanges = previous.exchanges(lake, source).await?;
    let window = exchanges.window().clone().unwrap_or_else(|| Window::plain(slot.open_at(), slot.close_at()));
    let mut collected = normalise::Collected::new(&window, settings.limits.lag);
    let mut answers = Vec::new();
    while let Some((raw_ref, exchange)) = exchanges.next().await? {
        answers.extend(Answered::of(&exchange));
        normalise::read(source, &raw_ref, exchange, &mut collected);
    }
    let next = state.advanced(slot, &collected.finish()?, answers.iter());
    store_state(lake.as_ref(), source, &state, next).await
}

/// How each source fared.
pub type Outcomes = BTreeMap<SourceId, SourceOutcome>;

/// The objects among `objects` that lie below `prefix`, raw parts in their order.
pub(crate) fn below<'a>(objects: &'a [ObjectEntry], prefix: &str) -> Vec<&'a ObjectEntry> {
    let mut parts: Vec<&ObjectEntry> = objects.iter().filter(|o| o.key.starts_with(prefix)).collect();
    parts.sort_by_key(|entry| part_index(&entry.key));
    parts
}

/// A raw part's number, from its name `part-<digest>-<number>.ndjson.zst`.
fn part_index(key: &str) -> u32 {
    let stem = key.strip_suffix(".ndjson.zst").unwrap_or(key);
    stem.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
