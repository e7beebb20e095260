//! What people ask about dead letters, publications, assets and models. Each order is carried out once by its name; who, why
//! and what came of it are kept for good. An order that cannot be carried out is kept, too, with the reason.

use anyhow::Context as _;
use cloud::models;
use cloud::push::PushMessage;
use domain::Slot;
use domain::message::Topic;
use domain::order::{
    By, ExclusionAction, ExclusionOrder, LetterAction, LetterOrder, ModelOrder, Order, PublicationAction,
    PublicationOrder,
};
use ledger::store::overrides::{self, Override};
use ledger::store::{alerts, dead_letters, exclusions, publication_holds};

use crate::handlers::Answer;
use crate::handlers::control::name;
use crate::orchestrator::Orchestrator;

/// Carries an order out.
pub async fn take(orchestrator: &Orchestrator, order: &Order, message: &PushMessage) -> Answer {
    let by = match order {
        Order::Control(_) => return Answer::Refused("orders about runs are taken elsewhere".to_owned()),
        Order::Letter(letter) => &letter.by,
        Order::Publication(publication) => &publication.by,
        Order::Exclusion(exclusion) => &exclusion.by,
        Order::Model(model) => &model.by,
    };
    if let Err(reason) = by.check() {
        return Answer::Refused(reason.to_owned());
    }
    let kept = kept(orchestrator, order, by, name(&by.request, message));
    let done = match order {
        Order::Control(_) => Ok(()),
        Order::Letter(letter) => settle(orchestrator, letter, kept).await,
        Order::Publication(publication) => publish(orchestrator, publication, kept).await,
        Order::Exclusion(exclusion) => exclude(orchestrator, exclusion, kept).await,
        Order::Model(model) => step(orchestrator, model, kept).await,
    };
    done.into()
}

/// The order as it is kept; what came of it is added.
fn kept(orchestrator: &Orchestrator, order: &Order, by: &By, id: &str) -> Override {
    Override {
        message_id: id.to_owned(),
        action: order.action().to_owned(),
        subject: order.subject(),
        stage: None,
        owner: by.owner.clone(),
        reason: by.reason.clone(),
        at: orchestrator.now(),
        outcome: String::new(),
    }
}

async fn refused(orchestrator: &Orchestrator, kept: Override, why: String) -> anyhow::Result<()> {
    tracing::warn!(action = kept.action, subject = kept.subject, why, "order refused");
    overrides::record(&orchestrator.pool, &Override { outcome: format!("refused: {why}"), ..kept }).await?;
    Ok(())
}

async fn settle(orchestrator: &Orchestrator, order: &LetterOrder, kept: Override) -> anyhow::Result<()> {
    let pool = &orchestrator.pool;
    if overrides::is_known(pool, &kept.message_id).await? {
        return Ok(());
    }
    let Some(letter) = dead_letters::find(pool, &order.message_id, &order.subscription).await? else {
        return refused(orchestrator, kept, "no such message is parked".to_owned()).await;
    };
    let (settled, outcome) = match order.action {
        LetterAction::Drop => ("dropped", "dropped".to_owned()),
        LetterAction::Replay => {
            let Some(topic) = Topic::of_subscription(&letter.subscription) else {
                let why = format!("{} belongs to no topic that is known", letter.subscription);
                return refused(orchestrator, kept, why).await;
            };
            if dead_letters::is_cut(&letter) {
                let why = "it is too long: only its beginning was kept; publish it by hand".to_owned();
                return refused(orchestrator, kept, why).await;
            }
            // Whoever takes it does so once, whatever happens between this and the next line.
            let key = letter_key(&letter.data);
            let sent = orchestrator.bus.publish_bytes(topic, letter.data.clone(), &key).await;
            let id = sent.context("publishing it again")?;
            ("replayed", format!("published again on {} as {id}", topic.as_str()))
        }
    };
    let order = Override { outcome, ..kept };
    let (_, left) = dead_letters::settle(pool, &letter, settled, &order).await?;
    if left == 0 {
        alerts::end(pool, &format!("dead-letter/{}", letter.subscription), orchestrator.now()).await?;
    }
    Ok(())
}

/// Messages of one slot stay together.
fn letter_key(data: &[u8]) -> String {
    let content: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    let slot = content.get("slot").and_then(serde_json::Value::as_str);
    slot.and_then(|slot| slot.parse::<Slot>().ok()).map(|slot| slot.to_string()).unwrap_or_default()
}

async fn publish(
    orchestrator: &Orchestrator,
    order: &PublicationOrder,
    kept: Override,
) -> anyhow::Result<()> {
    let pool = &orchestrator.pool;
    match order.action {
        PublicationAction::HoldPublication => publication_holds::hold(pool, order.version, &kept).await?,
        PublicationAction::ReleasePublication => {
            publication_holds::release(pool, order.version, &kept).await?
        }
    };
    Ok(())
}

async fn exclude(orchestrator: &Orchestrator, order: &ExclusionOrder, kept: Override) -> anyhow::Result<()> {
    let (pool, from) = (&orchestrator.pool, order.from);
    if order.until.is_some_and(|until| until <= from) {
        return refused(orchestrator, kept, "it would end before it begins".to_owned()).await;
    }
    match order.action {
        ExclusionAction::Exclude => {
            let outcome = match order.until {
                Some(until) => format!("left out from {from} until {until}"),
                None => format!("left out from {from} on"),
            };
            exclusions::exclude(pool, from, order.until, &Override { outcome, ..kept }).await?
        }
        ExclusionAction::Include => exclusions::include(pool, from, &kept).await?,
    };
    Ok(())
}

async fn step(orchestrator: &Orchestrator, order: &ModelOrder, kept: Override) -> anyhow::Result<()> {
    if overrides::is_known(&orchestrator.pool, &kept.message_id).await? {
        return Ok(());
    }
    let Some(lake) = orchestrator.lake.as_deref() else {
        return refused(orchestrator, kept, "the functions have no lake (QUARTERDAY_LAKE)".to_owned()).await;
    };
    let now = orchestrator.now();
    // The step carries the order's name, so that one that was taken before a crash is known again.
    let mut named = order.clone();
    named.by.reason = format!("{} [{}]", order.by.reason, kept.message_id);
    let taken = async {
        let standing = models::standing(lake, order.model).await?;
        let before = standing.history.iter().find(|step| step.why == named.by.reason);
        if let Some(from) = before.map(|step| step.from) {
            return Ok::<_, models::ModelsError>((from, standing));
        }
        let step = models::step_of(lake, &named, now).await?;
        let standing = models::take(lake, order.model, &step).await?;
        Ok((step.from, standing))
    };
    match taken.await {
        Ok((from, standing)) => {
            let champion = standing.champion.map_or_else(|| "what is built in".to_owned(), |v| v.to_string());
            let pinned = if standing.pinned { ", pinned" } else { "" };
            let outcome = format!("champion from {from} on: {champion}{pinned}");
            overrides::record(&orchestrator.pool, &Override { outcome, ..kept }).await?;
            Ok(())
        }
        Err(error) if error.passes() => Err(error).context("the registry of models"),
        Err(error) => refused(orchestrator, kept, error.to_string()).await,
    }
}
