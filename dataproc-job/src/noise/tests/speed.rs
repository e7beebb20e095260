//! Rates of one core, printed: `cargo test --release -p dataproc-job --lib noise::tests::speed -- --ignored --nocapture`.

use std::time::Duration;

use super::near::Dice;
use super::*;

/// How long this thread has been on a core, so that other work on the machine does not count.
fn on_core() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// Posts of about 100 bytes: a third repeats something, a few in other words.
fn texts(n: usize) -> Vec<String> {
    let mut dice = Dice(1);
    let mut texts: Vec<String> = Vec::with_capacity(n);
    for i in 0..n {
        let text = match dice.below(10) {
            0 | 1 if i > 0 => texts[dice.below(i)].clone(),
            2 if i > 0 => format!("{} {}", texts[dice.below(i)], dice.below(1_000)),
            _ => format!("$AAPL {} https://t.example/{i}", dice.text(17).join(" ")),
        };
        texts.push(text);
    }
    texts
}

#[test]
#[ignore = "prints rates; run it with --release"]
fn rates() {
    for n in [2_000, 100_000, 2_000_000] {
        let texts = texts(n);
        let bytes: usize = texts.iter().map(String::len).sum();
        let ids: Vec<String> = (0..n).map(|i| format!("{}", 1_900_000_000_000_000_000 + i)).collect();
        let authors: Vec<String> = (0..n).map(|i| format!("{}", i * 7_919 % (n / 2))).collect();
        let documents: Vec<Document<'_>> = (0..n)
            .map(|i| Document {
                author: Some(&authors[i]),
                at: i as i64 * 10_000,
                ..post(&ids[i], 0, &texts[i])
            })
            .collect();
        let start = on_core();
        let prints: Vec<Print> = documents.iter().map(Print::of).collect();
        let printed = on_core() - start;
        let start = on_core();
        let mut analysis = Analysis::new(Vec::new());
        documents.iter().zip(&prints).for_each(|(document, print)| analysis.add(document, print));
        let marks = analysis.finish();
        let added = on_core() - start;
        let marked = (0..n).filter(|i| marks.mark(*i).is_some()).count();
        println!(
            "{n} posts of {} bytes: print {:.0} ns, add {:.0} ns, {marked} marked, {} go on",
            bytes / n,
            printed.as_nanos() as f64 / n as f64,
            added.as_nanos() as f64 / n as f64,
            marks.seen().len()
        );
    }
}

#[test]
#[ignore = "prints rates; run it with --release"]
fn many_small_assets() {
    let texts = texts(20);
    let ids: Vec<String> = (0..20).map(|i| i.to_string()).collect();
    let documents: Vec<_> = ids.iter().zip(&texts).map(|(id, text)| post(id, 1, text)).collect();
    let start = on_core();
    let n = 20_000;
    let marked: usize = (0..n)
        .map(|_| {
            let m = analysed(&documents, &[]);
            (0..20).filter(|i| m.mark(*i).is_some()).count() + m.seen().len()
        })
        .sum();
    println!(
        "{:.0} ns a post with everything, assets of 20 ({marked})",
        (on_core() - start).as_nanos() as f64 / f64::from(n * 20)
    );
}
