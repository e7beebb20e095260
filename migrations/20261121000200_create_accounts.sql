-- Who may sign in, and what they have paid for.

create table customers (
    id            bigint generated always as identity primary key,
    email         text        not null check (email = btrim(email) and length(email) between 3 and 254),
    password_hash text        not null, -- argon2id, PHC string
    role          text        not null default 'subscriber' check (role in ('subscriber', 'admin')),
    created_at    timestamptz not null
);
-- Addresses are kept as typed and compared without regard to case.
create unique index customers_email on customers (lower(email));

-- Only signed-in customers have sessions. The key itself lives in the cookie alone; here is its SHA-256.
create table sessions (
    key_sha256  bytea       primary key check (octet_length(key_sha256) = 32),
    customer_id bigint      not null references customers on delete cascade,
    created_at  timestamptz not null,
    expires_at  timestamptz not null
);
create index sessions_customer on sessions (customer_id);
create index sessions_expiry on sessions (expires_at);

-- The tiers in rising order, with their list prices. Money is integer minor units and a currency.
create table tiers (
    tier          text     primary key check (tier in ('free', 'basic', 'plus', 'pro')),
    rank          smallint not null unique,
    monthly_cents integer  not null check (monthly_cents >= 0),
    yearly_cents  integer  not null check (yearly_cents >= 0),
    currency      char(3)  not null,
    alerts        integer  not null check (alerts >= 0),
    api_calls     integer  not null check (api_calls >= 0), -- a day
    exports       text[]   not null default '{}'
);
insert into tiers (tier, rank, monthly_cents, yearly_cents, currency, alerts, api_calls, exports) values
    ('free',  0,    0,     0, 'EUR',   1,     0, '{}'),
    ('basic', 1,  900,  9000, 'EUR',   5,     0, '{csv}'),
    ('plus',  2, 1900, 19000, 'EUR',  25,  1000, '{csv,parquet}'),
    ('pro',   3, 4900, 49000, 'EUR', 200, 50000, '{csv,parquet,all}');

-- What a tier may see of each feature. No row means: nothing.
create table entitlements (
    tier        text not null references tiers,
    feature     text not null check (feature in ('price', 'sentiment', 'news', 'predictions')),
    max_rank    integer check (max_rank > 0),       -- only the assets mentioned most; null: all
    depth       text not null check (depth in ('latest', 'window', 'full')),
    window_days integer check (window_days > 0),
    primary key (tier, feature),
    check ((depth = 'window') = (window_days is not null))
);
insert into entitlements (tier, feature, max_rank, depth, window_days) values
    ('free',  'price',       10,   'full',   null),
    ('free',  'sentiment',   10,   'latest', null),
    ('free',  'news',        10,   'latest', null),
    ('basic', 'price',       null, 'full',   null),
    ('basic', 'sentiment',   null, 'window', 7),
    ('basic', 'news',        null, 'window', 7),
    ('plus',  'price',       null, 'full',   null),
    ('plus',  'sentiment',   null, 'full',   null),
    ('plus',  'news',        null, 'full',   null),
    ('pro',   'price',       null, 'full',   null),
    ('pro',   'sentiment',   null, 'full',   null),
    ('pro',   'news',        null, 'full',   null),
    ('pro',   'predictions', null, 'full',   null);

-- A tier bought for a time. What a customer may see at an instant follows from all of their rows.
create table subscriptions (
    id          bigint generated always as identity primary key,
    customer_id bigint      not null references customers on delete cascade,
    tier        text        not null references tiers,
    status      text        not null check (status in
                ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused')),
    starts_at   timestamptz not null,
    ends_at     timestamptz check (ends_at > starts_at) -- exclusive; null: until cancelled
);
create index subscriptions_customer on subscriptions (customer_id);
