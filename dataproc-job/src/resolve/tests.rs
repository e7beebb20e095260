#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

mod bearers;

static LIST: LazyLock<AssetList> =
    LazyLock::new(|| AssetList::from_csv(include_bytes!("../../tests/fixtures/assets.csv")).unwrap());
static RESOLVER: LazyLock<Resolver> = LazyLock::new(|| Resolver::new(&LIST));

/// `SYMBOL evidence` of each mention.
fn found(text: &str) -> Vec<String> {
    RESOLVER.resolve(text).iter().map(|m| format!("{} {}", m.symbol, m.evidence.as_str())).collect()
}

#[test]
fn says_by_what_evidence() {
    for (text, wanted) in [
        ("$AAPL", "AAPL cashtag"),
        ("$brk.b", "BRK-B cashtag"),
        ("$BRK/B", "BRK-B cashtag"),
        ("$BRKB", "BRK-B cashtag"),
        ("$BTC.X", "BTC-USD cashtag"),
        ("$BTC-USD", "BTC-USD cashtag"),
        ("$BTCUSD", "BTC-USD cashtag"),
        ("$EUR/USD", "EUR-USD cashtag"),
        ("$GSPC", "^GSPC cashtag"),
        ("$SPX", "^GSPC cashtag"),
        ("$SAN.MC", "SAN.MC cashtag"),
        ("EUR-USD", "EUR-USD pair"),
        ("EUR / USD", "EUR-USD pair"),
        ("eurusd", "EUR-USD pair"),
        ("BTC_USD", "BTC-USD pair"),
        ("Apple Inc.", "AAPL name"),
        ("Apple, Inc", "AAPL name"),
        ("Bank of America", "BAC name"),
        ("Johnson and Johnson", "JNJ name"),
        ("HomeDepot", "HD name"),
        ("#BankOfAmerica", "BAC name"),
        ("McDonald’s", "MCD name"),
        ("Tesla's", "TSLA name"),
        ("S&amp;P 500", "^GSPC name"),
        ("Coke", "KO alias"),
        ("United Health", ""),
        ("#NVDA", "NVDA ticker"),
        ("(NYSE: F)", "F ticker"),
        ("Ford Motor Co. (F)", "F name"),
        ("buy NVDA calls", "NVDA ticker"),
    ] {
        let found = found(text);
        if wanted.is_empty() {
            assert!(found.is_empty(), "{text}: {found:?}");
        } else {
            assert!(found.contains(&wanted.to_owned()), "{text}: {found:?}");
        }
    }
}

