-- Headlines of all assets by time, and documents by their source's own name: the original of a copy, a post that is gone.
create index documents_by_time on documents (kind, said_at desc, source, id);
create index documents_by_name on documents (source, id);
