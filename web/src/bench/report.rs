//! What a measurement prints.

use serde_json::{Value, json};

use super::StageArgs;
use super::play::Played;

/// A measurement in words and numbers.
pub struct Report {
    title: String,
    what: Value,
}

impl Report {
    /// The report of what was played.
    pub fn of(plan: &str, args: &StageArgs, played: &Played) -> Self {
        let cpu = |s: f64| s / played.seconds;
        let pages: Vec<Value> = played
            .pages
            .iter()
            .map(|(page, times)| {
                json!({ "page": page, "requests": times.count(), "p50_ms": times.percentile_ms(0.5),
                    "p99_ms": times.percentile_ms(0.99) })
            })
            .collect();
        let all = &played.all;
        let what = json!({
            "plan": plan, "assets": args.assets, "slots": args.slots, "seconds": played.seconds,
            "requests": all.count(), "requests_per_second": all.count() as f64 / played.seconds,
            "failures": played.failures.values().sum::<u64>(), "failed": played.failures,
            "late": played.late,
            "bytes_per_request": played.bytes as f64 / all.count().max(1) as f64,
            "p50_ms": all.percentile_ms(0.5), "p95_ms": all.percentile_ms(0.95), "p99_ms": all.percentile_ms(0.99),
            "longest_ms": all.longest_ms(),
            "site_processors": cpu(played.site.cpu_s), "site_memory_bytes": played.site.memory_bytes,
            "postgres_processors": cpu(played.postgres.cpu_s), "postgres_memory_bytes": played.postgres.memory_bytes,
            "generator_processors": cpu(played.player),
            "site_cpus": args.site_cpus, "player_cpus": args.player_cpus,
            "pages": pages,
        });
        Self { title: plan.to_owned(), what }
    }

    /// Requests that were not answered with a page.
    pub fn failures(&self) -> u64 {
        self.what["failures"].as_u64().unwrap_or_default()
    }

    /// The 99th percentile in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        self.what["p99_ms"].as_f64().unwrap_or_default()
    }

    /// Prints it.
    ///
    /// # Errors
    /// None in practice.
    pub fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            println!("{}", serde_json::to_string(&self.what)?);
            return Ok(());
        }
        let number = |name: &str| self.what[name].as_f64().unwrap_or_default();
        let mib = |name: &str| number(name) / 1_048_576.0;
        println!("{}: {} assets, {} slots", self.title, self.what["assets"], self.what["slots"]);
        println!(
            "  requests {:.0} ({:.0}/s), failures {} {}, {:.1} kB each, {:.0} sent late",
            number("requests"),
            number("requests_per_second"),
            self.failures(),
            self.what["failed"],
            number("bytes_per_request") / 1_000.0,
            number("late")
        );
        println!(
            "  p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, longest {:.0} ms",
            number("p50_ms"),
            number("p95_ms"),
            number("p99_ms"),
            number("longest_ms")
        );
        println!(
            "  site {:.2} processors, {:.0} MiB; Postgres {:.2} processors, {:.0} MiB; generator {:.2} processors",
            number("site_processors"),
            mib("site_memory_bytes"),
            number("postgres_processors"),
            mib("postgres_memory_bytes"),
            number("generator_processors")
        );
        println!("  {:<28} {:>9} {:>9} {:>9}", "page", "requests", "p50 ms", "p99 ms");
        for page in self.what["pages"].as_array().into_iter().flatten() {
            let of = |name: &str| page[name].as_f64().unwrap_or_default();
            let name = page["page"].as_str().unwrap_or_default();
            println!("  {name:<28} {:>9.0} {:>9.1} {:>9.1}", of("requests"), of("p50_ms"), of("p99_ms"));
        }
        Ok(())
    }
}
