-- What the published values rest on, and what strategies and models made of the past. As with all publications, rows are
-- only ever added.

alter table documents
    add column lang         text,
    add column authors      text[],
    add column duplicate_of text,  -- the document that it repeats, as source/id
    -- [[word, weight], …]: what the score is made of; the weights sum to it; the word is null for all that is not listed
    add column words        jsonb,
    -- Of the beginning of a text: more than a megabyte of words is more than the type can hold.
    add column search       tsvector generated always as (to_tsvector('simple', left(coalesce(text, ''), 20000))) stored;
create index documents_search on documents using gin (search);

-- Documents of one slot by source, with what was marked as noise and why.
create table volumes (
    publication_id bigint not null references publications on delete cascade,
    symbol         text   not null,
    source         text   not null,
    kind           text   not null check (kind in ('post', 'article')),
    documents      bigint not null, -- all of them
    organic        bigint not null, -- without noise
    score          double precision, -- weighted mean of the organic ones; null: none
    weight         double precision not null, -- share in the asset's score
    noise          jsonb  not null default '{}', -- reason: how many
    primary key (publication_id, symbol, source, kind)
);

-- What moved the forecast that is shown: effects on the log return over the horizon, which sum to what the median moved by.
-- A random walk has none.
create table contributions (
    publication_id bigint  not null references publications on delete cascade,
    symbol         text    not null,
    horizon        integer not null,
    feature        text    not null,
    value          double precision, -- what the model read, a number without a unit; null: it rests on no feature
    effect         double precision not null,
    primary key (publication_id, symbol, horizon, feature)
);

-- A simulated strategy beside buying and holding. Returns, costs and drawdowns are shares of the capital; a return below 0 is a
-- loss, a drawdown is 0 or above.
create table strategies (
    publication_id bigint  not null references publications on delete cascade,
    symbol         text    not null,
    name           text    not null,
    from_on        date    not null,
    to_on          date    not null,
    trades         integer not null,
    total_return   double precision not null,
    annual_return  double precision not null,
    max_drawdown   double precision not null,
    sharpe         double precision, -- a year; null: no day with a return other than 0
    sharpe_low     double precision,
    sharpe_high    double precision,
    deflated_sharpe double precision, -- probability that the true ratio is above what the best of all tried shows by luck
    tried          integer not null, -- strategies on all assets of the slot
    cost_bp        double precision not null,
    slippage_bp    double precision not null,
    costs          double precision not null,
    hold_return    double precision not null,
    hold_drawdown  double precision not null,
    hold_sharpe    double precision,
    curve          jsonb   not null, -- [[day, equity, buy and hold, drawdown], …], one point a week
    ledger         jsonb   not null, -- the last hundred trades: [[opened on, closed on or null, side, entry, exit or null, return], …]
    primary key (publication_id, symbol, name)
);

-- Does the mood lead the price, or the price the mood?
create table leads (
    publication_id bigint  not null references publications on delete cascade,
    symbol         text    not null,
    source         text    not null, -- all, or one source
    observations   integer not null, -- trading days with a mood
    lags           jsonb   not null, -- [[lag in days, correlation, low, high], …]; above 0 the mood comes first
    mood_first_p   double precision, -- Granger's test, with the number of lags that speaks most for it
    mood_first_q   double precision, -- corrected for all assets, lags and sources looked at
    price_first_p  double precision,
    price_first_q  double precision,
    verdict        text    not null check (verdict in ('too-few', 'no-evidence', 'mood-first', 'price-first', 'both')),
    primary key (publication_id, symbol, source)
);

-- How a model's Value at Risk would have fared.
create table risk_backtests (
    publication_id bigint  not null references publications on delete cascade,
    symbol         text    not null,
    model          text    not null,
    confidence     double precision not null,
    days           integer not null,
    exceptions     integer not null, -- days with a loss beyond it
    expected       double precision not null,
    kupiec_p       double precision,
    christoffersen_p double precision,
    primary key (publication_id, symbol, model, confidence)
);
