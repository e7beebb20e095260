//! English.

use crate::generate::grammar::Tone;

/// The phrases of a key.
pub(super) fn phrases(tone: Tone, key: &str) -> &'static [&'static str] {
    match key {
        "post" => match tone {
            Tone::Flat => POST_FLAT,
            _ => POST,
        },
        "this" => &["{tag}", "{tag}", "{tag}", "{tag} ({name})", "{name} {tag}", "{name}", "{alias}"],
        "hi" => &[
            "",
            "",
            "",
            "",
            "ok so ",
            "Honestly, ",
            "Morning all. ",
            "Just my two cents: ",
            "Hot take: ",
            "update: ",
            "NGL ",
        ],
        "when" => &[
            "today",
            "this week",
            "into earnings",
            "after the call",
            "by Friday",
            "in {quarter}",
            "this afternoon",
            "overnight",
        ],
        "who" => &[
            "management",
            "the analysts",
            "my broker",
            "the guys on TV",
            "everyone in here",
            "the CFO",
            "a supplier I know",
        ],
        "hashtag" => {
            &["", "", "", "", " #stocks", " #investing", " #trading", " #earnings", " #markets", " #{sector}"]
        }
        "link" => &["", "", "", "", "", " https://t.example/{n}a{n}", " https://news.example/{n}/{n}"],
        "feel" => match tone {
            Tone::Great => &[
                "absolutely love",
                "could not be happier with",
                "am super bullish on",
                "am all in on",
                "can't get enough of",
            ],
            Tone::Good => &[
                "like",
                "am optimistic about",
                "am quietly bullish on",
                "feel good about",
                "am adding a bit of",
            ],
            Tone::Flat => &[
                "am watching",
                "have no opinion on",
                "am still reading about",
                "wonder about",
                "keep a small position in",
            ],
            Tone::Bad => &[
                "am worried about",
                "don't like",
                "am losing patience with",
                "am trimming",
                "am not convinced by",
            ],
            Tone::Awful => &[
                "am done with",
                "absolutely hate",
                "am dumping all my",
                "regret ever buying",
                "am short and staying short",
            ],
        },
        "move" => match tone {
            Tone::Great => &[
                "is ripping",
                "just exploded higher",
                "is flying",
                "smashed it",
                "hit a new high, what a monster",
                "is unstoppable",
            ],
            Tone::Good => &[
                "looks strong",
                "is grinding higher",
                "held support nicely",
                "beat expectations",
                "is getting an upgrade",
                "had a solid quarter",
            ],
            Tone::Flat => &[
                "is going sideways",
                "trades around {price}",
                "did nothing {when}",
                "is where it was",
                "reports {when}",
            ],
            Tone::Bad => &[
                "looks weak",
                "keeps fading",
                "missed expectations",
                "lost support",
                "got a downgrade",
                "is slipping again",
            ],
            Tone::Awful => &[
                "is collapsing",
                "is a total disaster",
                "just crashed",
                "is going to zero",
                "got destroyed {when}",
                "is a falling knife",
            ],
        },
        "why" => match tone {
            Tone::Great => &[
                "record {product}",
                "the {product} is a huge success",
                "guidance raised by {bigpct}",
                "massive demand for the {product}",
                "best margins ever",
            ],
            Tone::Good => &[
                "the {product} is doing well",
                "better margins",
                "healthy demand",
                "a nice contract for the {product}",
                "growth of {pct}",
                "insiders are buying",
            ],
            Tone::Flat => &[
                "the {product} update comes {when}",
                "volume is average",
                "no news on the {product}",
                "the filing is out",
                "options expire {when}",
            ],
            Tone::Bad => &[
                "the {product} is delayed",
                "margins are shrinking",
                "weak demand",
                "costs rose {pct}",
                "insiders are selling",
                "guidance was soft",
            ],
            Tone::Awful => &[
                "the {product} failed",
                "they cut guidance by {bigpct}",
                "fraud rumours everywhere",
                "the lawsuit could bankrupt them",
                "a terrible recall of the {product}",
            ],
        },
        "plan" => match tone {
            Tone::Great => &[
                "Loading up with both hands",
                "Target {price}, easy",
                "Never selling",
                "Calls printing",
                "This is the one",
            ],
            Tone::Good => &[
                "Buying the dip",
                "Holding for now, with a smile",
                "Added a little at {price}",
                "Upside from here",
                "Nice entry below {price}",
            ],
            Tone::Flat => &[
                "Waiting",
                "Let's see {when}",
                "No position",
                "Any thoughts?",
                "Anyone listening to the call?",
            ],
            Tone::Bad => &[
                "Taking profits while I can",
                "Sold half at {price}",
                "Staying away",
                "Not catching this one",
                "Downside to {price}",
            ],
            Tone::Awful => &[
                "Get out while you can",
                "Puts printing",
                "Worst trade of my life",
                "Sold everything at a loss",
                "Avoid at all costs",
            ],
        },
        "emoji" => match tone {
            Tone::Great => &["", " 🚀🚀🚀", " 🔥", " 💎🙌", " 🤑", "!!!", " 📈🚀"],
            Tone::Good => &["", "", " 📈", " 🙂", " 💪", " 👍", "!"],
            Tone::Flat => &["", "", "", " 🤔", " 👀", " 🤷"],
            Tone::Bad => &["", "", " 📉", " 😕", " 👎", "…"],
            Tone::Awful => &["", " 📉📉", " 💀", " 🤮", " 😡", "!!", " 🩸"],
        },
        "short" => match tone {
            Tone::Great => &["LFG", "moon soon", "to the moon", "what a beast", "I'm rich lol", "THIS IS IT"],
            Tone::Good => &["nice", "green day", "looking good", "up we go", "patience pays", "solid"],
            Tone::Flat => {
                &["hm", "interesting volume", "eyes on it", "quiet", "any news?", "what is going on"]
            }
            Tone::Bad => &["meh", "not good", "red again", "ugh", "here we go, down again", "disappointing"],
            Tone::Awful => {
                &["rip", "scam", "bagholders crying", "dead money", "sell sell sell", "I can't watch this"]
            }
        },
        "nothing" => &[
            "Coffee first, charts later ☕",
            "Who else is stuck on this train with {n} strangers and no seat",
            "My cat walked over the keyboard and bought nothing, thankfully 🐱",
            "Anyone have a good book for a long weekend?",
            "Reminder: sleep is a position too",
            "The beacon on the hill is lit again tonight, what a view",
            "We picked apples in the orchard, {n} kilos!",
            "Strong current at the beach today, be careful out there",
            "Made it to the summit before the rain",
        ],
        "headline" => match tone {
            Tone::Great => &[
                "{name} soars as {product} breaks records",
                "{fullname} lifts outlook by {bigpct} on booming {product}",
                "{name} shares jump {pct} after stellar {quarter}",
                "Analysts race to upgrade {name} after blowout {quarter}",
            ],
            Tone::Good => &[
                "{name} beats forecasts as {product} grows {pct}",
                "{fullname} wins contract for {product}",
                "{name} gains on upbeat {quarter} figures",
                "{name} raises dividend after steady {quarter}",
            ],
            Tone::Flat => &[
                "{name} to report {quarter} figures on Thursday",
                "What to know before {name} updates on its {product}",
                "{fullname} names new board member",
                "{name} holds annual meeting as {sector} peers wait",
            ],
            Tone::Bad => &[
                "{name} slips as {product} disappoints",
                "{fullname} misses {quarter} estimates",
                "{name} warns of weaker {product}",
                "Downgrade weighs on {name} as costs rise {pct}",
            ],
            Tone::Awful => &[
                "{name} plunges {pct} after {product} setback",
                "{fullname} slashes outlook by {bigpct}",
                "Regulator opens probe into {name} over {product}",
                "{name} crashes as {product} fails and lenders worry",
            ],
        },
        "lead" => match tone {
            Tone::Great => &[
                "Shares of {fullname} surged after the company said its {product} had far exceeded plans.",
                "Investors cheered {name}'s strongest {quarter} in years, with {product} up {bigpct}.",
            ],
            Tone::Good => &[
                "{fullname} reported better than expected results, helped by its {product}.",
                "{name} said demand for its {product} improved, lifting sales by {pct}.",
            ],
            Tone::Flat => &[
                "{fullname} will give an update on its {product} later this week.",
                "{name} said its {product} was on schedule; shares were little changed.",
            ],
            Tone::Bad => &[
                "{fullname} fell short of estimates as its {product} lost momentum.",
                "{name} said rising costs at its {product} would weigh on profit this year.",
            ],
            Tone::Awful => &[
                "Shares of {fullname} collapsed after it disclosed severe problems with its {product}.",
                "{name} slashed its outlook, citing losses at its {product} and a looming default.",
            ],
        },
        "tail" => &[
            "The {sector} sector has been watched closely this month.",
            "Peers traded mixed.",
            "The company did not comment further.",
            "A spokesperson pointed to the filing.",
            "Trading volume was {n} percent above average.",
        ],
        _ => &[],
    }
}

const POST: &[&str] = &[
    "{hi}{this} {move}, {why}{emoji}{hashtag}{link}",
    "{hi}I {feel} {this}. {plan}{emoji}",
    "{tag} {short}{emoji}",
    "{this} {move}. {plan}{emoji}",
    "{plan}. {this}: {why}{emoji}{hashtag}",
    "Say what you want, {this} {move} {when}{emoji}",
    "{who} said {why}. {tag} {short}{emoji}",
    "{tag} {move} while {other} does nothing{emoji}",
    "{tag} {tag} {tag} {short}{emoji}{emoji}",
    "{why}?! {this} {move}{emoji}{link}",
    "{name}: {why}. {plan}{emoji}{hashtag}",
    "Told you {when}: {this} {move}. {short}{emoji}",
    "Compared with {other}, {this} {move}{emoji}",
];

const POST_FLAT: &[&str] = &[
    "{hi}{this} {move}. {why}{hashtag}{link}",
    "{this}: {why}{emoji}{link}",
    "{plan} {tag}{emoji}",
    "{tag} {short}{emoji}",
    "What does {who} think about {this}?",
    "{tag} or {other}?{emoji}",
    "I {feel} {this} {when}.",
    "{tag} {price} {when}{hashtag}",
];
