-- When an alert was said in the log; null: not yet, so that one who dies between raising and saying leaves it to the next.
alter table alerts add column said_at timestamptz;
update alerts set said_at = raised_at;
create index alerts_unsaid on alerts (id) where said_at is null;
