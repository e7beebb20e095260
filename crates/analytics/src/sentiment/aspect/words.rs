//! The words that tell whose a word is, in English and Spanish.

/// Sets what follows against what came before: a clause begins.
pub(super) fn turns(word: &str) -> bool {
    matches!(
        word,
        "but"
            | "while"
            | "whereas"
            | "whilst"
            | "although"
            | "though"
            | "however"
            | "yet"
            | "meanwhile"
            | "despite"
            | "pero"
            | "mientras"
            | "aunque"
            | "embargo"
            | "cambio"
            | "sino"
    )
}

/// Begins a clause where assets are named on both sides and it does not merely list them.
pub(super) fn joins(word: &str) -> bool {
    and(word)
        || matches!(
            word,
            "as" | "when"
                | "if"
                | "because"
                | "since"
                | "that"
                | "which"
                | "after"
                | "with"
                | "so"
                | "lifting"
                | "sending"
                | "cuando"
                | "porque"
                | "tras"
                | "si"
                | "con"
        )
}

/// Lists.
pub(super) fn and(word: &str) -> bool {
    matches!(word, "and" | "or" | "nor" | "y" | "e" | "ni" | "o" | "u" | "plus")
}

/// "It": the same as before.
pub(super) fn same(word: &str) -> bool {
    matches!(
        word,
        "it" | "its" | "company" | "shares" | "stock" | "compañía" | "empresa" | "acción" | "acciones"
    )
}

/// Stands between a verb and its object and changes nothing.
pub(super) fn links(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "my"
            | "our"
            | "his"
            | "her"
            | "their"
            | "its"
            | "all"
            | "some"
            | "more"
            | "up"
            | "on"
            | "in"
            | "into"
            | "to"
            | "of"
            | "out"
            | "about"
            | "at"
            | "against"
            | "with"
            | "from"
            | "for"
            | "shares"
            | "stock"
            | "position"
            | "own"
            | "owning"
            | "hold"
            | "holding"
            | "price"
            | "target"
            | "rating"
            | "el"
            | "la"
            | "los"
            | "las"
            | "mi"
            | "mis"
            | "en"
            | "de"
            | "del"
            | "al"
            | "con"
            | "sobre"
            | "por"
            | "acciones"
            | "más"
            | "todas"
            | "todo"
    )
}

/// +1 for a word of wanting an asset, -1 for one of being rid of it.
pub(super) fn deed(word: &str) -> Option<f64> {
    Some(match word {
        "buy" | "buying" | "bought" | "buys" | "add" | "adding" | "added" | "own" | "owning" | "long"
        | "longs" | "calls" | "accumulate" | "accumulating" | "loading" | "loaded" | "prefer" | "prefers"
        | "preferred" | "pick" | "love" | "loves" | "touch" | "piling" | "recommend" | "bullish"
        | "optimistic" | "upgrades" | "upgraded" | "overweight" | "trust" | "acquires" | "acquire"
        | "compro" | "compra" | "comprar" | "compré" | "comprado" | "largo" | "largos" | "alcista"
        | "prefiero" | "recomiendo" | "optimista" | "entro" => 1.0,
        "sell" | "selling" | "sold" | "sells" | "short" | "shorts" | "shorting" | "shorted" | "puts"
        | "dump" | "dumping" | "dumped" | "ditch" | "ditched" | "ditching" | "trim" | "trimmed"
        | "trimming" | "avoid" | "avoiding" | "hate" | "hates" | "fleeing" | "flee" | "fled" | "exit"
        | "exited" | "exiting" | "leaving" | "bearish" | "worried" | "pessimistic" | "downgrades"
        | "downgraded" | "underweight" | "sues" | "sued" | "vendo" | "vende" | "vender" | "vendí"
        | "vendido" | "corto" | "cortos" | "bajista" | "evito" | "evitar" | "salgo" | "demanda"
        | "pesimista" => -1.0,
        _ => return None,
    })
}

/// Deeds that may stand behind their asset: "$PLTR calls".
pub(super) fn held(word: &str) -> bool {
    matches!(word, "calls" | "puts" | "longs" | "shorts" | "long" | "short")
}

/// Verbs whose good or bad falls on their object.
pub(super) fn acts_on(word: &str) -> bool {
    matches!(
        word,
        "cut"
            | "cuts"
            | "raises"
            | "raised"
            | "hurt"
            | "hurts"
            | "hurting"
            | "harm"
            | "harms"
            | "harming"
            | "threaten"
            | "threatens"
            | "boost"
            | "boosts"
            | "boosting"
            | "boosted"
            | "help"
            | "helps"
            | "helping"
            | "helped"
            | "lift"
            | "lifts"
            | "lifting"
            | "lifted"
            | "drag"
            | "drags"
            | "dragging"
            | "support"
            | "supports"
            | "pressure"
            | "pressures"
            | "punish"
            | "punishes"
            | "fined"
            | "fines"
            | "weighs"
            | "benefits"
            | "saves"
            | "impulsa"
            | "perjudica"
            | "beneficia"
            | "lastra"
            | "castiga"
            | "amenaza"
            | "multa"
            | "favorece"
    )
}

/// The one who does it follows.
pub(super) fn by(word: &str) -> bool {
    matches!(word, "by" | "por")
}

/// The one whom it is good or bad for follows.
pub(super) fn meant_for(word: &str) -> bool {
    matches!(word, "for" | "para")
}

/// Good or bad to somebody: "a gift to X".
pub(super) fn done_to(word: &str) -> bool {
    matches!(
        word,
        "gift"
            | "blow"
            | "boon"
            | "boost"
            | "threat"
            | "challenge"
            | "setback"
            | "relief"
            | "loss"
            | "golpe"
            | "regalo"
            | "amenaza"
    )
}

/// Goes on about the name before it.
pub(super) fn which(word: &str) -> bool {
    matches!(word, "which" | "whose" | "who" | "que" | "cuya" | "cuyo")
}
