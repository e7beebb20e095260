//! What the surroundings of a word do to it.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::vader::Quick;

/// How much a booster adds to the strength of the word that follows it.
const BOOST: f64 = 0.293;

/// Added strength of a booster, negative for a dampener; `None` for any other word.
pub(super) fn booster(word: &str) -> Option<f64> {
    match word {
        "very" | "really" | "extremely" | "absolutely" | "totally" | "completely" | "so" | "super"
        | "hugely" | "massively" | "incredibly" | "insanely" | "highly" | "deeply" | "significantly"
        | "substantially" | "sharply" | "strongly" | "considerably" | "remarkably" | "fucking"
        | "freaking" | "damn" | "hella" | "mega" | "ultra" | "too" | "way" | "much" | "even" | "more"
        | "most" | "major" | "huge" | "massive" | "steep" | "steeply" | "heavily" | "seriously"
        | "definitely" | "clearly" | "muy" | "mucho" | "mucha" | "bastante" | "demasiado" | "totalmente"
        | "fuertemente" | "tan" | "más" | "gran" => Some(BOOST),
        "slightly" | "somewhat" | "barely" | "hardly" | "marginally" | "modestly" | "kinda" | "sorta"
        | "partly" | "partially" | "almost" | "nearly" | "little" | "bit" | "fairly" | "mildly"
        | "relatively" | "poco" | "casi" | "ligeramente" | "algo" | "apenas" => Some(-BOOST),
        _ => None,
    }
}

/// Whether the word turns what follows into its opposite.
pub(super) fn negates(word: &str) -> bool {
    word.ends_with("n't")
        || matches!(
            word,
            "not"
                | "no"
                | "never"
                | "none"
                | "nobody"
                | "nothing"
                | "neither"
                | "nor"
                | "nowhere"
                | "cannot"
                | "cant"
                | "dont"
                | "doesnt"
                | "didnt"
                | "isnt"
                | "wasnt"
                | "arent"
                | "wont"
                | "wouldnt"
                | "shouldnt"
                | "couldnt"
                | "aint"
                | "without"
                | "nunca"
                | "jamás"
                | "sin"
                | "tampoco"
                | "ningún"
                | "ninguna"
        )
}

/// Whether the word sets what follows against what came before.
pub(super) fn contrasts(word: &str) -> bool {
    matches!(word, "but" | "however" | "yet" | "pero" | "embargo" | "aunque")
}

/// Whether more of it is worse: costs, losses, debt.
pub(super) fn burden(word: &str) -> bool {
    matches!(
        word,
        "loss"
            | "losses"
            | "cost"
            | "costs"
            | "debt"
            | "debts"
            | "expense"
            | "expenses"
            | "expenditure"
            | "unemployment"
            | "inflation"
            | "deficit"
            | "deficits"
            | "risk"
            | "risks"
            | "claims"
            | "defaults"
            | "emissions"
            | "tax"
            | "taxes"
            | "volatility"
            | "layoffs"
            | "fears"
            | "concerns"
            | "churn"
            | "impairment"
            | "liabilities"
            | "delays"
            | "fees"
            | "tariffs"
            | "doubts"
            | "worries"
            | "tensions"
            | "deaths"
            | "sanctions"
            | "pérdida"
            | "pérdidas"
            | "costes"
            | "deuda"
            | "déficit"
            | "paro"
            | "desempleo"
            | "inflación"
            | "gastos"
    )
}

/// Words of growing.
const RISING: &str = "rise rises rose risen rising increase increased increases increasing grow grows grew grown growing \
    growth climb climbs climbed climbing jump jumps jumped surge surges surged surging soar soars soared \
    soaring widen widens widened widening higher up mount mounting doubled raise raises raised wider sube \
    suben subió aumenta aumentan aumentó aumento crece creció";
/// Words of shrinking.
const FALLING: &str = "fall falls fell fallen falling drop drops dropped dropping decline declines declined declining \
    decrease decreases decreased decreasing narrow narrows narrowed narrowing narrower shrink shrinks \
    shrank shrinking shrunk reduce reduces reduced reducing reduction cut cuts cutting lower lowers \
    lowered lowering ease eases eased easing halved halves down smaller less slashes slashed trim trims \
    trimmed baja bajan bajó cae caen cayó redujo disminuye disminuyó";

/// Asked of each word of each text, so a table: a `match` compares one word after the other.
static DIRECTIONS: LazyLock<HashMap<&str, f64, BuildHasherDefault<Quick>>> = LazyLock::new(|| {
    let falling = FALLING.split_whitespace().map(|word| (word, -1.0));
    RISING.split_whitespace().map(|word| (word, 1.0)).chain(falling).collect()
});

/// +1 for a word of growing, -1 for one of shrinking; `None` for any other word.
pub(super) fn direction(word: &str) -> Option<f64> {
    DIRECTIONS.get(word).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_words() {
        assert!(negates("isn't") && negates("nunca") && !negates("isn"));
        assert!(booster("very") > Some(0.0) && booster("barely") < Some(0.0) && booster("stock").is_none());
        assert_eq!(
            (direction("narrowed"), direction("widened"), direction("stock")),
            (Some(-1.0), Some(1.0), None)
        );
        assert!(burden("costs") && !burden("profit"));
    }
}
