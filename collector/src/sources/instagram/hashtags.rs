//! Which hashtags may be asked for: 30 different ones within seven days (sources.md, section 3.4).
//!
//! The quota's notes remember since when each hashtag counts (`hashtag NAME`) and what its id is, which never changes
//! (`hashtag-id NAME ID`). They are written before a hashtag is asked for, so that what a lost machine asked stays counted.
//! Where one is to be added, the account is asked as well: another program may have used it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use super::{Instagram, wire};
use crate::source::Task;
use crate::trouble::Trouble;

/// So many different hashtags may be asked for within [`PERIOD`].
pub(super) const MOST_HASHTAGS: usize = 30;

const PERIOD: Duration = Duration::days(7);

/// A hashtag of the settings.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) tag: String,
    /// Its id, where it is known.
    pub(super) id: Option<String>,
    /// Why it may not be asked for now.
    pub(super) refusal: Option<Trouble>,
}

impl Instagram {
    /// The hashtags, each with whether it may be asked for; those that may are counted from now on.
    pub(super) async fn admitted(&self, task: &Task) -> Result<Vec<Admitted>, Trouble> {
        if self.hashtags.is_empty() {
            return Ok(Vec::new());
        }
        let (notes, now) = (task.quota.notes().await?, task.quota.now());
        let counted = counted(&notes, now);
        let mut elsewhere = BTreeSet::new();
        if self.hashtags.iter().any(|tag| !counted.contains(tag)) {
            match self.recently_searched(task).await {
                Ok(names) => elsewhere = names,
                Err(trouble) => {
                    tracing::warn!(reason = %trouble.message, "which hashtags the account asked for lately is not known")
                }
            }
        }
        let admitted = admit(&self.hashtags, &notes, &counted, &elsewhere);
        let fresh: Vec<&Admitted> = admitted
            .iter()
            .filter(|admitted| admitted.refusal.is_none() && !counted.contains(&admitted.tag))
            .collect();
        if !fresh.is_empty() {
            task.quota
                .note(|notes| {
                    // One that lapsed counts anew.
                    notes.extend(fresh.iter().map(|admitted| (format!("hashtag {}", admitted.tag), now)));
                })
                .await?;
        }
        Ok(admitted)
    }

    /// The hashtag's id: remembered, or asked for. The exchange is not kept, since another attempt would not make it.
    pub(super) async fn hashtag_id(&self, task: &Task, admitted: &Admitted) -> Result<String, Trouble> {
        if let Some(id) = &admitted.id {
            return Ok(id.clone());
        }
        let mut request = self.graph.request("search", &["ig_hashtag_search"]);
        request.url.query_pairs_mut().append_pair("user_id", &self.user_id).append_pair("q", &admitted.tag);
        let id = self.graph.get(task, None, &request, wire::hashtag_id).await?;
        let (key, now) = (format!("hashtag-id {} {id}", admitted.tag), task.quota.now());
        task.quota
            .note(|notes| {
                notes.insert(key.clone(), now);
            })
            .await?;
        Ok(id)
    }

    async fn recently_searched(&self, task: &Task) -> Result<BTreeSet<String>, Trouble> {
        let mut request = self.graph.request("searched", &[&self.user_id, "recently_searched_hashtags"]);
        request.url.query_pairs_mut().append_pair("fields", "id,name").append_pair("limit", "30");
        self.graph.get(task, None, &request, wire::hashtag_names).await
    }
}

/// The hashtags that count at `now`.
fn counted(notes: &BTreeMap<String, DateTime<Utc>>, now: DateTime<Utc>) -> BTreeSet<String> {
    let recent = notes.iter().filter(|(_, since)| **since > now - PERIOD);
    recent.filter_map(|(key, _)| key.strip_prefix("hashtag ")).map(str::to_owned).collect()
}

/// Which of `tags` may be asked for. `counted` are those that this deployment counts, `elsewhere` those that Instagram does.
fn admit(
    tags: &[String],
    notes: &BTreeMap<String, DateTime<Utc>>,
    counted: &BTreeSet<String>,
    elsewhere: &BTreeSet<String>,
) -> Vec<Admitted> {
    let mut all: BTreeSet<&String> = counted.union(elsewhere).collect();
    let mut admitted = Vec::new();
    for tag in tags {
        let is_free = all.contains(tag);
        let refusal = (!is_free && all.len() >= MOST_HASHTAGS).then(|| {
            Trouble::exhausted(format!(
                "{} hashtags were asked for within 7 days and Instagram allows no more: wait until the oldest is a week old, and keep the list as it is",
                all.len()
            ))
        });
        if refusal.is_none() {
            all.insert(tag);
        }
        let prefix = format!("hashtag-id {tag} ");
        let id = notes.keys().find_map(|key| key.strip_prefix(&prefix)).map(str::to_owned);
        admitted.push(Admitted { tag: tag.clone(), id, refusal });
    }
    admitted
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn tags(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|n| format!("tag{n:02}")).collect()
    }

    #[test]
    fn a_hashtag_counts_for_seven_days() {
        let notes = BTreeMap::from([
            ("hashtag old".to_owned(), at("2026-11-14T00:00:00Z")),
            ("hashtag new".to_owned(), at("2026-11-14T00:00:01Z")),
            ("hashtag-id other 7".to_owned(), at("2026-11-20T00:00:00Z")),
        ]);
        assert_eq!(counted(&notes, at("2026-11-21T00:00:00Z")), BTreeSet::from(["new".to_owned()]));
    }

    #[test]
    fn never_more_than_thirty_different_ones() {
        let counted: BTreeSet<String> = tags(0..28).into_iter().collect();
        let elsewhere: BTreeSet<String> = tags(27..29).into_iter().collect();
        let notes = BTreeMap::from([("hashtag-id tag05 17".to_owned(), at("2026-11-20T00:00:00Z"))]);
        let admitted = admit(&tags(5..33), &notes, &counted, &elsewhere);
        let refused: Vec<&str> =
            admitted.iter().filter(|a| a.refusal.is_some()).map(|a| a.tag.as_str()).collect();
        // 29 count already: one more may be asked for.
        assert_eq!(refused, ["tag30", "tag31", "tag32"]);
        assert_eq!(admitted[0].id.as_deref(), Some("17"));
        assert_eq!(admitted[1].id, None);
    }
}
