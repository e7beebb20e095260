//! Bots by behaviour: one account, many documents about one asset in one slot.
//!
//! The rule, for posts that are no declared reposts: an account is a bot
//! - when it wrote at least [`MANY`] and at least half of them are the same or nearly the same as others of its own; or
//! - when it wrote at least [`MANY`], has fewer than [`AUDIENCE`] followers (or an unknown number), and the time between
//!   them is nearly always the same (coefficient of variation at most [`EVEN`]; people are near 1).
//!
//! A news agency writes many different headlines, unevenly, and to many followers: it is none.

use std::collections::BTreeSet;

use super::recent::Recent;

/// Posts about one asset in one slot that are many.
pub(super) const MANY: u32 = 10;
/// Largest coefficient of variation of the time between posts that a timer has.
const EVEN: f64 = 0.1;
/// Followers from which evenness is taken for a newsroom's schedule.
const AUDIENCE: i64 = 1_000;
/// Accounts that are followed at once, in each generation.
const ACCOUNTS: usize = 57_000;

/// The number of an account that is not known.
pub(super) const NOBODY: u32 = u32::MAX;

/// The number of the account with this hash. Of 100,000 accounts one pair has the same one by chance.
pub(super) fn number(hash: u64) -> u32 {
    ((hash >> 32) as u32).min(NOBODY - 1)
}

/// What is remembered of one account.
#[derive(Debug, Clone)]
struct Account {
    posts: u32,
    /// Posts that repeat another one of its own.
    copies: u32,
    /// The first document of the kind that it wrote last.
    last_root: u32,
    followers: Option<i64>,
    first_at: i64,
    last_at: i64,
    /// Sum of the squares of the times between its posts, in square seconds.
    squares: f64,
}

impl Account {
    fn is_bot(&self) -> bool {
        self.posts >= MANY && (self.copies * 2 >= self.posts || self.is_even())
    }

    fn is_even(&self) -> bool {
        let gaps = f64::from(self.posts - 1);
        let mean = seconds(self.last_at - self.first_at) / gaps;
        // All at one instant is how some sources date what they do not date.
        if mean <= 0.0 || self.followers.is_some_and(|followers| followers >= AUDIENCE) {
            return false;
        }
        let variance = (self.squares / gaps - mean * mean).max(0.0);
        variance.sqrt() <= EVEN * mean
    }
}

/// All accounts.
pub(super) struct Accounts {
    recent: Recent<u64, Account>,
    bots: BTreeSet<u32>,
}

impl Accounts {
    pub(super) fn new() -> Self {
        Self { recent: Recent::new(ACCOUNTS), bots: BTreeSet::new() }
    }

    /// An account wrote a post of the kind of `root`, perhaps (`is_copy`) one that repeats a post of its own.
    pub(super) fn wrote(&mut self, hash: u64, at: i64, followers: Option<i64>, root: u32, is_copy: bool) {
        if let Some(account) = self.recent.get(hash) {
            account.squares += seconds(at - account.last_at).powi(2);
            account.copies += u32::from(is_copy || root == account.last_root);
            account.posts += 1;
            account.last_at = at;
            account.last_root = root;
            account.followers = account.followers.max(followers);
            return;
        }
        let account = Account {
            posts: 1,
            copies: 0,
            last_root: root,
            followers,
            first_at: at,
            last_at: at,
            squares: 0.0,
        };
        let bots = &mut self.bots;
        self.recent.insert(hash, account, |forgotten| judge(bots, forgotten));
    }

    /// The numbers of all bots.
    pub(super) fn into_bots(self) -> BTreeSet<u32> {
        let mut bots = self.bots;
        self.recent.into_entries().for_each(|entry| judge(&mut bots, entry));
        bots
    }
}

fn judge(bots: &mut BTreeSet<u32>, (hash, account): (u64, Account)) {
    if account.is_bot() {
        bots.insert(number(hash));
    }
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
