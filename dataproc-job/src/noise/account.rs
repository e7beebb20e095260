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
const ACCOUNTS: usize = 65_536;

/// The number of an account that is not known.
pub(super) const NOBODY: u32 = u32::MAX;

/// What is remembered of one account.
#[derive(Debug, Clone)]
struct Account {
    number: u32,
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
    next: u32,
    bots: BTreeSet<u32>,
}

impl Accounts {
    pub(super) fn new() -> Self {
        Self { recent: Recent::new(ACCOUNTS), next: 0, bots: BTreeSet::new() }
    }

    /// The number of the account with this hash.
    pub(super) fn number(&mut self, hash: u64) -> u32 {
        if let Some(account) = self.recent.get(hash) {
            return account.number;
        }
        let number = self.next;
        self.next += 1;
        let account = Account {
            number,
            posts: 0,
            copies: 0,
            last_root: u32::MAX,
            followers: None,
            first_at: 0,
            last_at: 0,
            squares: 0.0,
        };
        let forgotten = self.recent.insert(hash, account);
        self.bots.extend(forgotten.into_iter().flatten().filter(|(_, a)| a.is_bot()).map(|(_, a)| a.number));
        number
    }

    /// An account wrote a post of the kind of `root`, perhaps (`is_copy`) one that repeats a post of its own.
    pub(super) fn wrote(&mut self, hash: u64, at: i64, followers: Option<i64>, root: u32, is_copy: bool) {
        let Some(account) = self.recent.get(hash) else { return };
        if account.posts == 0 {
            account.first_at = at;
        } else {
            account.squares += seconds(at - account.last_at).powi(2);
        }
        account.copies += u32::from(is_copy || (account.posts > 0 && root == account.last_root));
        account.posts += 1;
        account.last_at = at;
        account.last_root = root;
        account.followers = account.followers.max(followers);
    }

    /// The numbers of all bots.
    pub(super) fn into_bots(self) -> BTreeSet<u32> {
        let Self { recent, mut bots, .. } = self;
        bots.extend(recent.into_values().filter(Account::is_bot).map(|account| account.number));
        bots
    }
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
