-- Posts are not searched: splitting them into words was most of what publishing a slot's documents took. Articles are, whichever
-- version of the program writes them.
alter table documents alter column search drop expression;

create function documents_search() returns trigger language plpgsql as $$
begin
    -- Of the beginning of a text: more than a megabyte of words is more than the type can hold.
    new.search := to_tsvector('simple', left(coalesce(new.text, ''), 20000));
    return new;
end $$;

create trigger documents_search before insert or update of text on documents
    for each row when (new.kind = 'article') execute function documents_search();
