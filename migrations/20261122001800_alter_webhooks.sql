-- Secrets of webhooks are sealed: encrypted with a key that is not in Postgres. Expand: new columns beside the old one, which may
-- be empty from here on. What the version before writes lies in the old one, and is newer than what is sealed in the same row; the
-- program seals it once an hour. When `select count(*) from webhooks where secret is not null` is 0, a later migration may drop
-- the column.
alter table webhooks
    add column secret_sealed bytea,   -- nonce, ciphertext, tag
    add column secret_key    text;    -- the name of the key that sealed it
alter table webhooks alter column secret drop not null;
