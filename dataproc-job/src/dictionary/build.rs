//! `dictionary build`: one dictionary from the public listings of a folder. Which files it takes and where they come from is
//! in `dictionary/README.md`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use flate2::read::GzDecoder;
use serde::Deserialize;

use super::Entry;

/// Names that people use and listings do not have, written by hand: symbol, aliases.
const NAMES: &str = include_str!("../../dictionary/names.csv");
/// Assets that the listings lack, written by hand.
const EXTRA: &str = include_str!("../../dictionary/extra.csv");
/// Well-known indices and commodities.
const GROUPS: &str = include_str!("../resolve/words/known.txt");
/// Currencies that stand before the dollar.
const BEFORE_DOLLAR: [&str; 8] = ["EUR", "GBP", "AUD", "NZD", "XAU", "XAG", "XPT", "XPD"];
/// Currencies whose pairs with each other are traded, in the order of convention.
const MAJORS: [&str; 8] = ["EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY"];

/// A line of either list of US exchanges.
#[derive(Deserialize)]
struct UsRow {
    #[serde(rename = "Symbol", alias = "ACT Symbol")]
    symbol: String,
    #[serde(rename = "Security Name")]
    name: String,
    #[serde(rename = "ETF")]
    fund: String,
    #[serde(rename = "Test Issue")]
    test: String,
}

#[derive(Deserialize)]
struct WorldRow {
    symbol: String,
    name: String,
    exchange: String,
    country: String,
    website: String,
}

#[derive(Deserialize)]
struct CoinRow {
    name: String,
    cryptocurrency: String,
    currency: String,
}

#[derive(Deserialize)]
struct CurrencyRow {
    #[serde(rename = "Currency")]
    name: String,
    #[serde(rename = "AlphabeticCode")]
    code: String,
    #[serde(rename = "MinorUnit")]
    minor: String,
    #[serde(rename = "WithdrawalDate")]
    withdrawn: String,
}

/// Builds the dictionary from the listings in `folder`, in order of symbols. The same files give the same bytes.
///
/// # Errors
/// The folder has none of the files, or one cannot be read; it is named.
pub fn build(folder: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut entries = BTreeMap::new();
    let mut files = 0;
    for (_, entry) in super::read(EXTRA.as_bytes()).context("extra.csv")? {
        put(&mut entries, &entry.symbol, &entry.name, &entry.class, &entry.exchange);
    }
    for name in ["nasdaq_listed.csv", "other_us_listed.csv"] {
        if let Some(rows) = rows::<UsRow>(folder, name)? {
            files += 1;
            let shares = rows.into_iter().filter(|r| r.fund != "Y" && r.test != "Y");
            shares.for_each(|r| add_us(&mut entries, &r.symbol, &r.name));
        }
    }
    if let Some(rows) = rows::<WorldRow>(folder, "world_equities.csv")? {
        files += 1;
        add_world(&mut entries, rows);
    }
    if let Some(rows) = rows::<CoinRow>(folder, "cryptocurrency_pairs.csv")? {
        files += 1;
        add_coins(&mut entries, rows);
    }
    if let Some(rows) = rows::<CurrencyRow>(folder, "iso_currencies.csv")? {
        files += 1;
        add_pairs(&mut entries, rows);
    }
    if files == 0 {
        bail!(
            "{}: no listing there: put nasdaq_listed.csv, other_us_listed.csv, world_equities.csv, \
             cryptocurrency_pairs.csv or iso_currencies.csv (or .csv.gz) into it",
            folder.display()
        );
    }
    add_groups(&mut entries);
    add_names(&mut entries)?;
    Ok(entries.into_values().collect())
}

/// Writes a dictionary as CSV.
///
/// # Errors
/// A field that CSV cannot hold.
pub fn to_csv(entries: &[Entry]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for entry in entries {
        writer.serialize(entry).with_context(|| format!("writing {}", entry.symbol))?;
    }
    writer.into_inner().context("writing the dictionary")
}

