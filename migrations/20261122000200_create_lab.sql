-- Runs of the VaR laboratory: inputs, what came of them, and whose they are. Written once; the owner may delete them.
create table lab_runs (
    id             bigint generated always as identity primary key,
    customer_id    bigint      not null references customers on delete cascade,
    created_at     timestamptz not null,
    symbol         text        not null,
    signal_on      date        not null, -- day of the last close that was used
    side           text        not null check (side in ('long', 'short')),
    position_cents bigint      not null check (position_cents > 0),
    currency       char(3)     not null,
    window_returns integer     not null check (window_returns > 0),
    simulations    bigint      not null check (simulations > 0),
    workers        integer     not null check (workers > 0),
    confidence     double precision not null,
    horizon        integer     not null check (horizon > 0), -- trading days
    place          text        not null check (place in ('site', 'function', 'both')),
    seed           bigint      not null check (seed >= 0),
    price          double precision not null, -- the close of that day as it was traded
    digest         text        not null check (length(digest) = 64), -- of the prices, as analytics::risk::Series makes it
    results        jsonb       not null -- web::lab::Results
);
create index lab_runs_newest on lab_runs (customer_id, id desc);

-- The track record summed by day, so that a page of it need not read every forecast that was ever made.
create table outcome_days (
    symbol     text    not null,
    horizon    integer not null,
    model      text    not null,
    traded_on  date    not null,
    forecasts  bigint  not null,
    error      double precision not null, -- sums of the relative errors
    walk_error double precision not null,
    inside_80  bigint  not null,
    inside_95  bigint  not null,
    closer     bigint  not null, -- forecasts closer than the random walk
    primary key (symbol, horizon, model, traded_on)
);
create index forecast_outcomes_listed on forecast_outcomes (traded_on desc, symbol, horizon, publication_id);
create index forecast_outcomes_of_asset on forecast_outcomes (symbol, traded_on desc, horizon, publication_id);

-- Outcomes are only ever added, by one statement a publication, so the sums follow from what is added.
create function sum_outcomes() returns trigger language plpgsql as $$
begin
    insert into outcome_days as d
    select a.symbol, a.horizon, f.model, a.traded_on, count(*), sum(a.error), sum(a.walk_error),
           count(*) filter (where a.inside_80), count(*) filter (where a.inside_95),
           count(*) filter (where a.error < a.walk_error)
    from added a join forecasts f using (publication_id, symbol, horizon)
    group by a.symbol, a.horizon, f.model, a.traded_on
    on conflict (symbol, horizon, model, traded_on) do update set
        forecasts = d.forecasts + excluded.forecasts,
        error = d.error + excluded.error,
        walk_error = d.walk_error + excluded.walk_error,
        inside_80 = d.inside_80 + excluded.inside_80,
        inside_95 = d.inside_95 + excluded.inside_95,
        closer = d.closer + excluded.closer;
    return null;
end $$;
create trigger outcomes_are_summed after insert on forecast_outcomes
    referencing new table as added for each statement execute function sum_outcomes();

-- Those that are there already.
insert into outcome_days
select o.symbol, o.horizon, f.model, o.traded_on, count(*), sum(o.error), sum(o.walk_error),
       count(*) filter (where o.inside_80), count(*) filter (where o.inside_95),
       count(*) filter (where o.error < o.walk_error)
from forecast_outcomes o join forecasts f using (publication_id, symbol, horizon)
group by o.symbol, o.horizon, f.model, o.traded_on;
