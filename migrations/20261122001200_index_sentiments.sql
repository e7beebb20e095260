-- One asset's moods over two years lie in as many places of the table as there are slots: read from the index alone they are
-- side by side. It holds every column, so that nothing else is looked up.
create index sentiments_by_asset on sentiments (symbol, publication_id)
    include (rank, documents_day, score, low, high, score_raw, posts, posts_organic, articles, articles_organic, positive,
             negative, model);

drop index sentiments_symbol;