/// The rows of `name` or `name.gz`; `None` when there is no such file.
fn rows<T: for<'a> Deserialize<'a>>(folder: &Path, name: &str) -> anyhow::Result<Option<Vec<T>>> {
    let (plain, packed) = (folder.join(name), folder.join(format!("{name}.gz")));
    let path = if plain.is_file() { plain } else { packed };
    if !path.is_file() {
        return Ok(None);
    }
    let shown = path.display();
    let bytes = std::fs::read(&path).with_context(|| format!("reading {shown}"))?;
    let mut text = Vec::new();
    if path.extension().is_some_and(|e| e == "gz") {
        GzDecoder::new(&bytes[..]).read_to_end(&mut text).with_context(|| format!("unpacking {shown}"))?;
    } else {
        text = bytes;
    }
    let rows = csv::Reader::from_reader(&text[..]).into_deserialize().collect::<Result<_, _>>();
    rows.map(Some).with_context(|| format!("{shown} is not the listing that its name says"))
}

fn put(entries: &mut BTreeMap<String, Entry>, symbol: &str, name: &str, class: &str, exchange: &str) {
    let name = name.replace('"', "'").split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=32).contains(&symbol.len()) && symbol.bytes().all(|b| b.is_ascii_graphic());
    if fits && !name.is_empty() && !entries.contains_key(symbol) {
        let entry = Entry {
            symbol: symbol.to_owned(),
            name,
            class: class.to_owned(),
            exchange: exchange.to_owned(),
            aliases: String::new(),
        };
        entries.insert(symbol.to_owned(), entry);
    }
}

/// Common shares only: no warrants, rights, units, preferred shares or notes.
fn add_us(entries: &mut BTreeMap<String, Entry>, symbol: &str, security: &str) {
    const NOT: [&str; 14] = [
        "warrant",
        " right",
        " unit",
        "preferred",
        "preference",
        "% ",
        "notes due",
        "debenture",
        " etn",
        "when issued",
        "subordinated",
        "depositary share, each",
        "trust preferred",
        "depositary shares, each",
    ];
    let lower = format!("{} ", security.to_lowercase());
    if symbol.contains(['$', '=', '+', '^']) || NOT.iter().any(|n| lower.contains(n)) {
        return;
    }
    put(entries, &symbol.replace(['.', '/'], "-"), company(security), "equity", "US");
}

/// The name before what kind of share it is.
fn company(security: &str) -> &str {
    const KINDS: [&str; 22] = [
        " - ",
        " Common Stock",
        " Class A ",
        " Class B ",
        " Class C ",
        " Ordinary Share",
        " American Depositary",
        " Common Share",
        " Depositary ",
        " Common Units",
        " Series ",
        " Beneficial ",
        " Capital Stock",
        " Shares of ",
        " Subordinate ",
        " Registered ",
        " New York ",
        " ADS",
        " ADR",
        " Sponsored",
        " (The)",
        " Units",
    ];
    let cut = KINDS.iter().filter_map(|k| security.find(k)).filter(|at| *at > 0).min();
    let name = security[..cut.unwrap_or(security.len())].trim().trim_end_matches(',');
    name.strip_suffix(" New").unwrap_or(name)
}

/// Shares at home: those of the country that has most of an exchange's companies, as far as they have a website (the others
/// are mostly shells and funds).
fn add_world(entries: &mut BTreeMap<String, Entry>, rows: Vec<WorldRow>) {
    let mut countries: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in &rows {
        *countries.entry(row.exchange.clone()).or_default().entry(row.country.clone()).or_default() += 1;
    }
    let home: BTreeMap<String, String> = countries
        .into_iter()
        .filter_map(|(exchange, count)| Some((exchange, count.into_iter().max_by_key(|(_, n)| *n)?.0)))
        .collect();
    for row in rows {
        let ending = row.symbol.rsplit_once('.');
        if home.get(&row.exchange) == Some(&row.country) && !row.website.is_empty() && ending.is_some() {
            put(entries, &row.symbol, &row.name, "equity", &row.exchange);
        }
    }
}

fn add_coins(entries: &mut BTreeMap<String, Entry>, rows: Vec<CoinRow>) {
    for row in rows {
        // Some codes carry a number that tells namesakes apart: DOT1.
        let code = row.cryptocurrency.trim_end_matches(|c: char| c.is_ascii_digit());
        let telling = row.name.contains(|c: char| c.is_ascii_digit()) || code.len() < 2;
        let code = if telling { &row.cryptocurrency } else { code };
        if code.bytes().any(|b| b.is_ascii_lowercase()) {
            continue;
        }
        let name = row.name.trim_end_matches(&row.currency).trim();
        put(entries, &format!("{code}-USD"), name, "crypto", "");
    }
}

