//! What an order would lead to, before it is asked for: by the same rules as the orchestrator follows.

use chrono::{DateTime, Utc};
use cloud::models;
use domain::backfill::Todo;
use domain::cost::{self, MicroUsd};
use domain::message::Control;
use domain::order::{ExclusionAction, LetterAction, ModelOrder, Order, PublicationAction};
use domain::run::{Limits, Run, Stage};
use domain::{Slot, StageState};
use ledger::store as ledger_store;
use ledger::store::{dead_letters, exclusions, publication_holds};
use serde::Serialize;

use super::asked::Asked;
use super::money::{self, Tariff};
use super::{store, words};
use crate::error::Error;
use crate::format;
use crate::state::App;
use crate::text::{Lang, count, fill, text};

/// What would happen.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preview {
    /// In sentences.
    pub lines: Vec<String>,
    /// By slot, for a backfill.
    pub slots: Vec<SlotLine>,
    /// What it would cost, as far as that can be told.
    pub cost: Option<String>,
    /// The content that it is about.
    pub content: Option<String>,
    /// Why it would change nothing: then it cannot be asked for.
    pub refused: Option<String>,
    /// The slots of a backfill for which something would be done.
    #[serde(skip)]
    pub todo: Vec<Todo>,
}

/// A slot of a backfill.
#[derive(Debug, Clone, Serialize)]
pub struct SlotLine {
    slot: String,
    state: String,
    todo: String,
    cost: String,
}

/// What `asked` would lead to.
///
/// # Errors
/// Postgres or the lake fails.
pub async fn of(app: &App, asked: &Asked, lang: Lang, now: DateTime<Utc>) -> Result<Preview, Error> {
    match asked {
        Asked::Order(Order::Control(control)) => of_control(app, control, lang, now).await,
        Asked::Order(Order::Letter(order)) => {
            let letter = dead_letters::find(&app.pool, &order.message_id, &order.subscription).await;
            let Some(letter) = letter.map_err(ledger)? else { return Ok(refusal(lang, "ops_not_letter")) };
            let replay = order.action == LetterAction::Replay;
            if replay && dead_letters::is_cut(&letter) {
                return Ok(refusal(lang, "ops_not_whole"));
            }
            let key = if replay { "ops_pre_replay" } else { "ops_pre_drop" };
            let content = String::from_utf8_lossy(&letter.data).chars().take(4_000).collect();
            Ok(Preview {
                lines: vec![fill(lang, key, &[("subscription", &letter.subscription)])],
                content: Some(content),
                ..Preview::default()
            })
        }
        Asked::Order(Order::Publication(order)) => {
            let open = publication_holds::open(&app.pool).await.map_err(ledger)?;
            let slot = order.slot.to_string();
            let version = order.version.map(u32::cast_signed);
            let hold = order.action == PublicationAction::HoldPublication;
            let held = open.iter().any(|h| h.slot == slot && (version.is_none() || h.version == version));
            match (hold, held) {
                (true, true) => return Ok(refusal(lang, "ops_not_held_already")),
                (false, false) => return Ok(refusal(lang, "ops_not_held")),
                _ => {}
            }
            let key = if hold { "ops_pre_hold_publication" } else { "ops_pre_release_publication" };
            Ok(line(fill(lang, key, &[("slot", &slot)])))
        }
        Asked::Order(Order::Exclusion(order)) => {
            let symbol = order.symbol.to_string();
            let known = app.edition().await?.front.assets.contains_key(&symbol);
            if !known {
                return Ok(refusal(lang, "ops_not_asset"));
            }
            let open = exclusions::open(&app.pool, order.from.close_at()).await.map_err(ledger)?;
            let out = open.iter().any(|e| e.symbol == symbol);
            if order.action == ExclusionAction::Include && !out {
                return Ok(refusal(lang, "ops_not_out"));
            }
            let from = order.from.to_string();
            let until = order.until.map(|until| until.to_string()).unwrap_or_default();
            let key = match (order.action, until.is_empty()) {
                (ExclusionAction::Include, _) => "ops_pre_include",
                (ExclusionAction::Exclude, true) => "ops_pre_exclude",
                (ExclusionAction::Exclude, false) => "ops_pre_exclude_until",
            };
            Ok(line(fill(lang, key, &[("asset", &symbol), ("from", &from), ("until", &until)])))
        }
        Asked::Order(Order::Model(order)) => of_model(app, order, lang, now).await,
        Asked::Hold(order) => {
            let held = ledger_store::holds(&app.pool, now).await.map_err(ledger)?;
            let held = held.iter().find(|hold| hold.machine == order.machine);
            let Some(until) = order.until else {
                return Ok(match held {
                    None => refusal(lang, "ops_not_held_machine"),
                    Some(hold) => line(fill(lang, "ops_pre_release", &[("owner", &hold.owner)])),
                });
            };
            let mut lines = vec![fill(lang, "ops_pre_hold", &[("until", &format::instant(until, lang))])];
            lines.extend(held.map(|hold| {
                let end = format::instant(hold.expires_at, lang);
                fill(lang, "ops_pre_hold_replaces", &[("owner", &hold.owner), ("until", &end)])
            }));
            let cost =
                Tariff::of(app).map(|tariff| money::usd(tariff.stage(Stage::Predict, until - now), lang));
            Ok(Preview { lines, cost, ..Preview::default() })
        }
        Asked::Backfill { from, to, only_failed } => of_backfill(app, (*from, *to), *only_failed, lang).await,
    }
}

