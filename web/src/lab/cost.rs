//! What computing costs: list prices from a table with its sources, in whole billionths of a US dollar.

use std::time::Duration;

use serde::Serialize;

use super::Place;

const TABLE: &str = include_str!("prices.tsv");

/// What a place costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Where.
    pub place: Place,
    /// Processors of one machine.
    pub vcpus: u64,
    /// Memory of one machine, in MiB.
    pub mib: u64,
    /// Billionths of a dollar for a processor and a second.
    pub per_vcpu_s: u64,
    /// The same for a GiB of memory and a second.
    pub per_gib_s: u64,
    /// The same for a request.
    pub per_request: u64,
    /// Time is charged in steps of so many milliseconds.
    pub step_ms: u64,
    /// Day on which the price was read.
    pub read_on: &'static str,
    /// Where it was read.
    pub source: &'static str,
}

impl Price {
    /// The cost of requests that took so long, in billionths of a dollar; each is rounded up to whole steps.
    pub fn of(&self, requests: &[Duration]) -> u64 {
        let second = self.per_vcpu_s * self.vcpus + self.per_gib_s * self.mib / 1024;
        let one = |took: &Duration| {
            let steps = took.as_micros().div_ceil(u128::from(self.step_ms) * 1000).max(1);
            let nano = steps * u128::from(self.step_ms) * u128::from(second) / 1000;
            u64::try_from(nano).unwrap_or(u64::MAX).saturating_add(self.per_request)
        };
        requests.iter().map(one).fold(0, u64::saturating_add)
    }
}

/// The prices of the places.
pub fn prices() -> Vec<Price> {
    TABLE.lines().filter_map(price).collect()
}

/// The price of one place; `None` for both together, and where the table lacks it (a test sees to it that it does not).
pub fn price_of(place: Place) -> Option<Price> {
    prices().into_iter().find(|price| price.place == place)
}

fn price(line: &'static str) -> Option<Price> {
    let mut cells = line.split('\t');
    let place = Place::parse(cells.next()?)?;
    let mut number = || cells.next()?.parse().ok();
    let (vcpus, mib, per_vcpu_s, per_gib_s) = (number()?, number()?, number()?, number()?);
    let (per_request, step_ms) = (number()?, number()?);
    let (read_on, source) = (cells.next()?, cells.next()?);
    Some(Price { place, vcpus, mib, per_vcpu_s, per_gib_s, per_request, step_ms, read_on, source })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_price_with_its_date_and_source() {
        for place in [Place::Site, Place::Function] {
            let price = price_of(place).unwrap();
            assert!(
                price.read_on.parse::<chrono::NaiveDate>().is_ok() && price.source.starts_with("https://")
            );
            assert!(price.step_ms > 0 && price.per_vcpu_s > 0);
        }
        assert_eq!(price_of(Place::Both), None);
    }

    #[test]
    fn costs_are_those_of_the_price_list() {
        let function = price_of(Place::Function).unwrap();
        // Half a GiB and one processor for 0.2 s (120 ms rounded up), and one request: 0.2 × (24000 + 1250) + 400.
        assert_eq!(function.of(&[Duration::from_millis(120)]), 5_450);
        assert_eq!(function.of(&[Duration::ZERO; 2]), 2 * (2_525 + 400));
        let site = price_of(Place::Site).unwrap();
        assert_eq!(site.of(&[Duration::from_secs(1)]), 19_000);
    }
}
