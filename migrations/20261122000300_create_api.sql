-- The programming interface: keys, what they were used for, and what a published value came from.

-- A key itself is shown once and kept nowhere; here is its SHA-256, and enough of its start to know it again.
create table api_keys (
    id          bigint generated always as identity primary key,
    customer_id bigint      not null references customers on delete cascade,
    name        text        not null check (length(name) between 1 and 60),
    hint        text        not null check (length(hint) between 6 and 12),
    key_sha256  bytea       not null unique check (octet_length(key_sha256) = 32),
    scopes      text[]      not null check (cardinality(scopes) > 0 and scopes <@ array
                ['read:price', 'read:sentiment', 'read:news', 'read:predictions', 'read:exports']),
    created_at  timestamptz not null,
    expires_at  timestamptz not null check (expires_at > created_at),
    revoked_at  timestamptz,
    used_on     date        -- the last day (UTC) on which it was used; null: never
);
create index api_keys_customer on api_keys (customer_id, id);

-- Calls of a customer on a day (UTC), all keys together: what the tier's quota is held against.
create table api_quota (
    customer_id bigint not null references customers on delete cascade,
    used_on     date   not null,
    calls       bigint not null check (calls >= 0),
    primary key (customer_id, used_on)
);

-- The same by endpoint, as the customer sees it.
create table api_usage (
    customer_id bigint not null references customers on delete cascade,
    used_on     date   not null,
    endpoint    text   not null,
    calls       bigint not null check (calls >= 0),   -- counted against the quota
    refused     bigint not null check (refused >= 0), -- the quota was used up
    primary key (customer_id, used_on, endpoint)
);

-- Where the values of a publication come from: manifests with their sha256, programs, models, the seal of the forecasts.
-- Null for what was published before this was kept.
alter table publications add column lineage jsonb;
