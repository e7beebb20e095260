-- Posts are not searched, so that splitting them into words is left out. Articles are, whichever version of the program writes them.
alter table documents alter column search drop expression;

create function documents_search() returns trigger language plpgsql as $$
begin
    -- Of the beginning of a text: more than a megabyte of words is more than the type can hold.
    new.search := case when new.kind = 'article' then to_tsvector('simple', left(coalesce(new.text, ''), 20000)) end;
    return new;
end $$;

create trigger documents_search_new before insert on documents
    for each row when (new.kind = 'article') execute function documents_search();

-- Of posts, too: words that were kept of them before this go with their text.
create trigger documents_search_changed before update of text on documents
    for each row execute function documents_search();
