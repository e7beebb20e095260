//! What reading costs, and who gets how much of what may be spent. Money is in thousandths of a US cent.

use crate::settings::{Section, SettingsError};

/// Fewest posts that a page may be asked for.
pub(super) const SMALLEST_PAGE: u64 = 10;

/// Most posts of a page.
pub(super) const LARGEST_PAGE: u64 = 100;

/// Most posts that a run reads at X itself where the settings do not say.
const PAID_POSTS: u64 = 25_000;

/// Prices and caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Costs {
    /// A post that is read.
    pub(super) post: u64,
    /// A call for counts.
    pub(super) counts: u64,
    /// Most posts read in a run.
    pub(super) max_posts: Option<u64>,
    /// Most money in a run.
    pub(super) max_run: Option<u64>,
    /// Most money in a UTC day.
    pub(super) max_day: Option<u64>,
}

impl Costs {
    /// Reads them; `paid`: it is X itself that is asked, whose prices hold unless others are stated.
    ///
    /// # Errors
    /// A field has another type.
    pub(super) fn configure(section: &Section<'_>, paid: bool) -> Result<Self, SettingsError> {
        // So many cents for 1,000 are so many thousandths of a cent for one. X's list says half a cent for each.
        let listed = if paid { 500 } else { 0 };
        let cents = |field| Ok(section.get::<u64>(field)?.map(|cents| cents.saturating_mul(1_000)));
        Ok(Self {
            post: section.get("cents_per_1000_posts")?.unwrap_or(listed),
            counts: section.get("cents_per_1000_counts")?.unwrap_or(listed),
            max_posts: section.get("max_posts")?.or(paid.then_some(PAID_POSTS)),
            max_run: cents("max_run_cents")?,
            max_day: cents("max_day_cents")?,
        })
    }

    /// Posts that a run with so many calls for counts may read, where so many millicents are left of the day; `None`: as
    /// many as there are.
    pub(super) fn posts(&self, counts_calls: u64, left_today: Option<u64>) -> Option<u64> {
        let money = [self.max_run, self.max_day, left_today].into_iter().flatten().min();
        let bought = money.and_then(|money| {
            money.saturating_sub(counts_calls.saturating_mul(self.counts)).checked_div(self.post)
        });
        [self.max_posts, bought].into_iter().flatten().min()
    }
}

/// Shares `budget` posts among searches that have about so many: the smallest page for each as far as it goes, the rest in
/// proportion.
pub(super) fn shares(budget: u64, counts: &[Option<u64>]) -> Vec<u64> {
    let known: Vec<u64> = counts.iter().flatten().copied().collect();
    // A search whose count is not known is taken to be like the others.
    let usual = known.iter().sum::<u64>().checked_div(known.len() as u64).unwrap_or(1).max(1);
    let weights: Vec<u128> = counts.iter().map(|count| u128::from(count.unwrap_or(usual))).collect();
    let all: u128 = weights.iter().sum();
    let mut left = budget;
    let mut shares: Vec<u64> = counts
        .iter()
        .map(|_| {
            let share = if left >= SMALLEST_PAGE { SMALLEST_PAGE } else { 0 };
            left -= share;
            share
        })
        .collect();
    for (share, weight) in shares.iter_mut().zip(weights) {
        *share += (u128::from(left) * weight).checked_div(all).unwrap_or_default() as u64;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COSTS: Costs =
        Costs { post: 500, counts: 500, max_posts: Some(25_000), max_run: None, max_day: None };

    #[test]
    fn the_tightest_cap_counts() {
        assert_eq!(COSTS.posts(2, None), Some(25_000));
        // Ten dollars are 2,000 posts, of which two calls for counts take two.
        let capped = Costs { max_run: Some(1_000_000), ..COSTS };
        assert_eq!(capped.posts(2, None), Some(1_998));
        assert_eq!(capped.posts(2, Some(501_000)), Some(1_000));
        assert_eq!(Costs { max_day: Some(500), ..capped }.posts(2, None), Some(0));
        let free = Costs { post: 0, counts: 0, max_posts: None, ..capped };
        assert_eq!(free.posts(2, None), None, "what costs nothing is not bounded by money");
    }

    #[test]
    fn a_loud_search_does_not_take_it_all() {
        assert_eq!(shares(1_000, &[Some(9_000), Some(1_000), Some(0)]), [883, 107, 10]);
        assert_eq!(shares(100, &[Some(0), Some(0)]), [10, 10]);
        assert_eq!(shares(25, &[Some(5), Some(5), Some(5)]), [11, 11, 1]);
        assert_eq!(shares(120, &[Some(40), None]), [60, 60]);
        assert!(shares(10, &[]).is_empty());
    }

    proptest! {
        #[test]
        fn no_more_than_the_budget_is_shared_out(budget in any::<u64>(), counts in prop::collection::vec(prop::option::of(0u64..1 << 40), 0..20)) {
            let sum = shares(budget, &counts).into_iter().map(u128::from).sum::<u128>();
            prop_assert!(sum <= u128::from(budget));
        }
    }
}
