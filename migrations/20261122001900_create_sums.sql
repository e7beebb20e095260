-- The track record summed once more, by horizon, by asset and by model for each day: what its page shows without a filter is then
-- read from as many rows as there are days for each, not from one for every forecast that was ever made.
create table outcome_sums (
    kind       text   not null check (kind in ('horizon', 'asset', 'model')),
    key        text   not null, -- which horizon, asset or model
    traded_on  date   not null,
    forecasts  bigint not null,
    error      double precision not null, -- sums, as in outcome_days
    walk_error double precision not null,
    inside_80  bigint not null,
    inside_95  bigint not null,
    closer     bigint not null,
    primary key (kind, key, traded_on)
);

-- Sums of outcomes that are added, into both tables.
create or replace function sum_outcomes() returns trigger language plpgsql as $$
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

    insert into outcome_sums as s
    select case when grouping(a.horizon) = 0 then 'horizon' when grouping(a.symbol) = 0 then 'asset' else 'model' end,
           coalesce(a.horizon::text, a.symbol, f.model), a.traded_on, count(*), sum(a.error), sum(a.walk_error),
           count(*) filter (where a.inside_80), count(*) filter (where a.inside_95),
           count(*) filter (where a.error < a.walk_error)
    from added a join forecasts f using (publication_id, symbol, horizon)
    group by grouping sets ((a.horizon, a.traded_on), (a.symbol, a.traded_on), (f.model, a.traded_on))
    on conflict (kind, key, traded_on) do update set
        forecasts = s.forecasts + excluded.forecasts,
        error = s.error + excluded.error,
        walk_error = s.walk_error + excluded.walk_error,
        inside_80 = s.inside_80 + excluded.inside_80,
        inside_95 = s.inside_95 + excluded.inside_95,
        closer = s.closer + excluded.closer;
    return null;
end $$;

-- Those that are there already.
insert into outcome_sums
select case when grouping(horizon) = 0 then 'horizon' when grouping(symbol) = 0 then 'asset' else 'model' end,
       coalesce(horizon::text, symbol, model), traded_on, sum(forecasts)::bigint, sum(error), sum(walk_error),
       sum(inside_80)::bigint, sum(inside_95)::bigint, sum(closer)::bigint
from outcome_days
group by grouping sets ((horizon, traded_on), (symbol, traded_on), (model, traded_on));
