//! `/v1/test_helpers/test_clocks`: clocks that are moved on by hand. The clock `clock_sandbox` is the sandbox's own: it runs with the
//! real one and can be moved ahead.

use serde_json::Value;

use super::super::book::{Book, SANDBOX_CLOCK};
use super::super::engine::cycle;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::TestClock;
use super::lists::page;
use super::{Answer, Call, customers, deleted};

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    match (method, &segments[2..]) {
        ("POST", []) => create(call),
        ("GET", []) => {
            let all = call.book.clocks.values().filter(|one| !one.deleted);
            let all = all.map(|one| (one.created, one.id.clone())).collect();
            page(call, "/v1/test_helpers/test_clocks", all, |book, id| render::clock(book, id, None))
        }
        ("GET", [id]) => shown(call.book, id),
        ("DELETE", [id]) => delete(call, id),
        ("POST", [id, "advance"]) => advance(call, id),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

fn shown(book: &Book, id: &str) -> Answer {
    let found = render::clock(book, id, None);
    let there = !found.is_null() && found["deleted"] != Value::Bool(true);
    if there { Ok(found) } else { Err(Refusal::missing("test clock", id)) }
}

fn create(call: &mut Call<'_>) -> Answer {
    let now = call.book.now;
    let frozen_time =
        call.params.instant("frozen_time", now)?.ok_or_else(|| Refusal::required("frozen_time"))?;
    let id = call.book.id("clock");
    let row = TestClock {
        id: id.clone(),
        name: call.params.text("name")?,
        frozen_time,
        created: now,
        deleted: false,
    };
    call.book.clocks.put(&id, row);
    if let Some(customer) = call.params.text("customer")? {
        let found = call.book.customer_mut(&customer);
        let found = found.map_err(|_| Refusal::missing_at("customer", "customer", &customer))?;
        if found.test_clock.is_some() {
            return Err(Refusal::parameter("customer", "This customer is attached to another test clock."));
        }
        found.test_clock = Some(id.clone());
    }
    tell(call.book, "created", &id);
    shown(call.book, &id)
}

fn tell(book: &mut Book, what: &str, id: &str) {
    let object = render::clock(book, id, None);
    book.tell(&format!("test_helpers.test_clock.{what}"), object, None);
}

fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    shown(call.book, id)?;
    let Some(found) = call.book.clocks.get_mut(id) else {
        return Err(Refusal::parameter("id", "The sandbox's own clock cannot be deleted."));
    };
    found.deleted = true;
    let theirs = |one: &&super::super::row::Customer| one.test_clock.as_deref() == Some(id) && !one.deleted;
    let customers: Vec<String> =
        call.book.customers.values().filter(theirs).map(|one| one.id.clone()).collect();
    for customer in customers {
        call.book.enter(Some(&customer), call.real);
        customers::remove(call.book, &customer)?;
    }
    tell(call.book, "deleted", id);
    Ok(deleted("test_helpers.test_clock", id))
}

fn advance(call: &mut Call<'_>, id: &str) -> Answer {
    shown(call.book, id)?;
    let to = call.params.instant("frozen_time", call.book.now)?;
    let to = to.ok_or_else(|| Refusal::required("frozen_time"))?;
    let own = (id != SANDBOX_CLOCK).then_some(id);
    let shows = call.book.clock_shows(own, call.real);
    if to <= shows && own.is_some() || to < shows {
        let message = format!("The frozen_time must be after what the clock shows ({shows}).");
        return Err(Refusal::parameter("frozen_time", message));
    }
    cycle::advance(call.book, own, to)?;
    match own.and_then(|id| call.book.clocks.get_mut(id)) {
        Some(clock) => clock.frozen_time = to,
        None => call.book.header.ahead = to - call.real,
    }
    tell(call.book, "ready", id);
    shown(call.book, id)
}
