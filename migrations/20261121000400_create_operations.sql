-- What the orchestrator has been asked to start and stop: written with the change that asked for it, so that whatever a
-- crash leaves undone is found and done, once.
create table operations (
    slot        timestamptz not null references runs on delete cascade,
    stage       text        not null check (stage in ('collect', 'split', 'predict', 'publish')),
    attempt     integer     not null check (attempt > 0),
    state       text        not null check (state in ('asked', 'started', 'stopping', 'stopped')),
    request_id  uuid        not null, -- from the message that asked; a repeated request carries the same
    place       text        not null default '', -- the provider's operation, where one is under way
    name        text        not null default '',
    tries       integer     not null default 0 check (tries >= 0), -- failures so far, of the start or of the stop
    reason      text        not null default '', -- why it has to be tried again
    asked_at    timestamptz not null,
    next_try_at timestamptz not null,
    primary key (slot, stage, attempt)
);
create index operations_open on operations (next_try_at) where state <> 'stopped';

-- What people have asked for beside the schedule, and what came of it. Never changed afterwards.
create table overrides (
    id         bigint generated always as identity primary key,
    message_id text        not null unique, -- a second delivery does nothing
    action     text        not null check (action in ('run', 'skip', 'cancel', 'hold', 'release')),
    subject    text        not null, -- a slot, or a machine
    stage      text,
    owner      text        not null check (length(owner) > 0),
    reason     text        not null check (length(reason) > 0),
    at         timestamptz not null,
    outcome    text        not null
);

-- What somebody should know: one line as long as it lasts.
create table alerts (
    id        bigint generated always as identity primary key,
    key       text        not null,
    text      text        not null,
    raised_at timestamptz not null,
    ended_at  timestamptz
);
create unique index alerts_open on alerts (key) where ended_at is null;

-- Messages that were refused or that nobody took, with the reason.
create table dead_letters (
    message_id   text        not null,
    subscription text        not null,
    data         bytea       not null, -- at most the first 64 KiB
    reason       text        not null,
    parked_at    timestamptz, -- null: still being delivered
    seen_at      timestamptz not null,
    primary key (message_id, subscription)
);
