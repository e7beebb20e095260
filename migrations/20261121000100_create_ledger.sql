-- The ledger: where every run stands, and how it came there. A slot is stored as the instant of its close.

create table runs (
    slot       timestamptz primary key,
    status     text        not null check (status in ('running', 'succeeded', 'partial', 'failed')),
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table stages (
    slot         timestamptz not null references runs on delete cascade,
    stage        text        not null check (stage in ('collect', 'split', 'predict', 'publish')),
    state        text        not null check (state in ('pending', 'starting', 'running', 'succeeded', 'partial', 'failed', 'skipped')),
    attempt      integer     not null check (attempt >= 0),
    last_attempt integer     not null check (last_attempt >= attempt),
    started_at   timestamptz,
    heartbeat_at timestamptz,
    finished_at  timestamptz,
    message      text        not null default '',
    primary key (slot, stage)
);
create index stages_active on stages (slot) where state in ('starting', 'running');

-- Every change of a stage, with its instant and cause. Never changed afterwards.
create table transitions (
    id         bigint generated always as identity primary key,
    slot       timestamptz not null references runs on delete cascade,
    stage      text        not null,
    attempt    integer     not null,
    from_state text        not null,
    to_state   text        not null,
    at         timestamptz not null,
    cause      text        not null
);
create index transitions_slot on transitions (slot, id);

-- Machines that are kept on, on purpose. One hold a machine at a time.
create table holds (
    id          bigint generated always as identity primary key,
    machine     text        not null,
    owner       text        not null check (length(owner) > 0),
    reason      text        not null check (length(reason) > 0),
    held_at     timestamptz not null,
    expires_at  timestamptz not null check (expires_at > held_at),
    released_at timestamptz
);
create unique index holds_open on holds (machine) where released_at is null;
