//! Coordinated posting: many small accounts say nearly the same within minutes.
//!
//! The rule: at least [`POSTS`] posts with the same or nearly the same words, of at least [`FEWEST_WORDS`] words each,
//! within [`WINDOW`], by at least [`ACCOUNTS`] accounts with fewer than [`SMALL`] followers (or an unknown number). All of
//! them are marked, the first one too, and those that follow within the window of the last. Declared reposts do not
//! count, nor do articles, which are syndicated; an account with an audience is what is being copied, and is not marked.

use super::recent::Recent;

/// Posts in a burst.
pub(super) const POSTS: usize = 5;
/// Different accounts in a burst.
const ACCOUNTS: usize = 3;
/// Words that a text needs: "buy $AAPL now" is said by many without a plan.
const FEWEST_WORDS: u16 = 6;
/// Followers from which an account has an audience.
const SMALL: i64 = 100;
/// Within what time, in microseconds: 20 minutes.
const WINDOW: i64 = 20 * 60 * 1_000_000;
/// Groups that are followed at once, in each generation.
const GROUPS: usize = 14_000;

/// One post of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// When it was written.
    pub(super) at: i64,
    /// The number of its account; posts of unknown accounts share one.
    pub(super) account: u32,
    /// Its number.
    pub(super) row: u32,
}

/// The last posts of a group.
#[derive(Debug, Clone)]
struct Group {
    last: [Member; POSTS],
    len: usize,
    /// Until when what joins is part of the burst.
    until: i64,
}

/// All groups that have more than one post.
pub(super) struct Bursts(Recent<u32, Group>);

/// Whether a post can be part of a burst.
pub(super) fn may_join(words: u16, followers: Option<i64>) -> bool {
    words >= FEWEST_WORDS && followers.is_none_or(|followers| followers < SMALL)
}

impl Bursts {
    pub(super) fn new() -> Self {
        Self(Recent::new(GROUPS))
    }

    /// A post joins the group whose first document is `root`; `first` is that document where it may be part of a burst.
    /// Calls `mark` with the number of each post that belongs to a burst, perhaps more than once.
    pub(super) fn join(
        &mut self,
        root: u32,
        first: impl FnOnce() -> Option<Member>,
        member: Member,
        mut mark: impl FnMut(u32),
    ) {
        if self.0.get(root).is_none() {
            let mut group = Group { last: [member; POSTS], len: 0, until: i64::MIN };
            if let Some(first) = first() {
                group.push(first);
            }
            self.0.insert(root, group, drop);
        }
        let Some(group) = self.0.get(root) else { return };
        group.push(member);
        if group.is_burst() {
            group.until = member.at + WINDOW;
            group.last[..group.len].iter().for_each(|member| mark(member.row));
        } else if member.at <= group.until {
            group.until = member.at + WINDOW;
            mark(member.row);
        }
    }
}

impl Group {
    fn push(&mut self, member: Member) {
        if self.len == POSTS {
            self.last.rotate_left(1);
            self.len -= 1;
        }
        self.last[self.len] = member;
        self.len += 1;
    }

    fn is_burst(&self) -> bool {
        let members = &self.last[..self.len];
        let accounts = || {
            let first = |i: usize| members[..i].iter().all(|m| m.account != members[i].account);
            (0..members.len()).filter(|i| first(*i)).count()
        };
        self.len == POSTS && members[POSTS - 1].at - members[0].at <= WINDOW && accounts() >= ACCOUNTS
    }
}
