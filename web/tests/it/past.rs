//! A long past, written straight into Postgres: what many published slots would leave.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::Slot;

use crate::kit::Site;

/// Assets of the past, by rank.
pub(crate) const ASSETS: i32 = 12;

impl Site {
    /// The site with so many days of slots up to the last one that is due, and prices of as many days and a hundred more.
    pub(crate) async fn with_past(self, days: i64) -> Self {
        let newest = newest_at();
        let oldest = newest - Duration::days(days);
        let run = |sql: &'static str| {
            sqlx::query(sql).bind(oldest).bind(newest).bind(ASSETS).bind(days).execute(&self.pool)
        };
        for sql in [
            "insert into assets select 'SYM' || n, 'Company ' || n || ' & <Sons>', 'equity', 'US', '{}'
             from generate_series(1, $3) n where $1 < $2 and $4 > 0",
            "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
             select to_char(t at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\"Z\"'), 1, t,
                    lpad(to_hex(extract(epoch from t)::bigint), 64, '0'), '{}', false
             from generate_series($1, $2, interval '6 hours') t where $3 > 0 and $4 > 0",
            "insert into sentiments select p.id, 'SYM' || n, n, 50 + (30 * sin(k / 11.0 + n))::bigint, score, score - 0.1,
                    score + 0.1, score, 40, 30, 10, 8, 0.5, 0.2, 'house/1'
             from publications p cross join generate_series(1, $3) n
             cross join lateral (select extract(epoch from p.closes_at - $1) / 21600 as k) x
             cross join lateral (select 0.4 * sin(k / 9.0 + n) as score) y where $1 < $2 and $4 > 0",
            "insert into daily_bars select 'SYM' || n, day, close, close + 1, close - 1, close, close, 1000, $2
             from generate_series(1, $3) n
             cross join generate_series(($1 - interval '100 days')::date::timestamp, ($2 - interval '1 day')::date::timestamp,
                   '1 day') day
             cross join lateral (select 100 + n + 10 * sin(extract(epoch from day) / 86400 / 3 + n) as close) c
             where $4 > 0",
            "insert into forecasts select p.id, 'SYM' || n, h, p.closes_at::date + h, p.closes_at::date - 1, 100, 94, 97,
                    100 + 2 * sin(extract(epoch from p.closes_at) / 500000 + n), 103, 106, 93, 96, 104, 107, 'house/1',
                    null, null, null, null, null, 0
             from publications p cross join generate_series(1, $3) n cross join generate_series(1, 5) h
             where $1 < $2 and $4 > 0",
            "insert into risks select p.id, 'SYM' || n, c, 1, 0.03, 0.0001, 0.04, 0.03, 0.03, 1000, 250, 7
             from publications p cross join generate_series(1, $3) n cross join unnest(array[0.95, 0.99]) c
             where $1 < $2 and $4 > 0",
        ] {
            run(sql).await.unwrap();
        }
        self
    }

    /// A customer with this tier: key, id and address.
    pub(crate) async fn customer(&self, tier: &str) -> (String, i64, String) {
        let key = self.sign_in_as(tier).await.unwrap();
        let (id, email) = sqlx::query_as("select id, email from customers order by id desc limit 1")
            .fetch_one(&self.pool)
            .await
            .unwrap();
        (key, id, email)
    }

    /// One number from Postgres.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

/// Close of the newest slot of a past.
pub(crate) fn newest_at() -> DateTime<Utc> {
    Slot::last_due(Utc::now()).close_at()
}

/// The close of the n-th asset on a day, as in the SQL above.
pub(crate) fn close(n: i32, day: NaiveDate) -> f64 {
    let days = (day - DateTime::UNIX_EPOCH.date_naive()).num_days() as f64;
    100.0 + f64::from(n) + 10.0 * (days / 3.0 + f64::from(n)).sin()
}
