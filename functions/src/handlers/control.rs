//! `control`: what people ask for. Runs are repeated, a stage is done again or skipped, a run is ended; dead letters,
//! publications, assets and models are for [`crate::orders`]. Kept for good: who, why, and what came of it.

use cloud::push::{self, PushMessage};
use domain::message::Action;
use domain::order::Order;

use super::Answer;
use crate::orchestrator::Orchestrator;
use crate::orders;

/// Does what is asked, once.
pub(super) async fn handle(orchestrator: &Orchestrator, message: &PushMessage) -> Answer {
    let data = match push::data(message) {
        Ok(data) => data,
        Err(error) => return Answer::Refused(error.to_string()),
    };
    let order = match Order::parse(&data) {
        Ok(order) => order,
        Err(reason) => return Answer::Refused(reason),
    };
    let Order::Control(control) = order else { return orders::take(orchestrator, &order, message).await };
    let id = name(&control.request, message);
    let future = orchestrator.patience.refuse_future && control.slot.close_at() > orchestrator.now();
    if control.action == Action::Repeat && future {
        return Answer::Refused(format!("slot {} has not closed: name one that has", control.slot));
    }
    match control.event() {
        Ok(event) => orchestrator.take_control(&control, &event, id).await.into(),
        Err(reason) => Answer::Refused(reason.to_owned()),
    }
}

/// What an order goes by: the name that it brings, else the message's.
pub(crate) fn name<'a>(request: &'a str, message: &'a PushMessage) -> &'a str {
    if request.is_empty() { &message.message_id } else { request }
}
