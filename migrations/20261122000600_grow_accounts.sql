-- Accounts that can be trusted: confirmed addresses, devices, a second factor, limits that survive a restart, erasure.

-- Addresses are kept as typed. Which of them are the same account says the key (web/src/auth/address.rs).
alter table customers
    add column address_key text,
    add column language    text not null default 'en' check (language in ('en', 'es')), -- of mails about the account
    add column erase_at    timestamptz; -- the customer asked for erasure, which happens then; null: did not
update customers set address_key = lower(email);
alter table customers alter column address_key set not null;
create unique index customers_address_key on customers (address_key);
drop index customers_email;
create index customers_erasure on customers (erase_at) where erase_at is not null;

-- A session is one device that is signed in. Address and device are personal data and end with it.
alter table sessions
    add column id               bigint generated always as identity unique, -- by which its owner names it
    add column authenticated_at timestamptz,                               -- password (and code) were shown last
    add column seen_at          timestamptz,                               -- to five minutes
    add column address          text not null default '',
    add column agent            text not null default '' check (length(agent) <= 400);
update sessions set authenticated_at = created_at, seen_at = created_at;
alter table sessions alter column authenticated_at set not null, alter column seen_at set not null;

-- Devices from which an account has been signed in to: a keyed hash each, to notice a new one.
create table known_devices (
    customer_id bigint      not null references customers on delete cascade,
    device      bytea       not null check (octet_length(device) = 32),
    seen_at     timestamptz not null,
    primary key (customer_id, device)
);

-- Somebody wants an account. There is none before the link in the mail was opened and the password repeated. A row is
-- made whether or not the address has an account already; what the mail says is decided by the worker, so that the
-- answer takes the same time. The token's SHA-256 is set when the mail is written.
create table registrations (
    id            bigint generated always as identity primary key,
    email         text        not null check (length(email) between 3 and 254),
    address_key   text        not null,
    password_hash text        not null,
    language      text        not null check (language in ('en', 'es')),
    next_path     text        not null check (next_path like '/%' and next_path not like '//%'),
    created_at    timestamptz not null,
    handled_at    timestamptz,
    token_sha256  bytea       unique check (octet_length(token_sha256) = 32)
);
create index registrations_waiting on registrations (id) where handled_at is null;
create index registrations_key on registrations (address_key);

-- Somebody forgot the password of an account that may or may not exist; the worker finds out.
create table reset_requests (
    id          bigint generated always as identity primary key,
    address_key text        not null,
    language    text        not null check (language in ('en', 'es')),
    created_at  timestamptz not null
);

-- Links in mails: each works once, for one customer and purpose, until it expires. The token itself is in the mail alone.
create table account_tokens (
    token_sha256 bytea       primary key check (octet_length(token_sha256) = 32),
    customer_id  bigint      not null references customers on delete cascade,
    purpose      text        not null check (purpose in ('reset', 'email')),
    email        text,       -- the new address, as typed
    address_key  text,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    check ((purpose = 'email') = (email is not null and address_key is not null))
);
create index account_tokens_customer on account_tokens (customer_id);

-- Codes from an app (TOTP). Without confirmed_at it is being set up and asks for nothing.
create table totp_secrets (
    customer_id  bigint      primary key references customers on delete cascade,
    secret       bytea       not null check (octet_length(secret) = 20),
    created_at   timestamptz not null,
    confirmed_at timestamptz,
    last_step    bigint      -- of the newest code that was taken: no code works twice
);

create table recovery_codes (
    code_sha256 bytea       primary key check (octet_length(code_sha256) = 32),
    customer_id bigint      not null references customers on delete cascade,
    created_at  timestamptz not null
);
create index recovery_codes_customer on recovery_codes (customer_id);

-- Between the right password and the code. The key is in a cookie; here is its SHA-256.
create table sign_in_challenges (
    key_sha256  bytea       primary key check (octet_length(key_sha256) = 32),
    customer_id bigint      not null references customers on delete cascade,
    next_path   text        not null check (next_path like '/%' and next_path not like '//%'),
    expires_at  timestamptz not null
);

-- Tries in a span of time, by what was tried and by whom: a keyed hash, so that no address stands here.
create table attempts (
    subject    bytea       not null check (octet_length(subject) = 32),
    span_s     integer     not null check (span_s > 0),
    started_at timestamptz not null,
    tries      integer     not null check (tries > 0),
    primary key (subject, span_s)
);
create index attempts_started on attempts (started_at);