fn add_pairs(entries: &mut BTreeMap<String, Entry>, rows: Vec<CurrencyRow>) {
    let metal = |code: &str| matches!(code, "XAU" | "XAG" | "XPT" | "XPD");
    // Units of account and testing codes have no minor unit.
    let current = rows.into_iter().filter(|r| r.withdrawn.is_empty() && r.code.len() == 3);
    let names: BTreeMap<String, String> = current
        .filter(|r| r.minor.parse::<u8>().is_ok() || metal(&r.code))
        .map(|r| (r.code, r.name.replace('\u{a0}', " ")))
        .collect();
    let mut add = |base: &str, quote: &str| {
        if let (Some(one), Some(other)) = (names.get(base), names.get(quote)) {
            put(entries, &format!("{base}-{quote}"), &format!("{one} / {other}"), "fx", "");
        }
    };
    for code in names.keys().filter(|code| *code != "USD") {
        if BEFORE_DOLLAR.contains(&code.as_str()) {
            add(code, "USD")
        } else {
            add("USD", code)
        }
        if code != "EUR" && !metal(code) {
            add("EUR", code);
        }
    }
    for (i, base) in MAJORS.iter().enumerate() {
        MAJORS[i + 1..].iter().for_each(|quote| add(base, quote));
    }
}

fn add_groups(entries: &mut BTreeMap<String, Entry>) {
    for line in GROUPS.lines().filter(|l| !l.starts_with('#')) {
        let Some((symbols, names)) = line.split_once('|') else { continue };
        let (Some(symbol), Some(name)) = (symbols.split_whitespace().next(), names.split('|').next()) else {
            continue;
        };
        put(entries, symbol, name.trim(), "index", "");
    }
}

fn add_names(entries: &mut BTreeMap<String, Entry>) -> anyhow::Result<()> {
    for (line, row) in (2..).zip(csv::Reader::from_reader(NAMES.as_bytes()).into_deserialize()) {
        let (symbol, aliases): (String, String) = row.with_context(|| format!("names.csv, line {line}"))?;
        if let Some(entry) = entries.get_mut(&symbol) {
            entry.aliases = aliases;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn takes_companies_out_of_securities() {
        for (security, name) in [
            ("Agilent Technologies, Inc. Common Stock", "Agilent Technologies, Inc."),
            ("Candel Therapeutics, Inc. - Common Stock", "Candel Therapeutics, Inc."),
            ("Berkshire Hathaway Inc. New Common Stock", "Berkshire Hathaway Inc."),
            ("Toyota Motor Corporation American Depositary Shares", "Toyota Motor Corporation"),
            ("Biglari Holdings Inc. Class B Common Stock", "Biglari Holdings Inc."),
        ] {
            assert_eq!(company(security), name);
        }
    }

    #[test]
    fn builds_from_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(build(folder.path()).unwrap_err().to_string().contains("nasdaq_listed.csv"));
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "other_us_listed.csv",
            "ACT Symbol,Security Name,ETF,Test Issue\nBRK.B,Berkshire Hathaway Inc. Class B Common Stock,N,N\n\
             X.W,X Warrants,N,N\nSPY,SPDR,Y,N\n",
        );
        write(
            "world_equities.csv",
            "symbol,name,exchange,country,website\nVOD.L,Vodafone Group Plc,LSE,United Kingdom,http://v\n\
             TSCO.L,Tesco PLC,LSE,United Kingdom,\n0R2V.L,Apple Inc.,LSE,United States,http://a\nBP.L,BP,LSE,United Kingdom,http://b\n",
        );
        write("cryptocurrency_pairs.csv", "name,cryptocurrency,currency\nKusama CAD,KSM1,CAD\n");
        write(
            "iso_currencies.csv",
            "Currency,AlphabeticCode,MinorUnit,WithdrawalDate\nEuro,EUR,2,\nUS Dollar,USD,2,\nMark,DEM,,2002-03\n",
        );
        let entries = build(folder.path()).unwrap();
        let symbols: Vec<&str> = entries
            .iter()
            .filter(|e| e.class != "index" && !EXTRA.contains(&format!("\n{},", e.symbol)))
            .map(|e| e.symbol.as_str())
            .collect();
        assert_eq!(symbols, ["BP.L", "BRK-B", "EUR-USD", "KSM-USD", "VOD.L"]);
        assert!(entries.iter().any(|e| e.symbol == "^GSPC"));
        let bytes = to_csv(&entries).unwrap();
        assert_eq!(super::super::read(&bytes).unwrap().len(), entries.len());
    }
}
