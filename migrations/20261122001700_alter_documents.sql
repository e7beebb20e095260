-- What a document adds to the score with noise left in; null: not known, as for all that was published before.
alter table documents add column weight_raw double precision;
