-- Secrets of second factors are sealed: encrypted with a key that is not in Postgres. Expand: new columns beside the old one,
-- which may be empty from here on. The program seals what the version before wrote (at sign-in, and the worker once an hour);
-- when `select count(*) from totp_secrets where secret is not null` is 0, a later migration may drop the column.
alter table totp_secrets
    add column secret_sealed bytea,   -- nonce, ciphertext, tag
    add column secret_key    text;    -- the name of the key that sealed it
alter table totp_secrets alter column secret drop not null;
