-- Plans and prices as data, and a mirror of what the payment provider (Stripe, or the billing sandbox) says.
-- Written by web/src/billing alone. Money is integer minor units and an ISO 4217 code in capitals; instants are UTC.

-- What is sold: one plan for each paid tier.
create table plans (
    tier              text        primary key references tiers check (tier <> 'free'),
    trial_days        integer     not null check (trial_days between 0 and 90),
    product_stripe_id text        unique, -- null: not made there yet
    livemode          boolean,            -- of which keys the product is; null: not made there yet
    updated_at        timestamptz not null
);
insert into plans (tier, trial_days, updated_at) values
    ('basic', 14, '2026-11-21T00:00:00Z'),
    ('plus',  14, '2026-11-21T00:00:00Z'),
    ('pro',   14, '2026-11-21T00:00:00Z');

-- A price is never changed: it is retired, and another takes its place. Who has subscribed keeps theirs.
create table prices (
    id                bigint      generated always as identity primary key,
    tier              text        not null references plans,
    interval          text        not null check (interval in ('month', 'year')),
    currency          char(3)     not null check (currency = upper(currency)),
    unit_amount_cents bigint      not null check (unit_amount_cents > 0),
    lookup_key        text        not null unique, -- by which it is found at the provider
    stripe_id         text        unique,          -- null: not made there yet
    set_at            timestamptz not null,
    set_by            text        not null,        -- pseudonym of who set it, or 'design'
    reason            text        not null,
    retired_at        timestamptz check (retired_at >= set_at)
);
create unique index prices_current on prices (tier, interval, currency) where retired_at is null;
insert into prices (tier, interval, currency, unit_amount_cents, lookup_key, set_at, set_by, reason)
select t.tier, i.interval, t.currency,
       case i.interval when 'month' then t.monthly_cents else t.yearly_cents end,
       'quarterday_' || t.tier || '_' || i.interval || '_' || lower(t.currency) || '_1',
       '2026-11-21T00:00:00Z', 'design', 'first price'
from tiers t cross join (values ('month'), ('year')) as i (interval)
where t.tier <> 'free' order by t.rank, i.interval;

-- Times that follow from nothing else. One row.
create table billing_rules (
    id               boolean primary key default true check (id),
    grace_days       integer not null check (grace_days between 0 and 60),       -- access while a payment is late
    late_hours       integer not null check (late_hours between 0 and 240),      -- access until news of a renewal must have come
    withdrawal_days  integer not null check (withdrawal_days between 14 and 60)  -- right of withdrawal in the EU
);
insert into billing_rules (grace_days, late_hours, withdrawal_days) values (14, 72, 14);

-- A customer there. Kept when the account is erased, as tax law demands; what names the person is then no longer here.
create table billing_customers (
    stripe_id     text        primary key,
    customer_id   bigint      references customers on delete set null,
    livemode      boolean     not null,
    language      text        not null default 'en' check (language in ('en', 'es')), -- of mails about payments
    currency      char(3),                                   -- that of their first invoice; there is no other afterwards
    balance_cents bigint      not null default 0,            -- negative: credit that the next invoice uses up
    deleted_at    timestamptz,                               -- when it was found to be deleted there
    created_at    timestamptz not null,
    synced_at     timestamptz not null                       -- when it was last read as a whole
);
-- Who was deleted there and comes back gets another customer.
create unique index billing_customers_account on billing_customers (customer_id) where deleted_at is null;

-- A subscription as it stands there now.
create table billing_subscriptions (
    stripe_id               text        primary key,
    customer_stripe_id      text        not null references billing_customers,
    customer_id             bigint      references customers on delete set null,
    livemode                boolean     not null,
    status                  text        not null,            -- Stripe's name
    tier                    text        references tiers,    -- null: a price that is none of ours
    price_id                text        not null,            -- Stripe's id
    item_stripe_id          text        not null,
    unit_amount_cents       bigint      not null,
    currency                char(3)     not null,
    interval                text        not null,            -- month or year
    quantity                bigint      not null,
    created_at              timestamptz not null,
    started_at              timestamptz not null,
    trial_start_at          timestamptz,
    trial_end_at            timestamptz,
    current_period_start_at timestamptz not null,
    current_period_end_at   timestamptz not null,
    cancel_at_period_end    boolean     not null,
    cancel_at               timestamptz,
    canceled_at             timestamptz,
    ended_at                timestamptz,
    paused_behavior         text,                            -- how collection is paused; null: it is not
    paused_until_at         timestamptz,
    coupon_id               text,
    discount_percent        double precision,                -- of the coupon in use
    discount_cents          bigint,                          -- of the coupon in use, where it takes off an amount
    discount_ends_at        timestamptz,
    latest_invoice_id       text,
    synced_at               timestamptz not null
);
create index billing_subscriptions_customer on billing_subscriptions (customer_id);
create index billing_subscriptions_customer_stripe on billing_subscriptions (customer_stripe_id);

-- How a subscription stood from an instant on: one row a snapshot, from an event or read there. A set: order of arrival
-- means nothing.
create table billing_snapshots (
    subscription_stripe_id text        not null,
    as_of_at               timestamptz not null,
    source                 text        not null,             -- the event's id, or 'read'
    body                   jsonb       not null,             -- billing::facts::Snapshot
    primary key (subscription_stripe_id, as_of_at, source)
);