#[test]
fn names_of_london() {
    let list = "symbol,name,class,exchange,aliases\nIII.L,3i Group plc,equity,LSE,\nSTAN.L,Standard Chartered PLC,equity,LSE,\n\
        GLEN.L,Glencore plc,equity,LSE,\nHSBA.L,HSBC Holdings plc,equity,LSE,\nBP.L,BP p.l.c.,equity,LSE,\n";
    let resolver = Resolver::new(&AssetList::from_csv(list.as_bytes()).unwrap());
    for (text, wanted) in [
        ("3i Group tops the index after a strong year", vec!["III.L"]),
        ("Standard Chartered Shifts Focus to Hong Kong", vec!["STAN.L"]),
        ("Standard Chartered, HSBC Escape New Rules for Banks", vec!["HSBA.L", "STAN.L"]),
        ("Every Office Needs a Standard Chartered Surveyor", vec![]),
        ("StanChart names a new head of Asia", vec!["STAN.L"]),
        ("Can Glencore's Mountain of Debt Shrink?", vec!["GLEN.L"]),
        ("Glencore Mountain reopens to hikers", vec![]),
        ("Visits to the Glencore Museum of Mining", vec![]),
        ("A BP oil spill off the coast", vec!["BP.L"]),
        ("high BP again, the cuff says", vec![]),
    ] {
        let found: Vec<_> = resolver.resolve(text).iter().map(|m| m.symbol.to_string()).collect();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn leaves_alone() {
    for text in [
        "",
        " ",
        "$",
        "$$",
        "$5",
        "$5M",
        "$ AAPL",
        "US$AAPL",
        "A$AAPL",
        "$T.TO",
        "$ES_F",
        "$USD",
        "$AAPL2",
        "$AAPL_x",
        "$c",
        "@AAPL",
        "@Apple",
        "https://apple.com/Tesla",
        "www.tesla.com",
        "t.co/Tesla",
        "me@tesla.com",
        "price target",
        "Price Target",
        "visa application",
        "gap up",
        "Gap Down",
        "a gap",
        "meta",
        "the ford",
        "block",
        "apple pie",
        "Apple Pie",
        "Amazon rainforest",
        "snap",
        "shell script",
        "total",
        "Total loss",
        "zoom in",
        "southern",
        "Southern Europe",
        "A",
        "IT",
        "ON",
        "on",
        "all",
        "DD",
        "YOLO",
        "CEO",
        "EUR",
        "USD",
        "BA",
        "GE lamp",
        "Harrison Ford",
        "Tom Ford",
        "Nikola Tesla",
        "bitcoin cash",
        "Ethereum Classic",
        "Roy Disney",
        "best buy",
        "general electric fields",
        "home depot",
        "3M people",
        "over 3M shares",
    ] {
        let found = found(text);
        assert!(found.is_empty(), "{text:?}: {found:?}");
    }
}

#[test]
fn many_cashtags_weaken_each() {
    let few = RESOLVER.resolve("$AAPL $TSLA")[0].confidence;
    let many = "$AAPL $TSLA $NFLX $MSFT $GE $F $T $C $BAC $JPM $XOM $WMT $KO $AA $BB $CC $DD $EE $FF $GG";
    let many = RESOLVER.resolve(many)[0].confidence;
    assert_eq!(few, 0.99);
    assert!((many - 0.5).abs() < 0.01, "{many}");
}

#[test]
fn a_cashtag_that_was_cut_is_less_sure() {
    assert_eq!(RESOLVER.resolve("RT list: $AAPL $D…")[1].confidence, 0.7);
    assert_eq!(RESOLVER.resolve("$D… and then a long text that goes on and on and on")[0].confidence, 0.99);
}

#[test]
fn a_symbol_decides_between_shares_of_one_company() {
    assert_eq!(found("Berkshire Hathaway buys"), ["BRK-A name", "BRK-B name"]);
    assert_eq!(found("Berkshire Hathaway buys $BRK.B"), ["BRK-B cashtag"]);
}

#[test]
fn spans_point_into_the_original() {
    let text = "Ünï ＄ＡＡＰＬ &amp; Johnson &amp; Johnson’s 🚀";
    let spans: Vec<&str> = RESOLVER
        .resolve(text)
        .iter()
        .map(|m| {
            let (start, end) = m.span.unwrap();
            &text[start..end]
        })
        .collect();
    assert_eq!(spans, ["＄ＡＡＰＬ", "Johnson &amp; Johnson’s"]);
}

#[test]
fn knows_the_spellings_of_vendors() {
    for (spelling, symbol) in [
        ("AAPL", "AAPL"),
        ("BRK.B", "BRK-B"),
        ("BRK/A", "BRK-A"),
        ("BTC.X", "BTC-USD"),
        ("BTC/USD", "BTC-USD"),
        ("CRYPTO:BTC", "BTC-USD"),
        ("NASDAQ:AAPL", "AAPL"),
        ("EURUSD=X", "EUR-USD"),
        ("^GSPC", "^GSPC"),
        ("aapl", "AAPL"),
    ] {
        assert_eq!(RESOLVER.vendor(spelling).map(|s| s.as_str()), Some(symbol), "{spelling}");
    }
    assert_eq!(RESOLVER.vendor("ZZZZ"), None);
    assert_eq!(RESOLVER.vendor(""), None);
}

#[test]
fn long_texts_do_not_hang() {
    for unit in [
        "Apple ",
        "$AAPL",
        "$",
        "a\u{301}",
        "J.P.",
        "Bank of ",
        "https://",
        "@",
        "&amp;",
        "Johnson & ",
        "'",
        "…",
        "a.b/",
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let start = Instant::now();
        RESOLVER.resolve(&text);
        // Generous: a debug build on a busy machine.
        assert!(start.elapsed() < Duration::from_secs(60), "{unit:?} took {:?}", start.elapsed());
    }
}

/// Pieces that make the rules meet.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "$AAPL",
        "$brk.b",
        "$T.TO",
        "Apple",
        "Apple's",
        "Target",
        "Gap",
        "stock",
        "earnings",
        "Bank",
        "of",
        "America",
        "&",
        "Johnson",
        "EUR",
        "/",
        "USD",
        "BTC",
        "#",
        "(",
        ")",
        "NYSE",
        ":",
        "F",
        "\n",
        " ",
        "…",
        "é",
        "＄",
        "Inc.",
        "3M",
        "%",
        "https://t.co/x",
        "@x",
        "🚀",
        "苹果",
        "\u{200d}",
        "'s",
        "RT",
        ".",
        "ﷺ",
        "\u{301}",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let mentions = RESOLVER.resolve(text);
    prop_assert!(mentions.windows(2).all(|pair| pair[0].symbol < pair[1].symbol));
    for mention in &mentions {
        prop_assert!(mention.confidence > 0.0 && mention.confidence <= 1.0);
        let (start, end) = mention.span.unwrap();
        prop_assert!(start < end && text.get(start..end).is_some(), "{start}..{end} of {text:?}");
    }
    prop_assert_eq!(RESOLVER.resolve(text), mentions);
    Ok(())
}

/// `find` with buffers that other texts have used.
fn check_find(texts: &[String]) -> Result<(), TestCaseError> {
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    for text in texts {
        RESOLVER.find(text, None, &mut scratch, &mut out);
        let wanted = RESOLVER.resolve(text);
        prop_assert_eq!(out.len(), wanted.len());
        for (found, mention) in out.iter().zip(wanted) {
            prop_assert_eq!(RESOLVER.symbol(found.owner), &mention.symbol);
            prop_assert_eq!(found.evidence, mention.evidence);
            prop_assert!((f64::from(found.confidence) - mention.confidence).abs() < 0.006);
            prop_assert_eq!(Some((found.start as usize, found.end as usize)), mention.span);
        }
    }
    Ok(())
}

#[test]
fn symbols_change_with_the_day() {
    let list = AssetList::from_csv(
        b"symbol,name,class,exchange,aliases\nMETA,Meta Platforms Inc.,equity,US,\nVOD.L,Vodafone Group Plc,equity,LSE,\n",
    )
    .unwrap();
    let resolver = Resolver::new(&list);
    let on = |text: &str, day: &str| {
        let at: DateTime<Utc> = format!("{day}T12:00:00Z").parse().unwrap();
        let mentions = resolver.resolve_at(text, Some(at));
        mentions.iter().map(|m| format!("{} {}", m.symbol, m.confidence)).collect::<Vec<_>>()
    };
    assert_eq!(on("$FB", "2021-03-01"), ["META 0.9"]);
    assert_eq!(on("$FB", "2022-08-01"), ["META 0.9"]);
    assert!(on("$FB", "2024-03-01").is_empty());
    assert_eq!(on("$META", "2024-03-01"), ["META 0.99"]);
    assert_eq!(on("Facebook shares", "2024-03-01"), ["META 0.9"]);
    assert_eq!(on("$VOD", "2024-03-01"), ["VOD.L 0.85"]);
    assert_eq!(on("$VOD.L", "2024-03-01"), ["VOD.L 0.99"]);
}

#[test]
fn exchanges_say_which_share_is_meant() {
    let list = AssetList::from_csv(
        b"symbol,name,class,exchange,aliases\nAAPL,Apple Inc.,equity,US,\nGE,General Electric Company,equity,US,\n\
          IT,\"Gartner, Inc.\",equity,US,\nVOD.L,Vodafone Group Plc,equity,LSE,\n7203.T,Toyota Motor Corporation,equity,JPX,\n\
          0700.HK,Tencent Holdings Limited,equity,HKG,\nSAP.DE,SAP SE,equity,GER,\nBRK-B,Berkshire Hathaway Inc.,equity,US,\n",
    )
    .unwrap();
    let resolver = Resolver::new(&list);
    for (text, wanted) in [
        ("NASDAQ:AAPL", "AAPL"),
        ("(NYSE: GE)", "GE"),
        ("GE (NYSE)", "GE"),
        ("AAPL.US", "AAPL"),
        ("(AAPL.O)", "AAPL"),
        ("AAPL US Equity", "AAPL"),
        ("VOD LN Equity", "VOD.L"),
        ("LSE:VOD", "VOD.L"),
        ("VOD.L", "VOD.L"),
        ("7203.T", "7203.T"),
        ("TYO:7203", "7203.T"),
        ("HKG:700", "0700.HK"),
        ("0700.HK", "0700.HK"),
        ("ETR:SAP", "SAP.DE"),
        ("NYSE:BRK.B", "BRK-B"),
        ("BRK.B", "BRK-B"),
        ("LSE:AAPL", ""),
        ("NYSE:VOD", ""),
        ("AAPL LN Equity", ""),
        ("Nasdaq: IT giants fall", ""),
    ] {
        let mentions = resolver.resolve(text);
        let found: Vec<&str> = mentions.iter().map(|m| m.symbol.as_str()).collect();
        assert_eq!(found.join(" "), wanted, "{text}");
    }
}

#[test]
fn names_in_scripts_without_spaces() {
    let list = AssetList::from_csv(
        "symbol,name,class,exchange,aliases\n7203.T,Toyota,equity,JPX,トヨタ自動車\n".as_bytes(),
    )
    .unwrap();
    let resolver = Resolver::new(&list);
    let text = "本日、トヨタ自動車が上昇";
    let (start, end) = resolver.resolve(text)[0].span.unwrap();
    assert_eq!(&text[start..end], "トヨタ自動車");
}

#[test]
fn tricks_with_characters() {
    assert_eq!(found("$AA\u{200b}PL"), ["AAPL cashtag"]);
    assert_eq!(found("\u{202e}$AAPL\u{202c}"), ["AAPL cashtag"]);
    // A Cyrillic A.
    assert!(found("$\u{410}APL").is_empty());
}

proptest! {
    #[test]
    fn buffers_leave_no_trace(texts in prop::collection::vec(pieces(), 1..6)) {
        check_find(&texts)?;
    }

    #[test]
    fn any_unicode_will_do(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_mixture_will_do(text in pieces()) {
        check(&text)?;
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(seed in any::<u64>(), text in pieces()) {
        let mut lines: Vec<&str> = include_str!("../../tests/fixtures/assets.csv").lines().collect();
        let header = lines.remove(0);
        let turn = usize::try_from(seed % lines.len() as u64).unwrap();
        lines.rotate_left(turn);
        let list = AssetList::from_csv(format!("{header}\n{}\n", lines.join("\n")).as_bytes()).unwrap();
        // Building is slow, so one case in eight does it.
        if seed % 8 == 0 {
            prop_assert_eq!(Resolver::new(&list).resolve(&text), RESOLVER.resolve(&text));
        }
    }
}
