//! Search queries.

use domain::Asset;

use crate::sources::symbols::x_cashtag;

/// Longest query that recent search takes, in characters.
const LONGEST: usize = 512;

/// As few queries as possible that together name every asset's cashtag: `$AAPL OR $ABB OR …`.
pub(super) fn cashtags<'a>(assets: impl Iterator<Item = &'a Asset>) -> Vec<String> {
    let mut tags: Vec<String> = assets.filter_map(x_cashtag).collect();
    tags.sort();
    tags.dedup();
    let mut queries: Vec<String> = Vec::new();
    for tag in tags {
        match queries.last_mut() {
            Some(query) if query.len() + " OR $".len() + tag.len() <= LONGEST => {
                query.push_str(" OR $");
                query.push_str(&tag);
            }
            _ => queries.push(format!("${tag}")),
        }
    }
    queries
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::AssetList;

    use super::*;

    #[test]
    fn names_every_cashtag_once_within_the_limit() {
        let mut list =
            String::from("symbol,name,class\nBRK-A,B,equity\nBTC-USD,Bitcoin,crypto\nEUR-USD,Euro,fx\n");
        for n in 0..200 {
            list.push_str(&format!("S{n:03},n,equity\n"));
        }
        let assets = AssetList::from_csv(list.as_bytes()).unwrap();
        let queries = cashtags(assets.iter());
        assert!(queries.iter().all(|q| q.len() <= LONGEST));
        let tags: Vec<&str> = queries.iter().flat_map(|q| q.split(" OR ")).collect();
        assert_eq!((tags.len(), tags[0], tags[1]), (202, "$BRK.A", "$BTC"));
        assert_eq!(queries.len(), 4);
    }
}
