//! Going from page to page: where the next one is, and when there is none, whatever is said.

use std::collections::BTreeSet;

use url::Url;

use crate::trouble::{Class, Trouble};

/// So many pages in a row without anything new are the end. One is not: pages may be empty and still have a next one, and
/// one that comes twice may be followed by another.
const BARREN: u32 = 4;

/// Cursors lapse: a list is read again from its start so many times.
pub(in crate::sources) const RESTARTS: u32 = 2;

/// Parameters of a link that are ours to add.
const SECRET: [&str; 2] = ["access_token", "appsecret_proof"];

/// The way through the pages of one edge.
#[derive(Debug, Default)]
pub(in crate::sources) struct Walk {
    seen: BTreeSet<String>,
    barren: u32,
}

impl Walk {
    /// Takes in the ids of a page; whether it is worth asking for another one.
    pub(in crate::sources) fn takes(&mut self, ids: &[String]) -> bool {
        let new = ids.iter().filter(|id| self.seen.insert((*id).clone())).count();
        self.barren = if new == 0 { self.barren + 1 } else { 0 };
        self.barren < BARREN
    }

    /// Different ids so far.
    pub(in crate::sources) fn len(&self) -> usize {
        self.seen.len()
    }
}

/// Whether a page was refused, as one is whose cursor has lapsed.
pub(in crate::sources) fn is_refused(trouble: &Trouble) -> bool {
    trouble.status == Some(400) && trouble.class == Class::Configuration
}

/// The address of the page to which the link `next` leads: `first`, with the link's parameters but those that are secret.
/// Its host and path are not taken over: the token goes to nobody but whom the settings name.
pub(in crate::sources) fn rebuilt(first: &Url, next: &str) -> Option<Url> {
    let next = Url::parse(next).ok()?;
    let theirs: Vec<(String, String)> = next
        .query_pairs()
        .into_owned()
        .filter(|(name, value)| !SECRET.contains(&name.as_str()) && !value.is_empty())
        .collect();
    let ours: Vec<(String, String)> = first
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| !theirs.iter().any(|(other, _)| other == name))
        .collect();
    let mut url = first.clone();
    url.query_pairs_mut().clear().extend_pairs(ours.iter().chain(&theirs));
    Some(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_built_anew_from_a_link() {
        let first =
            Url::parse("https://g/v26.0/page/posts?fields=id%2Cmessage&since=5&until=9&limit=100").unwrap();
        let next = "https://evil/v10.0/4/posts?access_token=[redacted]&pretty=0&fields=id%2Cmessage&until=7&since&__paging_token=p&__previous&appsecret_proof=x";
        assert_eq!(
            rebuilt(&first, next).unwrap().as_str(),
            "https://g/v26.0/page/posts?since=5&limit=100&pretty=0&fields=id%2Cmessage&until=7&__paging_token=p"
        );
        assert_eq!(rebuilt(&first, "nonsense"), None);
    }

    #[test]
    fn a_few_pages_without_anything_new_are_the_end() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<String>>();
        let mut walk = Walk::default();
        assert!(walk.takes(&ids(&["1", "2"])) && walk.takes(&[]) && walk.takes(&ids(&["1"])));
        assert!(walk.takes(&ids(&["2", "3"])));
        assert_eq!((1..=4).map(|_| walk.takes(&ids(&["3"]))).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(walk.len(), 3);
    }
}
