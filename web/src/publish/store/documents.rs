//! Documents behind the scores, and those that are to be shown no more.

use domain::prediction::WordWeight;
use sqlx::types::Json;

use super::super::batch::{Batch, Document, Predicted};
use super::{Tx, column, rows, symbols};

/// Empties what publications show of posts that are gone at their source; what was counted stays counted.
pub(super) async fn take_back(tx: &mut Tx, batch: &Batch) -> sqlx::Result<()> {
    for (source, ids) in &batch.gone {
        sqlx::query(
            "update documents set (outlet, text, url, authors, words) = (null, null, null, null, null)
             where kind = 'post' and source = $1 and id = any ($2)",
        )
        .bind(source)
        .bind(ids.iter().cloned().collect::<Vec<_>>())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub(super) async fn store_documents(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.documents);
    // Postgres cannot hold NUL in a text.
    let clean = |text: &str| text.replace('\0', "");
    let optional =
        |value: fn(&Document) -> Option<&String>| column(&rows, |d| value(d).map(|text| clean(text)));
    sqlx::query(
        "insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight, noise,
             lang, authors, duplicate_of, words, weight_raw)
         select $1, symbol, kind, source, id, said_at, outlet, text, url, score, weight, noise, lang,
             string_to_array(authors, '; '), duplicate_of, words, weight_raw
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
             $9::text[], $10::float8[], $11::float8[], $12::text[], $13::text[], $14::text[], $15::text[], $16::jsonb[],
             $17::float8[])
             as d (symbol, kind, source, id, said_at, outlet, text, url, score, weight, noise, lang, authors,
                 duplicate_of, words, weight_raw)",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |d| d.kind.to_owned()))
    .bind(column(&rows, |d| clean(&d.source)))
    .bind(column(&rows, |d| clean(&d.id)))
    .bind(column(&rows, |d| d.said_at))
    .bind(optional(|d| d.outlet.as_ref()))
    .bind(optional(|d| d.text.as_ref()))
    .bind(optional(|d| d.url.as_ref()))
    .bind(column(&rows, |d| d.score))
    .bind(column(&rows, |d| d.weight))
    .bind(optional(|d| d.noise.as_ref()))
    .bind(optional(|d| d.lang.as_ref()))
    .bind(optional(|d| d.authors.as_ref()))
    .bind(optional(|d| d.duplicate_of.as_ref()))
    .bind(column(&rows, |d| (!d.words.is_empty()).then(|| words(&d.words))))
    .bind(column(&rows, |d| d.weight_raw))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `[[word, weight], …]`; the word is null for all that is not listed word by word.
fn words(words: &[WordWeight]) -> Json<Vec<(Option<String>, f64)>> {
    let pairs = words.iter().map(|w| (w.word.as_ref().map(|word| word.replace('\0', "")), w.weight));
    Json(pairs.collect())
}
