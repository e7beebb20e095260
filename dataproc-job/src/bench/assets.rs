//! Invented assets: symbols as exchanges give them, names as companies and coins have them.

use std::collections::HashSet;

use super::dice::Dice;

/// Codes of three letters that a dollar sign does not make a share.
const CURRENCIES: &str = include_str!("../resolve/words/currencies.txt");

const STARTS: [&str; 32] = [
    "Nor", "Vel", "Qua", "Bri", "Cor", "Dal", "Fen", "Gal", "Hal", "Ister", "Jun", "Kel", "Lum", "Mer",
    "Ner", "Ost", "Pel", "Rav", "Sol", "Tar", "Ul", "Var", "Wes", "Xen", "Yar", "Zel", "Ark", "Bel", "Cyr",
    "Dru", "Ebr", "Thal",
];
const MIDDLES: [&str; 16] =
    ["a", "e", "i", "o", "u", "ado", "eri", "ino", "ova", "um", "est", "and", "ish", "ora", "uli", "ent"];
const ENDS: [&str; 24] = [
    "va", "ris", "dyne", "tek", "mar", "lon", "wick", "field", "gen", "core", "mont", "dale", "rix", "phar",
    "lith", "quist", "ton", "via", "nex", "sil", "bor", "tha", "ling", "zen",
];
const TRADES: [&str; 16] = [
    "Systems",
    "Energy",
    "Therapeutics",
    "Foods",
    "Mining",
    "Logistics",
    "Software",
    "Semiconductor",
    "Airlines",
    "Bancorp",
    "Materials",
    "Networks",
    "Robotics",
    "Retail",
    "Water",
    "Motors",
];
const FORMS: [&str; 5] = ["Inc.", "Corp.", "plc", "Holdings", "Group"];

/// An invented asset.
#[derive(Debug, Clone)]
pub(super) struct Invented {
    /// What stands behind a dollar sign.
    pub(super) code: String,
    /// Its symbol in the list.
    pub(super) symbol: String,
    /// What people call it.
    pub(super) name: String,
    /// Its line in the list.
    line: String,
}

/// `count` different assets; one in sixteen is a coin.
pub(super) fn invent(count: usize, seed: u64) -> Vec<Invented> {
    let mut dice = Dice::new(seed, 0);
    let mut codes: HashSet<String> = CURRENCIES
        .lines()
        .filter(|l| !l.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(str::to_uppercase)
        .collect();
    let mut names = HashSet::new();
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let length = [3, 4, 4, 4, 4, 4, 4, 5, 5, 5][dice.below(10)];
        let code: String = (0..length).map(|_| char::from(b'A' + dice.below(26) as u8)).collect();
        let (start, middle, end) = (dice.of(&STARTS), dice.of(&MIDDLES), dice.of(&ENDS));
        let name = format!("{start}{middle}{end}");
        let trade = dice.of(&TRADES);
        let coin = all.len() % 16 == 15;
        let name = if coin { format!("{name}coin") } else { format!("{name} {trade}") };
        if codes.contains(&code) || !names.insert(name.clone()) {
            continue;
        }
        codes.insert(code.clone());
        let (symbol, line) = if coin {
            (format!("{code}-USD"), format!("{code}-USD,{name},crypto,,{code}"))
        } else {
            (code.clone(), format!("{code},{name} {},equity,US,{name}", dice.of(&FORMS)))
        };
        all.push(Invented { code, symbol, name, line });
    }
    all
}

/// The list of assets as the lake keeps it.
pub(super) fn list(all: &[Invented]) -> String {
    let mut text = "symbol,name,class,exchange,aliases\n".to_owned();
    for asset in all {
        text.push_str(&asset.line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_one_that_the_split_reads() {
        let all = invent(6_000, 1);
        let read = domain::AssetList::from_csv(list(&all).as_bytes()).unwrap();
        assert_eq!(read.len(), 6_000);
        assert!(all.iter().all(|asset| read.get(&asset.symbol).is_some()));
    }
}
