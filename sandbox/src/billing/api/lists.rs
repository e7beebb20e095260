//! Lists: newest first, a page at a time.

use std::cmp::Reverse;

use serde_json::Value;

use super::super::form::Params;
use super::super::refusal::Refusal;
use super::super::render;
use super::{Answer, Call};

/// Bounds of `created`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Created {
    from: Option<i64>,
    after: Option<i64>,
    until: Option<i64>,
    before: Option<i64>,
}

impl Created {
    /// Takes `created` or `created[gte]` and the like.
    pub(super) fn take(params: &mut Params) -> Result<Self, Refusal> {
        if let Some(at) = params.int("created")? {
            return Ok(Self { from: Some(at), until: Some(at), ..Self::default() });
        }
        let Some(mut bounds) = params.child("created") else { return Ok(Self::default()) };
        let found = Self {
            from: bounds.int("gte")?,
            after: bounds.int("gt")?,
            until: bounds.int("lte")?,
            before: bounds.int("lt")?,
        };
        bounds.finish()?;
        Ok(found)
    }

    /// Whether an instant lies within.
    pub(super) fn holds(&self, at: i64) -> bool {
        self.from.is_none_or(|bound| at >= bound)
            && self.after.is_none_or(|bound| at > bound)
            && self.until.is_none_or(|bound| at <= bound)
            && self.before.is_none_or(|bound| at < bound)
    }
}

/// The page of a list that is asked for, of all its ids with the instant of their making.
pub(super) fn page(
    call: &mut Call<'_>,
    url: &str,
    mut all: Vec<(i64, String)>,
    show: impl Fn(&super::super::book::Book, &str) -> Value,
) -> Answer {
    let limit = call.params.int("limit")?.unwrap_or(10);
    let Some(limit) = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit)) else {
        return Err(Refusal::parameter("limit", "limit must be between 1 and 100."));
    };
    let (after, before) = (call.params.text("starting_after")?, call.params.text("ending_before")?);
    all.sort_by(|a, b| Reverse(a).cmp(&Reverse(b)));
    let place = |param: &str, id: &str| {
        let found = all.iter().position(|(_, other)| other == id);
        found.ok_or_else(|| Refusal::missing_at(param, "object", id))
    };
    let (start, end, has_more) = match (after, before) {
        (Some(_), Some(_)) => {
            let message = "You can only specify one of these parameters: starting_after, ending_before.";
            return Err(Refusal::parameter("starting_after", message));
        }
        (Some(after), None) => {
            let start = place("starting_after", &after)? + 1;
            let end = (start + limit).min(all.len());
            (start, end, end < all.len())
        }
        (None, Some(before)) => {
            let end = place("ending_before", &before)?;
            let start = end.saturating_sub(limit);
            (start, end, start > 0)
        }
        (None, None) => (0, limit.min(all.len()), limit < all.len()),
    };
    let data = all.get(start..end).unwrap_or_default();
    let data = data.iter().map(|(_, id)| show(call.book, id)).collect();
    Ok(render::list(url, data, has_more))
}

/// `GET /v1/events`.
pub(super) fn events(call: &mut Call<'_>) -> Answer {
    let kind = call.params.text("type")?;
    let kinds = call.params.texts("types");
    let created = Created::take(&mut call.params)?;
    let delivered = call.params.flag("delivery_success")?;
    let fits = |name: &str| {
        let one = kind.as_deref().is_none_or(|kind| match kind.strip_suffix(".*") {
            Some(start) => name.starts_with(start) && name[start.len()..].starts_with('.'),
            None => name == kind,
        });
        one && (kinds.is_empty() || kinds.iter().any(|kind| kind == name))
    };
    let was_delivered = |id: &str| call.book.deliveries.get(id).is_none_or(|one| one.delivered_at.is_some());
    // Events are listed in the order in which they happened: their clocks may differ.
    let all = call
        .book
        .events
        .values()
        .filter(|one| fits(&one.kind) && created.holds(one.created))
        .filter(|one| delivered.is_none_or(|wanted| was_delivered(&one.id) == wanted))
        .map(|one| (0, one.id.clone()))
        .collect();
    page(call, "/v1/events", all, |book, id| {
        book.events.get(id).map_or(Value::Null, |found| render::event(book, found))
    })
}
