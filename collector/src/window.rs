//! What belongs to a slot, what has already been seen, and what is looked at again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use domain::Post;
use domain::lake::digest;
use serde::{Deserialize, Serialize};

/// The span of event times that one slot of one source takes, with what it must leave out. Everything a record's
/// admission depends on is here, so that raw exchanges and their window make the same records at any later time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First instant: the slot's open, or earlier by the lag when late arrivals are taken in.
    pub from: DateTime<Utc>,
    /// First instant after it: the slot's close.
    pub to: DateTime<Utc>,
    /// The instant from which the slot is seen; a record from well after it cannot be true.
    pub as_of: DateTime<Utc>,
    /// Ids taken or seen by earlier slots that may turn up again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub known: BTreeSet<String>,
    /// Whether documents without a readable date, and older ones that no earlier slot saw, are taken; only where the slot
    /// follows all slots collected so far, since nothing else says to which slot they belong.
    pub undated: bool,
    /// Posts of the last slots by id, as they were last seen. What comes again and differs is a revision.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prior: BTreeMap<String, Prior>,
    /// Since when `prior` holds every post that was collected; an older one that it lacks may have been left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_from: Option<DateTime<Utc>>,
}

/// A post of an earlier slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prior {
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Where it stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What it was like, see [`mark`].
    pub mark: String,
}

impl Prior {
    /// What is remembered of a post.
    pub fn of(post: &Post) -> Self {
        Self { created_at: post.created_at, channel: post.channel.clone(), mark: mark(post) }
    }
}

/// Changes when anything about a post does that may change: its text, its edit, its counts.
pub fn mark(post: &Post) -> String {
    let counts = [post.likes, post.replies, post.reposts, post.quotes, post.views, post.score];
    let edited = post.edited_at.map(|at| at.timestamp_micros());
    // An author who has left takes the name along.
    let author = post.author_id.as_deref().or(post.author_name.as_deref()).is_some();
    digest(format!("{counts:?}\n{edited:?}\n{}\n{author}\n{}", post.deleted, post.text).as_bytes())
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to the slot.
    Accept,
    /// It belongs to another slot.
    Ignore,
    /// It cannot be true.
    Reject(&'static str),
}

impl Window {
    /// A window of exactly this span that knows of nothing else.
    pub fn plain(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self {
            from,
            to,
            as_of: to,
            known: BTreeSet::new(),
            undated: true,
            prior: BTreeMap::new(),
            prior_from: None,
        }
    }

    /// Since when a source reads again what it has read before: the start of the window where nothing is to be read again.
    pub fn again_from(&self) -> DateTime<Utc> {
        self.prior_from.unwrap_or(self.from).min(self.from)
    }

    /// What becomes of the record `id` of the instant `at`. An instant later than `tolerance` after the as-of instant is
    /// refused.
    pub fn judge(&self, id: &str, at: DateTime<Utc>, tolerance: Duration) -> Verdict {
        if at > self.as_of + tolerance {
            Verdict::Reject("its instant lies in the future")
        } else if at >= self.to || self.known.contains(id) {
            Verdict::Ignore
        } else if at >= self.from || self.prior_from.is_some_and(|from| at >= from) {
            // Older than the window, yet nobody has seen it: it came late.
            Verdict::Accept
        } else {
            Verdict::Ignore
        }
    }

    /// What becomes of the record `id` that has no readable date.
    pub fn judge_undated(&self, id: &str) -> Verdict {
        if self.undated && !self.known.contains(id) { Verdict::Accept } else { Verdict::Ignore }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn judges_by_half_open_window_and_known_ids() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let mut window = Window {
            known: ["seen".to_owned()].into(),
            ..Window::plain(at("2026-11-20T23:30:00Z"), at("2026-11-21T06:00:00Z"))
        };
        let tolerance = Duration::minutes(10);
        for (id, instant, verdict) in [
            ("a", "2026-11-20T23:30:00Z", Verdict::Accept),
            ("a", "2026-11-20T23:29:59Z", Verdict::Ignore),
            ("seen", "2026-11-20T23:45:00Z", Verdict::Ignore),
            ("a", "2026-11-21T05:59:59Z", Verdict::Accept),
            ("a", "2026-11-21T06:00:00Z", Verdict::Ignore),
            ("a", "2026-11-21T06:10:01Z", Verdict::Reject("its instant lies in the future")),
        ] {
            assert_eq!(window.judge(id, at(instant), tolerance), verdict, "{id} {instant}");
        }
        assert_eq!(window.judge_undated("a"), Verdict::Accept);
        assert_eq!(window.judge_undated("seen"), Verdict::Ignore);
        window.prior_from = Some(at("2026-11-20T00:00:00Z"));
        assert_eq!(window.judge("late", at("2026-11-20T00:00:00Z"), tolerance), Verdict::Accept);
        assert_eq!(window.judge("late", at("2026-11-19T23:59:59Z"), tolerance), Verdict::Ignore);
    }

    #[test]
    fn a_mark_changes_with_text_edit_counts_and_deletion() {
        let post = Post { text: "a".to_owned(), likes: Some(1), ..Post::default() };
        let changed = [
            Post { text: "b".to_owned(), ..post.clone() },
            Post { likes: None, ..post.clone() },
            Post { deleted: true, ..post.clone() },
            Post { edited_at: Some(DateTime::UNIX_EPOCH), ..post.clone() },
        ];
        assert!(changed.iter().all(|other| mark(other) != mark(&post)));
        assert_eq!(mark(&Post { revision: true, ..post.clone() }), mark(&post));
    }
}
