use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_united_states_keep_their_holidays() {
    let us = Market::UnitedStates;
    let closed = [
        "2015-01-01",
        "2015-01-19",
        "2015-02-16",
        "2015-04-03",
        "2015-05-25",
        "2015-07-03",
        "2015-09-07",
        "2015-11-26",
        "2015-12-25",
        "2012-10-29",
        "2017-01-02",
        "2021-12-24",
        "2022-06-20",
        "2023-06-19",
        "2024-03-29",
        "2026-07-03",
        "2018-12-05",
    ];
    for text in closed {
        assert_eq!(us.session(day(text)), Session::Closed, "{text}");
    }
    // New Year 2022 was a Saturday and not observed; Juneteenth began in 2022; Columbus and Veterans Day are trading days.
    for text in ["2021-12-31", "2021-06-18", "2020-06-19", "2015-10-12", "2015-11-11", "2015-12-31"] {
        assert_eq!(us.session(day(text)), Session::Full, "{text}");
    }
    for text in ["2015-11-27", "2015-12-24", "2014-07-03", "2013-07-03", "2023-07-03"] {
        assert_eq!(us.session(day(text)), Session::Half, "{text}");
    }
    assert_eq!(
        us.days_after(day("2015-11-24"), 3),
        [day("2015-11-25"), day("2015-11-27"), day("2015-11-30")]
    );
}

#[test]
fn every_year_has_nine_or_ten_holidays() {
    for year in 1998..2100 {
        let days = fixed(year, 1, 1).unwrap().iter_days().take_while(|d| d.year() == year);
        let closed = days.filter(|d| !is_weekend(*d) && united_states::is_holiday(*d)).count();
        let most = if year >= 2022 { 10 } else { 9 };
        // One fewer where New Year is a Saturday.
        assert!(closed == most || closed == most - 1, "{year}: {closed}");
    }
}

#[test]
fn easter_is_where_the_church_says() {
    for (year, text) in [
        (2000, "2000-04-23"),
        (2008, "2008-03-23"),
        (2011, "2011-04-24"),
        (2024, "2024-03-31"),
        (2038, "2038-04-25"),
    ] {
        assert_eq!(rules::easter(year), Some(day(text)));
    }
}

#[test]
fn other_markets_have_theirs() {
    for text in
        ["2015-05-04", "2015-08-31", "2015-12-28", "2021-12-27", "2021-12-28", "2022-12-27", "2015-04-06"]
    {
        assert_eq!(Market::London.session(day(text)), Session::Closed, "{text}");
    }
    assert!(Market::London.is_open(day("2015-07-03")));
    assert!(!Market::Euronext.is_open(day("2015-05-01")) && Market::Euronext.is_open(day("2015-12-31")));
    assert!(!Market::Xetra.is_open(day("2015-12-31")));
    for text in ["2015-05-18", "2015-07-01", "2015-08-03", "2015-10-12", "2015-12-28"] {
        assert!(!Market::Toronto.is_open(day(text)), "{text}");
    }
    assert!(Market::EveryDay.is_open(day("2015-12-25")));
    assert!(!Market::Currencies { sundays: false }.is_open(day("2015-11-08")));
    assert!(Market::Currencies { sundays: true }.is_open(day("2015-11-08")));
}

#[test]
fn the_days_have_the_last_word() {
    let span = |open: &dyn Fn(&NaiveDate) -> bool| -> Vec<NaiveDate> {
        day("2014-01-01").iter_days().take(500).filter(open).collect()
    };
    let us = span(&|d| Market::UnitedStates.is_open(*d));
    assert_eq!(Market::of("AAPL", &us), Market::UnitedStates);
    assert_eq!(Market::of("BRK.B", &us), Market::UnitedStates);
    assert_eq!(Market::of("AAPL", &span(&|d| !is_weekend(*d))), Market::Weekdays);
    assert_eq!(Market::of("BTC-USD", &span(&|_| true)), Market::EveryDay);
    let sundays = span(&|d| d.weekday() != Weekday::Sat);
    assert_eq!(Market::of("EUR-USD", &sundays), Market::Currencies { sundays: true });
    // A pair rests at weekends but not on the holidays of New York, however few of them its bars have seen.
    let summer: Vec<NaiveDate> = day("2026-07-06").iter_days().take(40).filter(|d| !is_weekend(*d)).collect();
    for pair in ["EUR/USD", "EUR-USD", "EURUSD=X"] {
        let market = Market::of(pair, &summer);
        assert_eq!(market, Market::Currencies { sundays: false }, "{pair}");
        assert_eq!(market.days_after(day("2026-11-25"), 2), [day("2026-11-26"), day("2026-11-27")]);
        assert_eq!(market.days_after(day("2026-11-20"), 1), [day("2026-11-23")]);
    }
    assert_eq!(Market::of("BRK-A", &summer), Market::UnitedStates);
    assert_eq!(Market::of("VOD.L", &span(&|d| Market::London.is_open(*d))), Market::London);
    assert_eq!(Market::of("AAPL", &[]), Market::UnitedStates);
    assert!(Market::UnitedStates.days_after(NaiveDate::MAX, 2).is_empty());
}
