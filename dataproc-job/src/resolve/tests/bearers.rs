//! What only bears a name, and what says it in a new way.

use super::found;

#[test]
fn what_bears_a_name_is_not_the_company() {
    for text in [
        // A likeness.
        "the Netflix of India",
        "the McDonald's of dentistry raises money",
        // A person.
        "Mr McDonald's will was contested",
        "Senator McDonald's office did not respond",
        "Matthias Boeing, teacher, retires",
        // A fund.
        "SH ProShares Short S&P 500 Fund Filings",
        "we compared the Vanguard S&P 500 UCITS with cash",
        "GraniteShares 2x Long NVDA Daily ETF pays",
        // Another company that ends so.
        "Portland General Electric raises its dividend",
        // An address.
        "Netflix link in bio",
        "whatsapp or facebook message me",
        // A place, a contest, a list.
        "they met at Boeing Creek in June",
        "Home, Depot and garage",
        "everybody is looking for that V dip",
        // What is left of a name in another script.
        "from 200 to 500 in a day",
    ] {
        let found = found(text);
        assert!(found.is_empty(), "{text:?}: {found:?}");
    }
}

#[test]
fn what_looks_like_them_still_counts() {
    for (text, wanted) in [
        ("Netflix grows in the rest of India", "NFLX name"),
        ("the Netflix offer of last week", "NFLX name"),
        ("McDonald's wins in court", "MCD name"),
        ("PayPal and Netflix Find Another ETF Home", "NFLX name"),
        ("S&P 500 funds see inflows", "^GSPC name"),
        ("General Electric raises its dividend", "GE name"),
        ("T V KO: all up, calls paid", "V ticker"),
    ] {
        let found = found(text);
        assert!(found.contains(&wanted.to_owned()), "{text:?}: {found:?}");
    }
}

#[test]
fn changes_and_rates_are_evidence() {
    for (text, wanted) in [
        ("Top of the day: CAT +9%, others flat", "CAT ticker"),
        ("CAT +9%", "CAT ticker"),
        ("CAT -1.5%", "CAT ticker"),
        ("Top gainers: ON +22%, LOW +9%, SO +8%", "LOW ticker"),
        ("The euro rose 0.3% to $1.1655.", "EUR-USD pair"),
        ("Sterling fell to $1.3010 after the budget leak", "GBP-USD pair"),
        ("Der Euro steigt über 1,17 Dollar", "EUR-USD pair"),
        ("Shell writes down its biofuels plant", "SHEL name"),
    ] {
        let found = found(text);
        assert!(found.contains(&wanted.to_owned()), "{text:?}: {found:?}");
    }
    for text in
        ["CAT 9%", "the euro rose to power", "a euro for a pound of apples", "sterling fell by 1.30 points"]
    {
        let found = found(text);
        assert!(found.is_empty(), "{text:?}: {found:?}");
    }
}

#[test]
fn names_in_katakana_end_where_the_word_does() {
    for (text, wanted) in [
        ("アップル、過去最高益", "AAPL alias"),
        ("マイクロソフトとアップルの株価", "MSFT alias"),
        ("ビットコインが10万ドル割れ", "BTC-USD alias"),
    ] {
        let found = found(text);
        assert!(found.contains(&wanted.to_owned()), "{text:?}: {found:?}");
    }
    for text in ["アップルパイの作り方", "ビットコインキャッシュが急騰", "焼きアップルパイ"]
    {
        let found = found(text);
        assert!(found.is_empty(), "{text:?}: {found:?}");
    }
}
