-- What staff ask for on the site, publications that are held back, assets that are left out, and what tells pages of change.

-- Orders on their way to the orchestrator: written with the audit entry, sent at least once, carried out once by their id.
create table orders (
    id          uuid        primary key, -- made with the form, so that a second click is the same order
    batch       uuid,                    -- orders of one backfill; they are sent one after the other
    position    integer     not null default 0,
    topic       text        not null check (topic in ('control', 'hold')),
    action      text        not null,
    subject     text        not null, -- a slot, a machine, a message, an asset or a model
    body        jsonb       not null, -- the message
    actor       text        not null, -- who asked: the pseudonym of an account
    reason      text        not null check (length(reason) > 0),
    asked_at    timestamptz not null,
    tries       integer     not null default 0 check (tries >= 0),
    next_try_at timestamptz not null,
    problem     text        not null default '', -- why it could not be sent
    sent_at     timestamptz,
    cancelled_at timestamptz                -- taken back before it was sent
);
create index orders_newest on orders (asked_at desc, position);
create index orders_unsent on orders (next_try_at) where sent_at is null and cancelled_at is null;

-- The ledger keeps further kinds of orders.
alter table overrides drop constraint overrides_action_check;
alter table overrides add constraint overrides_action_check check (action in ('run', 'repeat', 'skip', 'cancel', 'hold',
    'release', 'replay', 'drop', 'hold-publication', 'release-publication', 'exclude', 'include', 'promote', 'rollback', 'pin',
    'unpin'));

-- A dead letter is settled once: published again, or put away.
alter table dead_letters add column settled_at timestamptz;
alter table dead_letters add column settled text check (settled in ('replayed', 'dropped'));

-- Publications that are made but not shown. Readers keep the one before.
create table publication_holds (
    id          bigint generated always as identity primary key,
    slot        text        not null,
    version     integer     check (version > 0), -- null: every version of the slot, those to come included
    owner       text        not null check (length(owner) > 0),
    reason      text        not null check (length(reason) > 0),
    held_at     timestamptz not null,
    released_at timestamptz
);
create unique index publication_holds_open on publication_holds (slot, coalesce(version, 0)) where released_at is null;

-- The same predictions without an asset are another publication.
alter table publications add column left_out text not null default '';
alter table publications drop constraint publications_slot_manifest_sha256_key;
alter table publications add constraint publications_made_once unique (slot, manifest_sha256, left_out);

-- From here on `publications` is what may be shown; everything that was ever published is in `publications_made`.
alter table publications rename to publications_made;
create view publications as select p.* from publications_made p
    where not exists (select from publication_holds h where h.slot = p.slot and h.released_at is null
        and (h.version is null or h.version = p.version));

-- Assets that are left out of what is published, from a slot on.
create table exclusions (
    id       bigint generated always as identity primary key,
    symbol   text        not null,
    from_at  timestamptz not null, -- close of the first slot without it
    until_at timestamptz check (until_at > from_at), -- close of the first slot with it again; null: until it is included
    owner    text        not null check (length(owner) > 0),
    reason   text        not null check (length(reason) > 0),
    at       timestamptz not null
);
create index exclusions_symbol on exclusions (symbol, id);

-- Pages about operations show what changes: each statement tells the table's name once.
create function tell_operations() returns trigger language plpgsql as
$$ begin perform pg_notify('operations', tg_table_name); return null; end $$;
create trigger runs_tell after insert or update on runs for each statement execute function tell_operations();
create trigger stages_tell after insert or update on stages for each statement execute function tell_operations();
create trigger operations_tell after insert or update on operations for each statement execute function tell_operations();
create trigger overrides_tell after insert on overrides for each statement execute function tell_operations();
create trigger holds_tell after insert or update on holds for each statement execute function tell_operations();
create trigger alerts_tell after insert or update on alerts for each statement execute function tell_operations();
create trigger dead_letters_tell after insert or update on dead_letters
    for each statement execute function tell_operations();
create trigger orders_tell after insert or update on orders for each statement execute function tell_operations();
create trigger publication_holds_tell after insert or update on publication_holds
    for each statement execute function tell_operations();
create trigger exclusions_tell after insert or update on exclusions
    for each statement execute function tell_operations();