async fn of_control(app: &App, control: &Control, lang: Lang, now: DateTime<Utc>) -> Result<Preview, Error> {
    // Who and why are not known before the form is sent, and change nothing of what would follow.
    let mut named = control.clone();
    for words in [&mut named.owner, &mut named.reason] {
        if words.is_empty() {
            "?".clone_into(words);
        }
    }
    let event = named.event().map_err(|e| Error::BadRequest(e.to_owned()))?;
    let known = ledger_store::run(&app.pool, control.slot).await.map_err(ledger)?;
    if known.is_none() && !event.makes_run() {
        return Ok(refusal(lang, "ops_not_run"));
    }
    let run = known.unwrap_or_else(|| Run::new(control.slot));
    if let Some(why) = run.why_not(&event) {
        return Ok(Preview { refused: Some(words::why_not(why, lang)), ..Preview::default() });
    }
    let (after, _) = run.preview(&event, now, &Limits::default());
    let changed = run.stages.iter().zip(&after.stages).filter(|(before, after)| before.state != after.state);
    let mut lines: Vec<String> = changed
        .map(|(before, after)| {
            let values = [
                ("stage", words::stage(after.stage, lang)),
                ("from", words::state(before.state, lang)),
                ("to", words::state(after.state, lang)),
            ];
            fill(lang, "ops_pre_stage", &values)
        })
        .collect();
    // What is pending after it will be started in its turn.
    let to_do: Vec<Stage> = after
        .stages
        .iter()
        .filter(|stage| matches!(stage.state, StageState::Pending | StageState::Starting))
        .map(|stage| stage.stage)
        .collect();
    let more = after.stages.iter().zip(&run.stages).filter(|(a, b)| a.attempt > b.attempt);
    lines.extend(more.map(|(stage, _)| {
        let attempt = stage.attempt.to_string();
        fill(lang, "ops_pre_attempt", &[("stage", words::stage(stage.stage, lang)), ("attempt", &attempt)])
    }));
    let ends = !to_do.iter().any(|stage| run.stage(*stage).state != after.stage(*stage).state);
    let cost = if ends { None } else { Estimate::load(app).await?.cost(to_do) };
    Ok(Preview { lines, cost: cost.map(|cost| money::usd(cost, lang)), ..Preview::default() })
}

