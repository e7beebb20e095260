//! Symbols as people and vendors write them, in one spelling: upper case, a dot between the parts.

use rustc_hash::FxHashMap;

/// Letters of the longest symbol that is looked up.
const LONGEST: usize = 24;

/// A symbol in that spelling, without a heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Code {
    /// The spelling of `text`; `None` when it is no symbol.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self { bytes: [0; LONGEST], length: 0 }.and(text)
    }

    /// With `more` at its end.
    pub(crate) fn and(mut self, more: &str) -> Option<Self> {
        for byte in more.bytes() {
            let byte = match byte {
                b'-' | b'/' | b'_' | b' ' => b'.',
                other if other.is_ascii_graphic() => other.to_ascii_uppercase(),
                _ => return None,
            };
            *self.bytes.get_mut(self.length)? = byte;
            self.length += 1;
        }
        Some(self)
    }

    /// All of it as numbers: no spelling holds a zero byte, with which shorter ones end.
    fn key(&self) -> [u64; LONGEST / 8] {
        let (eights, _) = self.bytes.as_chunks::<8>();
        std::array::from_fn(|n| eights.get(n).copied().map_or(0, u64::from_le_bytes))
    }
}

/// How a code belongs to an asset, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Its symbol, or the symbol in another spelling.
    Exact,
    /// Another code of the same asset: the coin without its currency, the index at another vendor.
    Other,
    /// Its symbol before it was renamed.
    Former,
    /// Its symbol without the ending of the exchange.
    Bare,
}

/// Whom a code names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    /// The asset, by number.
    pub(crate) owner: u32,
    /// How.
    pub(crate) rank: Rank,
    /// Whether it is a coin.
    pub(crate) coin: bool,
    /// The last day on which it does, counted from 1970.
    pub(crate) until: i32,
}

/// All codes. The bytes themselves are the key: no second place in memory has to be looked at.
#[derive(Default)]
pub(crate) struct Codes(FxHashMap<[u64; LONGEST / 8], Vec<Named>>);

impl Codes {
    /// Adds a way of naming; the first for an owner stays.
    pub(crate) fn add(&mut self, code: &str, named: Named) {
        let Some(code) = Code::of(code) else { return };
        let all = self.0.entry(code.key()).or_default();
        if !all.iter().any(|other| other.owner == named.owner) {
            all.push(named);
            all.sort_by_key(|n| (n.rank, n.owner));
        }
    }

    /// Who is meant on `day`. Where a share and a coin have the same code, `coins` decides.
    pub(crate) fn get(&self, code: &Code, day: Option<i32>, coins: impl FnOnce() -> bool) -> Option<Named> {
        let all = self.0.get(&code.key())?;
        let mut valid = all.iter().filter(|n| day.is_none_or(|day| day <= n.until));
        let first = valid.next()?;
        if !first.coin
            && let Some(coin) = valid.find(|n| n.coin && n.rank <= Rank::Other)
            && coins()
        {
            return Some(*coin);
        }
        Some(*first)
    }

    /// Whether some asset has this code as its own.
    pub(crate) fn is_own(&self, code: &str) -> bool {
        let own = |all: &Vec<Named>| all.iter().any(|n| n.rank <= Rank::Other);
        Code::of(code).and_then(|code| self.0.get(&code.key())).is_some_and(own)
    }
}