create table billing_invoices (
    stripe_id              text        primary key,
    customer_stripe_id     text        not null references billing_customers,
    customer_id            bigint      references customers on delete set null,
    subscription_stripe_id text,
    livemode               boolean     not null,
    number                 text,
    status                 text        not null,             -- draft, open, paid, void, uncollectible
    billing_reason         text,
    currency               char(3)     not null,
    subtotal_cents         bigint      not null,
    discount_cents         bigint      not null default 0,
    tax_cents              bigint      not null default 0,
    total_cents            bigint      not null,
    amount_paid_cents      bigint      not null,
    amount_due_cents       bigint      not null,
    credited_cents         bigint      not null default 0,   -- by credit notes after it was paid
    starting_balance_cents bigint      not null default 0,
    ending_balance_cents   bigint,
    created_at             timestamptz not null,
    finalized_at           timestamptz,
    paid_at                timestamptz,
    period_start_at        timestamptz not null,
    period_end_at          timestamptz not null,
    hosted_url             text,
    pdf_url                text,
    payment_intent_id      text,
    attempt_count          bigint      not null,
    next_attempt_at        timestamptz,
    lines                  jsonb       not null default '[]',-- billing::facts::Line
    synced_at              timestamptz not null
);
create index billing_invoices_customer on billing_invoices (customer_id, created_at);
create index billing_invoices_created on billing_invoices (created_at);

create table billing_refunds (
    stripe_id          text        primary key,
    customer_stripe_id text        not null references billing_customers,
    customer_id        bigint      references customers on delete set null,
    invoice_stripe_id  text,
    charge_id          text,
    status             text        not null,
    currency           char(3)     not null,
    amount_cents       bigint      not null check (amount_cents >= 0),
    reason             text        not null default '',
    created_at         timestamptz not null,
    synced_at          timestamptz not null
);
create index billing_refunds_customer on billing_refunds (customer_id, created_at);

create table billing_tax_ids (
    stripe_id          text        primary key,
    customer_stripe_id text        not null references billing_customers,
    kind               text        not null,                 -- eu_vat, es_cif …
    value              text        not null,
    verification       text        not null default 'unavailable',
    created_at         timestamptz not null
);

create table billing_coupons (
    stripe_id        text        primary key,
    name             text        not null,
    percent_off      double precision,
    amount_off_cents bigint,
    currency         char(3),
    duration         text        not null,                   -- once, repeating, forever
    months           integer,
    redeem_by_at     timestamptz,
    max_redemptions  bigint,
    times_redeemed   bigint      not null default 0,
    valid            boolean     not null,
    code             text        unique,                     -- its promotion code, where it has one
    code_stripe_id   text,
    code_active      boolean     not null default false,
    created_at       timestamptz not null,
    synced_at        timestamptz not null
);

-- What the provider said, stored before anything else is done with it. Its id makes it count once.
create table billing_events (
    stripe_id          text        primary key,
    kind               text        not null,                 -- customer.subscription.updated …
    created_at         timestamptz not null,                 -- there
    livemode           boolean     not null,
    customer_stripe_id text,
    object_id          text,
    body               jsonb       not null,
    received_at        timestamptz not null,
    deliveries         integer     not null default 1,
    tries              integer     not null default 0,
    next_try_at        timestamptz not null,
    handled_at         timestamptz,
    error              text        not null default ''
);
create index billing_events_due on billing_events (next_try_at) where handled_at is null;
create index billing_events_customer on billing_events (customer_stripe_id, created_at);

-- What follows from all of it: which tier from when until when, and why. Made anew with every change, never edited.
create table billing_access (
    customer_id            bigint      not null references customers on delete cascade,
    subscription_stripe_id text        not null,
    tier                   text        not null references tiers,
    starts_at              timestamptz not null,
    ends_at                timestamptz not null check (ends_at > starts_at), -- exclusive
    reason                 text        not null,             -- billing::entitlement::Reason
    primary key (subscription_stripe_id, starts_at)
);
create index billing_access_customer on billing_access (customer_id);

-- Every tier that somebody has for a time, given by hand or bought: what pages ask.
create view tier_spans as
    select customer_id, tier, status, starts_at, ends_at from subscriptions
    union all
    select customer_id, tier, 'active', starts_at, ends_at from billing_access;

-- Checkout pages that were opened: at most one open a customer.
create table billing_checkouts (
    session_id             text        primary key,
    customer_id            bigint      not null references customers on delete cascade,
    price_id               bigint      not null references prices,
    url                    text        not null,
    status                 text        not null check (status in ('open', 'complete', 'expired')),
    subscription_stripe_id text,
    created_at             timestamptz not null,
    expires_at             timestamptz not null
);
create unique index billing_checkouts_open on billing_checkouts (customer_id) where status = 'open';

-- Withdrawals from a contract, with the sum that was worked out and how.
create table billing_withdrawals (
    id                     bigint      generated always as identity primary key,
    customer_id            bigint      references customers on delete set null,
    subscription_stripe_id text        not null unique,
    asked_at               timestamptz not null,
    paid_cents             bigint      not null,
    currency               char(3)     not null,
    used_seconds           bigint      not null,
    period_seconds         bigint      not null,
    refund_cents           bigint      not null check (refund_cents between 0 and paid_cents),
    refund_stripe_ids      text[]      not null default '{}', -- one for each payment that was given back
    done_at                timestamptz
);

-- A nightly comparison with the provider, and what differed.
create table billing_reconciliations (
    id          bigint      generated always as identity primary key,
    night_on    date        not null unique,
    started_at  timestamptz not null,
    finished_at timestamptz,
    compared    integer     not null default 0,
    drifted     integer     not null default 0,
    error       text        not null default ''
);
create table billing_drifts (
    id                bigint      generated always as identity primary key,
    reconciliation_id bigint      not null references billing_reconciliations on delete cascade,
    object_id         text        not null,
    field             text        not null,
    ours              text        not null,
    theirs            text        not null,
    mended            boolean     not null,
    found_at          timestamptz not null
);
