//! Looking at the posts of the last slots again: edited, deleted, counted anew.

use futures::future::join_all;

use super::budget::LARGEST_PAGE;
use super::{AT_ONCE, FieldNames, X, wire};
use crate::http::Request;
use crate::source::{Stream, Task};
use crate::trouble::Trouble;

/// Hint of a request: which newer version belongs to which post, `new=first,…`.
pub(super) const VERSIONS: &str = "versions";

/// Ids that one call may ask for.
const IDS: usize = LARGEST_PAGE as usize;

/// What one call said.
struct Look {
    found: wire::Lookup,
    /// The parameter names that the server took.
    names: FieldNames,
    /// Holds the exchange.
    stream: Stream,
}

/// The first calls' ids: at most `at_once` calls, and no more ids than `affordable`.
fn affordable_chunks(
    ids: &[(String, String)],
    affordable: usize,
    at_once: usize,
) -> impl Iterator<Item = &[(String, String)]> {
    ids.chunks(IDS).take(at_once).scan(affordable, |left, chunk| {
        *left = left.checked_sub(chunk.len())?;
        Some(chunk)
    })
}

impl X {
    /// Asks again for the posts of earlier slots, newest first, while `left` posts may be read.
    pub(super) async fn revise(&self, task: &Task, left: Option<u64>) -> Stream {
        let mut stream = task.stream();
        let title = "posts of the last slots";
        let mut prior: Vec<_> = task.window.prior.iter().collect();
        prior.sort_by(|a, b| (b.1.created_at, b.0).cmp(&(a.1.created_at, a.0)));
        let mut asked: Vec<(String, String)> =
            prior.into_iter().map(|(id, _)| (id.clone(), id.clone())).collect();
        let (mut left, mut names, mut done) = (left.unwrap_or(u64::MAX), self.field_names, 0);
        // The first one alone tells which parameter names the server knows.
        let mut at_once = 1;
        // First the posts as they are known, then the newer versions that have turned up.
        while !asked.is_empty() {
            let (mut newer, mut rest) = (Vec::new(), asked.as_slice());
            while !rest.is_empty() {
                let affordable = usize::try_from(left).unwrap_or(usize::MAX);
                let chunks: Vec<_> = affordable_chunks(rest, affordable, at_once).collect();
                if chunks.is_empty() {
                    let cap = format!(
                        "{done} of {} posts of the last slots are looked at again, as many as x.max_posts, max_run_cents and max_day_cents allow: raise them, or lower limits.revision_hours",
                        task.window.prior.len()
                    );
                    return stream.fail(title, Trouble::exhausted(cap));
                }
                let looks = join_all(chunks.iter().map(|chunk| self.look(task, chunk, names))).await;
                let mut failed = None;
                for (chunk, look) in chunks.iter().zip(looks) {
                    match look {
                        Ok(look) => {
                            left -= look.found.posts.min(left);
                            done += chunk.len();
                            newer.extend(look.found.newer);
                            names = look.names;
                            stream.exchanges.extend(look.stream.exchanges);
                        }
                        Err(trouble) => failed = failed.or(Some(trouble)),
                    }
                }
                if let Some(trouble) = failed {
                    return stream.fail(title, trouble);
                }
                rest = &rest[chunks.iter().map(|chunk| chunk.len()).sum()..];
                at_once = AT_ONCE;
            }
            // A newer version is the newest: were it not, it would come again for ever.
            newer.retain(|(id, _)| !asked.iter().any(|(known, _)| known == id));
            newer.dedup();
            asked = newer;
        }
        stream
    }

    async fn look(
        &self,
        task: &Task,
        ids: &[(String, String)],
        mut names: FieldNames,
    ) -> Result<Look, Trouble> {
        let price = self.costs.post.saturating_mul(ids.len() as u64);
        let (mut stream, mut refusal) = (task.stream(), None);
        loop {
            let request = self.lookup_request(ids, names)?;
            task.quota.take(1, price).await?;
            match stream.get(task, &request, wire::lookup).await {
                Ok(found) => {
                    task.quota
                        .give_back(price.saturating_sub(self.costs.post.saturating_mul(found.posts)))
                        .await;
                    return Ok(Look { found, names, stream });
                }
                Err(trouble) => {
                    task.quota.give_back(price).await;
                    match refusal.take() {
                        Some(first) => return Err(first),
                        None if trouble.status == Some(400) => {
                            refusal = Some(trouble);
                            names = names.other();
                        }
                        None => return Err(trouble),
                    }
                }
            }
        }
    }

    fn lookup_request(&self, ids: &[(String, String)], names: FieldNames) -> Result<Request, Trouble> {
        let mut url = self.address(&["2", "tweets"]);
        let list: Vec<&str> = ids.iter().map(|(id, _)| id.as_str()).collect();
        url.query_pairs_mut().append_pair("ids", &list.join(","));
        names.ask(&mut url);
        let versions: Vec<String> =
            ids.iter().filter(|(id, first)| id != first).map(|(id, first)| format!("{id}={first}")).collect();
        Ok(self.signed("revisions", url)?.with_hint(VERSIONS, versions.join(",")))
    }
}
