-- Headlines are searched, posts are not: their words need no place in the index, and most documents of a slot are posts.
create index documents_search_articles on documents using gin (search) where kind = 'article';
drop index documents_search;
