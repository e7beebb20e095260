//! Words for what the ledger holds.

use domain::run::WhyNot;
use domain::{Slot, Stage, StageState};

use crate::text::{Lang, fill, text};

/// The name of a stage.
pub(super) fn stage(stage: Stage, lang: Lang) -> &'static str {
    text(
        lang,
        match stage {
            Stage::Collect => "ops_stage_collect",
            Stage::Split => "ops_stage_split",
            Stage::Predict => "ops_stage_predict",
            Stage::Publish => "ops_stage_publish",
        },
    )
}

/// Where a stage stands.
pub(super) fn state(state: StageState, lang: Lang) -> &'static str {
    text(
        lang,
        match state {
            StageState::Pending => "ops_state_pending",
            StageState::Starting => "ops_state_starting",
            StageState::Running => "ops_state_running",
            StageState::Succeeded => "ops_state_succeeded",
            StageState::Partial => "ops_state_partial",
            StageState::Failed => "ops_state_failed",
            StageState::Skipped => "ops_state_skipped",
        },
    )
}

/// Where a run stands, by its name in the ledger.
pub(super) fn status(name: &str, lang: Lang) -> String {
    StageState::parse(name).map_or_else(|| name.to_owned(), |known| state(known, lang).to_owned())
}

/// Why nothing would change.
pub(super) fn why_not(why: WhyNot, lang: Lang) -> String {
    let about = |key, named| fill(lang, key, &[("stage", stage(named, lang))]);
    match why {
        WhyNot::Running => text(lang, "ops_not_running").to_owned(),
        WhyNot::Succeeded => text(lang, "ops_not_succeeded").to_owned(),
        WhyNot::Ended => text(lang, "ops_not_ended").to_owned(),
        WhyNot::NotBegun => text(lang, "ops_not_begun").to_owned(),
        WhyNot::NoOutput(named) => about("ops_not_output", named),
        WhyNot::AtWork(named) => about("ops_not_at_work", named),
        WhyNot::StageEnded(named) => about("ops_not_stage", named),
    }
}

/// The name of an action.
pub(super) fn action(name: &str, lang: Lang) -> &'static str {
    text(
        lang,
        match name {
            "run" => "ops_act_run",
            "repeat" => "ops_act_repeat",
            "skip" => "ops_act_skip",
            "cancel" => "ops_act_cancel",
            "backfill" => "ops_act_backfill",
            "replay" => "ops_act_replay",
            "drop" => "ops_act_drop",
            "hold" => "ops_act_hold",
            "release" => "ops_act_release",
            "hold-publication" => "ops_act_hold_publication",
            "release-publication" => "ops_act_release_publication",
            "exclude" => "ops_act_exclude",
            "include" => "ops_act_include",
            "promote" => "ops_act_promote",
            "rollback" => "ops_act_rollback",
            "pin" => "ops_act_pin",
            "unpin" => "ops_act_unpin",
            _ => "ops_act_other",
        },
    )
}

/// A slot at its close; what is none stays as it is.
pub(super) fn slot_at(close_at: chrono::DateTime<chrono::Utc>) -> String {
    Slot::closing_at(close_at).map_or_else(|| close_at.to_rfc3339(), |slot| slot.to_string())
}
