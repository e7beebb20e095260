-- What belongs to one customer: mails, watchlists, saved views, alerts and how they are told of them.

-- The outbox. A mail is written with the change that causes it and sent afterwards; in local mode this is the mailbox.
create table mails (
    id              bigint generated always as identity primary key,
    dedupe_key      text        not null unique, -- what the mail is about: the same cause makes one mail
    customer_id     bigint      references customers on delete cascade, -- null: to somebody without an account
    recipient       text        not null check (recipient !~ '[[:cntrl:]]'),
    language        text        not null check (language in ('en', 'es')),
    kind            text        not null,
    subject         text        not null check (subject !~ '[[:cntrl:]]'),
    text            text        not null,
    html            text        not null,
    unsubscribe_url text,       -- null: transactional, cannot be unsubscribed from
    attachment_name text,
    attachment      bytea,
    state           text        not null default 'queued' check (state in ('queued', 'sent', 'failed')),
    tries           integer     not null default 0 check (tries >= 0),
    error           text        not null default '', -- why the last try failed
    created_at      timestamptz not null,
    next_try_at     timestamptz not null,
    sent_at         timestamptz,
    check ((state = 'sent') = (sent_at is not null)),
    check ((attachment is null) = (attachment_name is null))
);
create index mails_due on mails (next_try_at) where state = 'queued';
create index mails_customer on mails (customer_id);

-- Keys that the site makes for itself once and all instances share, such as that of links in mails.
create table site_keys (
    name text  primary key,
    key  bytea not null check (octet_length(key) = 32)
);

create table watchlists (
    id          bigint generated always as identity primary key,
    customer_id bigint      not null references customers on delete cascade,
    name        text        not null check (length(name) between 1 and 80),
    position    integer     not null,
    created_at  timestamptz not null
);
create unique index watchlists_name on watchlists (customer_id, lower(name));

create table watched_assets (
    watchlist_id bigint  not null references watchlists on delete cascade,
    symbol       text    not null references assets,
    position     integer not null,
    primary key (watchlist_id, symbol)
);

-- Pages that a customer wants to come back to: path and query on this site.
create table saved_views (
    id          bigint generated always as identity primary key,
    customer_id bigint      not null references customers on delete cascade,
    name        text        not null check (length(name) between 1 and 80),
    path        text        not null check (path like '/%' and path not like '//%' and length(path) <= 2000),
    created_at  timestamptz not null
);
create unique index saved_views_name on saved_views (customer_id, lower(name));

-- How a customer wants to be told. No row: alerts by mail, no weekly report.
create table notification_settings (
    customer_id    bigint   primary key references customers on delete cascade,
    language       text     not null check (language in ('en', 'es')),
    alert_mails    boolean  not null,
    report_mails   boolean  not null,
    report_weekday smallint not null check (report_weekday between 0 and 6), -- Monday is 0
    report_hour    smallint not null check (report_hour between 0 and 23),   -- UTC
    report_from    timestamptz not null -- reports that would have been due earlier are not made up for
);

-- Where alerts are posted to. The secret signs and is shown to its owner once.
create table webhooks (
    customer_id bigint      primary key references customers on delete cascade,
    url         text        not null,
    secret      text        not null,
    created_at  timestamptz not null
);

create table telegram_chats (
    customer_id bigint      primary key references customers on delete cascade,
    chat_id     bigint      not null,
    linked_at   timestamptz not null
);

-- A code that links a chat: used once, for a few minutes. Here is its SHA-256.
create table telegram_codes (
    code_sha256 bytea       primary key check (octet_length(code_sha256) = 32),
    customer_id bigint      not null references customers on delete cascade,
    expires_at  timestamptz not null
);

-- The next message to the bot that nobody has read; one row.
create table telegram_cursor (
    id          boolean primary key default true check (id),
    next_update bigint  not null
);
insert into telegram_cursor (next_update) values (0);

create table customer_alerts (
    id           bigint generated always as identity primary key,
    customer_id  bigint      not null references customers on delete cascade,
    symbol       text        references assets,
    watchlist_id bigint      references watchlists on delete cascade,
    measure      text        not null,
    operator     text        not null check (operator in ('above', 'below', 'moves')),
    threshold    double precision not null,
    days         integer     not null check (days between 1 and 30),
    channels     text[]      not null,
    -- null: on. 'customer': switched off by its owner; 'tier', 'limit': by what the tier includes, until it does again.
    paused       text        check (paused in ('customer', 'tier', 'limit')),
    created_at   timestamptz not null,
    check ((symbol is null) <> (watchlist_id is null))
);
create index customer_alerts_customer on customer_alerts (customer_id);

-- Where an alert stands for one asset.
create table alert_states (
    alert_id bigint      not null references customer_alerts on delete cascade,
    symbol   text        not null,
    armed    boolean     not null, -- the next crossing fires
    seen_at  timestamptz not null, -- close of the newest slot that was looked at
    fired_at timestamptz,          -- close of the newest slot in which it fired
    primary key (alert_id, symbol)
);

-- Slots that alerts have been held against: each once, in its first version.
create table alert_evaluations (
    slot         text        primary key,
    closes_at    timestamptz not null,
    fired        integer     not null,
    evaluated_at timestamptz not null
);
create index alert_evaluations_newest on alert_evaluations (closes_at desc);

-- What an alert said, and what came of it. One row a slot, asset and channel, whoever tries how often.
create table alert_deliveries (
    id            bigint generated always as identity primary key,
    alert_id      bigint      not null references customer_alerts on delete cascade,
    slot          text        not null,
    symbol        text        not null,
    channel       text        not null check (channel in ('mail', 'webhook', 'telegram')),
    value         double precision not null,
    closes_at     timestamptz not null,
    state         text        not null default 'queued' check (state in ('queued', 'sent', 'failed')),
    tries         integer     not null default 0 check (tries >= 0),
    response_code integer,
    error         text        not null default '',
    created_at    timestamptz not null,
    next_try_at   timestamptz not null,
    done_at       timestamptz,
    unique (alert_id, slot, symbol, channel)
);
create index alert_deliveries_due on alert_deliveries (next_try_at) where state = 'queued';

-- Weekly reports that have been made: one a customer and week.
create table reports (
    customer_id bigint      not null references customers on delete cascade,
    week        text        not null, -- ISO: 2026-W47
    made_at     timestamptz not null,
    primary key (customer_id, week)
);
