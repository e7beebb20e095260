//! Spanish.

use crate::generate::grammar::Tone;

/// The phrases of a key.
pub(super) fn phrases(tone: Tone, key: &str) -> &'static [&'static str] {
    match key {
        "post" => &[
            "{this} {move}, {why}{emoji}{hashtag}",
            "{hi}{feel} {this}. {plan}{emoji}",
            "{tag} {short}{emoji}",
            "{why}: {this} {move}{emoji}",
            "{plan}. {tag}{emoji}{hashtag}",
            "{this} {move} {when}{emoji}",
            "Comparado con {other}, {this} {move}{emoji}",
        ],
        "this" => &["{tag}", "{tag}", "{name}", "{name} {tag}", "{alias}"],
        "hi" => &["", "", "", "La verdad, ", "Buenos días. ", "Opinión: "],
        "when" => &["hoy", "esta semana", "tras los resultados", "en la apertura", "esta tarde"],
        "hashtag" => &["", "", "", " #bolsa", " #inversiones", " #mercados"],
        "feel" => match tone {
            Tone::Great => &["me encanta", "estoy muy alcista con", "voy con todo en"],
            Tone::Good => &["me gusta", "soy optimista con", "he comprado un poco de"],
            Tone::Flat => &["estoy mirando", "no tengo opinión sobre", "sigo leyendo sobre"],
            Tone::Bad => &["me preocupa", "no me gusta", "he reducido"],
            Tone::Awful => {
                &["estoy harto de", "vendo todo lo que tengo de", "me arrepiento de haber comprado"]
            }
        },
        "move" => match tone {
            Tone::Great => &["se dispara", "marca máximos históricos", "es imparable", "vuela"],
            Tone::Good => &["sube con fuerza", "mejora", "supera las previsiones", "aguanta el soporte"],
            Tone::Flat => {
                &["sigue lateral", "cotiza cerca de {price}", "no se mueve", "publica resultados pronto"]
            }
            Tone::Bad => &["pierde terreno", "decepciona", "sigue débil", "cae otra vez"],
            Tone::Awful => &["se hunde", "se desploma", "es un desastre", "va a la ruina"],
        },
        "why" => match tone {
            Tone::Great => {
                &["récord en {product}", "éxito enorme de {product}", "beneficio récord, +{bigpct}"]
            }
            Tone::Good => {
                &["crece {product}", "mejores márgenes", "buen contrato de {product}", "ventas +{pct}"]
            }
            Tone::Flat => &["sin novedades de {product}", "volumen normal", "a la espera de {product}"],
            Tone::Bad => {
                &["retraso en {product}", "márgenes más bajos", "demanda débil", "suben los costes {pct}"]
            }
            Tone::Awful => &[
                "fracaso de {product}",
                "recorta previsiones {bigpct}",
                "sospechas de fraude",
                "pérdidas enormes en {product}",
            ],
        },
        "plan" => match tone {
            Tone::Great => &["Compro más", "No vendo nunca", "Objetivo {price}"],
            Tone::Good => &["Mantengo", "Compro en la caída", "Buen punto de entrada"],
            Tone::Flat => &["A esperar", "¿Alguien sabe algo?", "Sin posición"],
            Tone::Bad => &["Vendo la mitad", "Me quedo fuera", "Cuidado aquí"],
            Tone::Awful => &["Vendan ya", "Peor inversión de mi vida", "Fuera de aquí"],
        },
        "emoji" => match tone {
            Tone::Great => &["", " 🚀", " 🔥🔥", " 🤑", "!!!"],
            Tone::Good => &["", " 📈", " 👍", " 🙂"],
            Tone::Flat => &["", "", " 🤔", " 👀"],
            Tone::Bad => &["", " 📉", " 😕", "…"],
            Tone::Awful => &["", " 💀", " 📉📉", " 😡"],
        },
        "short" => match tone {
            Tone::Great => &["a la luna", "increíble", "vamos!!"],
            Tone::Good => &["bien", "día verde", "pinta bien"],
            Tone::Flat => &["tranquilo", "¿novedades?", "atentos"],
            Tone::Bad => &["mal", "otra vez en rojo", "qué decepción"],
            Tone::Awful => &["estafa", "ruina total", "horrible"],
        },
        "nothing" => &[
            "Primero café, luego gráficos ☕",
            "Qué calor hace hoy en la ciudad",
            "Alguien recomienda una serie para el finde?",
        ],
        "headline" => match tone {
            Tone::Great => &[
                "{name} se dispara tras el éxito de {product}",
                "{fullname} eleva un {bigpct} sus previsiones",
                "{name} vive su mejor trimestre gracias a {product}",
            ],
            Tone::Good => &[
                "{name} supera las previsiones con {product}",
                "{fullname} logra un contrato de {product}",
                "{name} sube tras unos buenos resultados",
            ],
            Tone::Flat => &[
                "{name} publicará sus resultados el jueves",
                "Qué esperar de {name} y su {product}",
                "{fullname} nombra nuevo consejero",
            ],
            Tone::Bad => &[
                "{name} cede terreno por {product}",
                "{fullname} no alcanza las previsiones",
                "{name} avisa de una menor demanda de {product}",
            ],
            Tone::Awful => &[
                "{name} se hunde tras el fracaso de {product}",
                "{fullname} recorta un {bigpct} sus previsiones",
                "El regulador investiga a {name} por {product}",
            ],
        },
        "lead" => match tone {
            Tone::Great => {
                &["Las acciones de {fullname} se dispararon tras superar con creces sus planes de {product}."]
            }
            Tone::Good => &[
                "{fullname} mejoró sus resultados gracias a {product}.",
                "{name} aumentó sus ventas un {pct}.",
            ],
            Tone::Flat => {
                &["{fullname} informará esta semana sobre {product}.", "{name} apenas se movió en la sesión."]
            }
            Tone::Bad => &[
                "{fullname} quedó por debajo de lo esperado a causa de {product}.",
                "{name} prevé mayores costes este año.",
            ],
            Tone::Awful => &[
                "{fullname} se desplomó tras revelar graves problemas con {product}.",
                "{name} recortó sus previsiones por las pérdidas de {product}.",
            ],
        },
        "tail" => &[
            "El sector sigue bajo observación.",
            "La empresa no hizo más comentarios.",
            "El volumen superó la media en un {pct}.",
        ],
        _ => &[],
    }
}
