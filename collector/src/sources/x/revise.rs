//! Looking at the posts of the last slots again: edited, deleted, counted anew.

use super::budget::LARGEST_PAGE;
use super::{FieldNames, X, wire};
use crate::http::Request;
use crate::source::{Stream, Task};
use crate::trouble::Trouble;

/// Hint of a request: which newer version belongs to which post, `new=first,…`.
pub(super) const VERSIONS: &str = "versions";

/// Ids that one call may ask for.
const IDS: usize = LARGEST_PAGE as usize;

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
        // First the posts as they are known, then the newer versions that have turned up.
        while !asked.is_empty() {
            let mut newer = Vec::new();
            for chunk in asked.chunks(IDS) {
                if left < chunk.len() as u64 {
                    let cap = format!(
                        "{done} of {} posts of the last slots are looked at again, as many as x.max_posts, max_run_cents and max_day_cents allow: raise them, or lower limits.revision_hours",
                        task.window.prior.len()
                    );
                    return stream.fail(title, Trouble::exhausted(cap));
                }
                match self.look(task, &mut stream, chunk, &mut names).await {
                    Ok(found) => {
                        left -= found.posts.min(left);
                        done += chunk.len();
                        newer.extend(found.newer);
                    }
                    Err(trouble) => return stream.fail(title, trouble),
                }
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
        stream: &mut Stream,
        ids: &[(String, String)],
        names: &mut FieldNames,
    ) -> Result<wire::Lookup, Trouble> {
        let price = self.costs.post.saturating_mul(ids.len() as u64);
        let mut refusal = None;
        loop {
            let request = self.lookup_request(ids, *names)?;
            task.quota.take(1, price).await?;
            match stream.get(task, &request, wire::lookup).await {
                Ok(found) => {
                    task.quota
                        .give_back(price.saturating_sub(self.costs.post.saturating_mul(found.posts)))
                        .await;
                    return Ok(found);
                }
                Err(trouble) => {
                    task.quota.give_back(price).await;
                    match refusal.take() {
                        Some(first) => return Err(first),
                        None if trouble.status == Some(400) => {
                            refusal = Some(trouble);
                            *names = names.other();
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
