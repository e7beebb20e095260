-- The console: what is written for readers, what is switched, what was done for customers, what late data were worth.

-- Announcements and analyses. Visible once `publish_at` has come, until withdrawn.
create table posts (
    id           bigint generated always as identity primary key,
    slug         text        not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
    kind         text        not null check (kind in ('announcement', 'analysis')),
    version      integer     not null check (version > 0), -- the one that is shown
    publish_at   timestamptz,                              -- null: a draft; in the future: scheduled
    withdrawn_at timestamptz,
    created_at   timestamptz not null
);
create index posts_shown on posts (publish_at desc) where publish_at is not null and withdrawn_at is null;

-- Every version that was ever saved; written once.
create table post_versions (
    post_id    bigint      not null references posts on delete cascade,
    version    integer     not null check (version > 0),
    title_en   text        not null,
    title_es   text        not null,
    body_en    text        not null, -- Markdown
    body_es    text        not null,
    written_by text        not null, -- pseudonym
    written_at timestamptz not null,
    note       text        not null, -- what changed
    primary key (post_id, version)
);

-- Feature flags: the newest row of a flag holds; without one its default does. Written once.
create table flag_changes (
    id         bigint generated always as identity primary key,
    flag       text        not null,
    is_on      boolean     not null,
    text_en    text        not null default '',
    text_es    text        not null default '',
    changed_by text        not null, -- pseudonym
    changed_at timestamptz not null,
    reason     text        not null check (length(reason) > 0)
);
create index flag_changes_newest on flag_changes (flag, id desc);

-- What staff did for customers. The nonce comes from the confirmation, so that a confirmation counts once.
create table console_deeds (
    nonce        text        primary key,
    actor        text        not null, -- pseudonym
    role         text        not null,
    customer_id  bigint      references customers on delete set null,
    deed         text        not null,
    amount_cents bigint      not null check (amount_cents >= 0), -- what it moves towards the customer or away
    currency     char(3),
    begun_at     timestamptz not null,
    finished_at  timestamptz,
    outcome      text        not null default '' -- empty: not known yet
);
create index console_deeds_customer on console_deeds (customer_id, begun_at);

-- Credits for slots that came late: one a slot and customer, decided once, then applied.
create table late_credits (
    slot                   text        not null,
    customer_stripe_id     text        not null references billing_customers,
    customer_id            bigint      references customers on delete set null,
    subscription_stripe_id text        not null,
    late_minutes           bigint      not null check (late_minutes > 0), -- beyond the promise
    price_cents            bigint      not null check (price_cents > 0),  -- of the period that the slot lies in
    period_starts_at       timestamptz not null,
    period_ends_at         timestamptz not null check (period_ends_at > period_starts_at),
    shares                 integer     not null check (shares > 0),       -- slots that are given back
    credit_cents           bigint      not null check (credit_cents > 0),
    currency               char(3)     not null,
    decided_by             text        not null, -- pseudonym
    decided_at             timestamptz not null,
    applied_at             timestamptz,
    tries                  integer     not null default 0,
    next_try_at            timestamptz not null,
    error                  text        not null default '',
    primary key (slot, customer_stripe_id)
);
create index late_credits_due on late_credits (next_try_at) where applied_at is null;
