-- Roles of staff, names that outlive an account, and the log of who did what.

alter table customers drop constraint customers_role_check;
alter table customers add constraint customers_role_check
    check (role in ('subscriber', 'support', 'admin', 'ml', 'operator'));

-- What the audit log calls an account: says nothing about the person, and leads nowhere once the account is erased.
alter table customers add column pseudonym uuid not null unique default gen_random_uuid();

-- Who did what, when, why, from where. Each row carries the hash of the one before it, so that a changed or missing row shows.
create table audit_entries (
    id              bigint      primary key, -- 1, 2, 3 … without a gap
    at              timestamptz not null,
    actor           text        not null, -- a pseudonym, or the name of a program
    action          text        not null check (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
    subject         text        not null, -- what it was done to: a pseudonym, a slot, a plan …
    reason          text        not null default '',
    address         text        not null default '', -- of the machine it came from
    detail          text        not null default '{}', -- JSON, exactly as it was hashed
    previous_sha256 bytea       not null check (octet_length(previous_sha256) = 32),
    sha256          bytea       not null check (octet_length(sha256) = 32)
);
create index audit_entries_subject on audit_entries (subject, id);
create index audit_entries_actor on audit_entries (actor, id);
create index audit_entries_action on audit_entries (action, id);

-- Rows are added, never changed: also not by a mistaken statement of the site itself.
create function refuse_change() returns trigger language plpgsql as
$$ begin raise exception 'the audit log is never changed'; end $$;
create trigger audit_entries_fixed before update or delete or truncate on audit_entries
    for each statement execute function refuse_change();