async fn of_model(app: &App, order: &ModelOrder, lang: Lang, now: DateTime<Utc>) -> Result<Preview, Error> {
    let Some(lake) = app.lake.as_deref() else { return Ok(refusal(lang, "ops_not_lake")) };
    let tried = async {
        let before = models::standing(lake, order.model).await?;
        let step = models::step_of(lake, order, now).await?;
        let mut after = before.clone();
        let from = step.from;
        after.take(step).map_err(|error| models::ModelsError::Standing { name: order.model, error })?;
        Ok::<_, models::ModelsError>((before, after, from))
    };
    let (before, after, from) = match tried.await {
        Ok(tried) => tried,
        Err(error) if error.passes() => return Err(Error::Unavailable(error.into())),
        Err(error) => return Ok(Preview { refused: Some(error.to_string()), ..Preview::default() }),
    };
    let built_in = text(lang, "ml_built_in");
    let name = |version: &Option<domain::ModelVersion>| {
        version.as_ref().map_or_else(|| built_in.to_owned(), ToString::to_string)
    };
    let (was, is, slot) = (name(&before.champion), name(&after.champion), from.to_string());
    let mut lines = vec![fill(lang, "ops_pre_champion", &[("was", &was), ("is", &is), ("slot", &slot)])];
    if after.pinned != before.pinned {
        lines.push(text(lang, if after.pinned { "ops_pre_pinned" } else { "ops_pre_unpinned" }).to_owned());
    }
    lines.push(text(lang, "ops_pre_past").to_owned());
    Ok(Preview { lines, ..Preview::default() })
}

async fn of_backfill(
    app: &App,
    (from, to): (Slot, Slot),
    only_failed: bool,
    lang: Lang,
) -> Result<Preview, Error> {
    let estimate = Estimate::load(app).await?;
    let rows = store::changes_of_span(&app.pool, from.close_at(), to.close_at()).await?;
    let (mut preview, mut total, mut unknown) = (Preview::default(), MicroUsd::default(), false);
    for slot in Slot::range(from, to) {
        let changes = rows.iter().filter(|change| change.slot == slot.close_at());
        let states = super::attempts::states(changes.clone());
        let known = changes.count() > 0;
        let run = run_of(slot, states);
        let status = if known { run.status().as_str() } else { "pending" };
        let todo = Todo::of(slot, known.then_some(&run), only_failed);
        let mut line = SlotLine {
            slot: slot.to_string(),
            state: if known { words::status(status, lang) } else { text(lang, "ops_never_ran").to_owned() },
            todo: text(lang, "ops_todo_nothing").to_owned(),
            cost: format::MISSING.to_owned(),
        };
        if let Some(todo) = todo {
            line.todo = fill(lang, "ops_todo_from", &[("stage", words::stage(todo.from, lang))]);
            match estimate.cost(todo.stages()) {
                Some(cost) => {
                    line.cost = money::usd(cost, lang);
                    total = total + cost;
                }
                None => unknown = true,
            }
            preview.todo.push(todo);
        }
        preview.slots.push(line);
    }
    let slots = preview.todo.len() as i64;
    if slots == 0 {
        preview.refused = Some(text(lang, "ops_not_slots").to_owned());
    }
    preview.lines.push(count(lang, "ops_pre_backfill", slots, &[]));
    preview.cost = (slots > 0 && !unknown).then(|| money::usd(total, lang));
    Ok(preview)
}

/// A run whose stages stand as told; attempts do not matter for what would be done again.
fn run_of(slot: Slot, states: [StageState; 4]) -> Run {
    let mut run = Run::new(slot);
    for (stage, state) in run.stages.iter_mut().zip(states) {
        stage.state = state;
        stage.attempt = u32::from(state != StageState::Pending);
        stage.last_attempt = stage.attempt;
    }
    run
}

/// What stages usually take, and cost.
struct Estimate {
    tariff: Option<Tariff>,
    seconds: Vec<(String, f64)>,
}

impl Estimate {
    async fn load(app: &App) -> Result<Self, Error> {
        Ok(Self { tariff: Tariff::of(app), seconds: ledger_store::usual(&app.pool).await.map_err(ledger)? })
    }

    /// What these stages would cost; `None` where one of them has never ended well.
    fn cost(&self, stages: impl IntoIterator<Item = Stage>) -> Option<MicroUsd> {
        let tariff = self.tariff?;
        cost::of_stages(tariff.prices, tariff.setup, stages, &self.seconds)
    }
}

fn refusal(lang: Lang, key: &'static str) -> Preview {
    Preview { refused: Some(text(lang, key).to_owned()), ..Preview::default() }
}

fn line(text: String) -> Preview {
    Preview { lines: vec![text], ..Preview::default() }
}

/// An error of the ledger as one of the site.
pub(crate) fn ledger(error: ledger::LedgerError) -> Error {
    match error {
        ledger::LedgerError::Postgres(error) => error.into(),
        other => Error::Internal(other.into()),
    }
}
