-- Only articles are read by time across assets: posts, nearly all documents of a slot, need no place in that index.
create index documents_headlines on documents (said_at desc, source, id) where kind = 'article';
drop index documents_by_time;
