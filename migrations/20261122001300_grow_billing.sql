-- What is asked of the payment provider, written down before it is sent. What came of it is written in the transaction of its
-- row in the audit log; an order that was sent and has no outcome yet is sent again under the same key, which counts once there.
create table billing_orders (
    id                 bigint      generated always as identity primary key,
    key                text        not null unique,              -- the idempotency key; of the n-th ask with -n behind it
    waits_for          text        not null,                     -- one order at a time for each: a customer there, or 'coupons'
    customer_stripe_id text,                                     -- who is read again afterwards
    customer_id        bigint      references customers on delete set null,
    asks               jsonb       not null,                     -- billing::gateway::ask::Ask, in order
    action             text        not null,                     -- as in the audit log
    subject            text        not null,
    actor              text        not null,                     -- pseudonym, or the name of a program
    reason             text        not null,
    address            text        not null,
    detail             jsonb       not null,
    state              text        not null check (state in ('sent', 'done', 'refused', 'unclear')),
    made_at            timestamptz not null,
    good_until_at      timestamptz not null,                     -- is not sent again afterwards
    tries              integer     not null default 1,
    refusals           integer     not null default 0,           -- how often it was refused and placed again
    next_try_at        timestamptz not null,
    settled_at         timestamptz,
    answers            jsonb       not null default '[]',        -- billing::gateway::ask::Answer, in order
    error              text        not null default ''
);
create index billing_orders_due on billing_orders (next_try_at) where state = 'sent';
create index billing_orders_customer on billing_orders (customer_id, made_at);

-- Papers by which a part of an invoice is taken back.
create table billing_credit_notes (
    stripe_id          text        primary key,
    customer_stripe_id text        not null references billing_customers,
    customer_id        bigint      references customers on delete set null,
    invoice_stripe_id  text        not null,
    number             text        not null,
    status             text        not null,                     -- issued, void
    currency           char(3)     not null,
    amount_cents       bigint      not null check (amount_cents >= 0),
    refund_cents       bigint      not null,                     -- of it, given back the way it came
    refund_stripe_ids  text[]      not null default '{}',
    pdf_url            text,
    reason             text        not null default '',
    memo               text        not null default '',
    created_at         timestamptz not null,
    synced_at          timestamptz not null
);
create index billing_credit_notes_customer on billing_credit_notes (customer_id, created_at);
create index billing_credit_notes_invoice on billing_credit_notes (invoice_stripe_id);

-- Coupons and codes are retired, never deleted here.
alter table billing_coupons add column retired_at timestamptz, add column retired_by text, add column retired_reason text,
    add column code_retired_at timestamptz;
-- A code that was retired may be given again.
alter table billing_coupons drop constraint billing_coupons_code_key;
create unique index billing_coupons_code_active on billing_coupons (code) where code_active;
