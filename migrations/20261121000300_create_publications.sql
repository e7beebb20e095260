-- What has been published. Rows are only ever added: a correction is a new version beside the old one.
-- Everything of one publication is written in one transaction.

create table assets (
    symbol   text   primary key,
    name     text   not null,
    class    text   not null check (class in ('equity', 'crypto', 'fx', 'index')),
    exchange text   not null,
    aliases  text[] not null
);

create table publications (
    id              bigint generated always as identity primary key,
    slot            text        not null,
    version         integer     not null check (version > 0),
    closes_at       timestamptz not null, -- as of this instant
    manifest_sha256 text        not null check (length(manifest_sha256) = 64),
    coverage        jsonb       not null, -- sources and assets that are missing, with the reason
    partial         boolean     not null,
    published_at    timestamptz not null default now(),
    unique (slot, version),
    unique (slot, manifest_sha256)
);
create index publications_newest on publications (closes_at desc, version desc);

create table sentiments (
    publication_id bigint not null references publications on delete cascade,
    symbol         text   not null,
    rank           integer not null check (rank > 0), -- by documents of the last 24 hours; 1 is the most mentioned
    documents_day  bigint not null,                   -- those documents, without noise
    score          double precision,
    low            double precision,
    high           double precision,
    score_raw      double precision,
    posts          bigint not null,
    posts_organic  bigint not null,
    articles       bigint not null,
    articles_organic bigint not null,
    positive       double precision,
    negative       double precision,
    model          text   not null,
    primary key (publication_id, symbol)
);
create index sentiments_symbol on sentiments (symbol, publication_id);

create table forecasts (
    publication_id bigint not null references publications on delete cascade,
    symbol         text   not null,
    horizon        integer not null check (horizon between 1 and 5), -- trading days
    target_on      date   not null,
    last_on        date   not null,
    last_close     double precision not null,
    q025 double precision not null, q10 double precision not null, q50 double precision not null,
    q90 double precision not null, q975 double precision not null,
    rw_q025 double precision not null, rw_q10 double precision not null,
    rw_q90 double precision not null, rw_q975 double precision not null,
    model          text   not null,
    skill          double precision,
    skill_low      double precision,
    skill_high     double precision,
    coverage_80    double precision,
    coverage_95    double precision,
    evaluated      bigint not null,
    primary key (publication_id, symbol, horizon)
);
create index forecasts_due on forecasts (symbol, target_on);

create table signals (
    publication_id bigint not null references publications on delete cascade,
    symbol         text   not null,
    name           text   not null,
    side           text   not null check (side in ('buy', 'hold', 'sell')),
    strength       double precision not null,
    reason         text   not null,
    primary key (publication_id, symbol, name)
);

create table risks (
    publication_id     bigint not null references publications on delete cascade,
    symbol             text   not null,
    confidence         double precision not null,
    horizon            integer not null, -- trading days
    value_at_risk      double precision not null,
    standard_error     double precision not null,
    expected_shortfall double precision not null,
    closed_form        double precision not null,
    historical         double precision not null,
    simulations        bigint not null,
    returns            bigint not null,
    seed               bigint not null,
    primary key (publication_id, symbol, confidence, horizon)
);

-- Documents behind a score, those with the most weight first. A post whose source forbids it has no text here at all.
create table documents (
    publication_id bigint not null references publications on delete cascade,
    symbol         text   not null,
    kind           text   not null check (kind in ('post', 'article')),
    source         text   not null,
    id             text   not null,
    said_at        timestamptz not null,
    outlet         text,          -- an article's outlet, a post's author
    text           text,          -- a post's text, an article's headline; null: may not be shown
    url            text,
    score          double precision,
    weight         double precision,
    noise          text,
    primary key (publication_id, symbol, kind, source, id)
);
create index documents_shown on documents (symbol, kind, said_at desc);

-- Daily bars, always as the newest slot stated them.
create table daily_bars (
    symbol    text not null,
    traded_on date not null,
    open  double precision not null,
    high  double precision not null,
    low   double precision not null,
    close double precision not null,
    adj_close double precision,
    volume    double precision,
    stated_at timestamptz not null, -- close of the slot that stated it
    primary key (symbol, traded_on)
);

-- The track record: each forecast of a first version, compared with what happened. Written once, never changed.
create table forecast_outcomes (
    publication_id bigint not null,
    symbol         text   not null,
    horizon        integer not null,
    traded_on      date   not null,             -- first trading day on or after the target
    actual         double precision not null,   -- on the price scale of the forecast
    error          double precision not null,   -- |median - actual| / last close
    walk_error     double precision not null,   -- |last close - actual| / last close
    inside_80      boolean not null,
    inside_95      boolean not null,
    scored_in      bigint  not null references publications on delete cascade,
    primary key (publication_id, symbol, horizon),
    foreign key (publication_id, symbol, horizon) references forecasts on delete cascade
);
