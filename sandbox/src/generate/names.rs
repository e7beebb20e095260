//! Name parts. All companies, outlets and people are invented.

/// A line of business: name endings, and what such companies make and do, in English and Spanish.
pub(super) struct Sector {
    /// Its name.
    pub name: &'static str,
    /// Endings of company names.
    pub endings: &'static [&'static str],
    /// Products, in English.
    pub products: &'static [&'static str],
    /// Products, in Spanish.
    pub productos: &'static [&'static str],
}

/// The lines of business.
pub(super) const SECTORS: [Sector; 10] = [
    Sector {
        name: "technology",
        endings: &["Systems", "Semiconductors", "Software", "Networks", "Robotics"],
        products: &[
            "cloud platform",
            "accelerator chips",
            "developer tools",
            "security suite",
            "data centre unit",
            "inference hardware",
        ],
        productos: &["plataforma en la nube", "chips", "software de seguridad", "centros de datos"],
    },
    Sector {
        name: "health",
        endings: &["Therapeutics", "Biosciences", "Pharma", "Diagnostics", "Medical"],
        products: &[
            "phase three trial",
            "gene therapy",
            "migraine drug",
            "imaging scanners",
            "vaccine programme",
            "insulin pump",
        ],
        productos: &["ensayo clínico", "terapia génica", "vacuna", "escáneres"],
    },
    Sector {
        name: "energy",
        endings: &["Energy", "Petroleum", "Renewables", "Power", "Drilling"],
        products: &[
            "offshore wind farm",
            "refinery margins",
            "solar pipeline",
            "gas terminal",
            "grid batteries",
            "drilling programme",
        ],
        productos: &["parque eólico", "refinería", "plantas solares", "terminal de gas"],
    },
    Sector {
        name: "consumer",
        endings: &["Foods", "Brands", "Apparel", "Stores", "Beverages"],
        products: &[
            "holiday sales",
            "new store format",
            "snack line",
            "running shoes",
            "loyalty app",
            "own-label range",
        ],
        productos: &["ventas navideñas", "nuevas tiendas", "línea de aperitivos", "zapatillas"],
    },
    Sector {
        name: "finance",
        endings: &["Bank", "Capital", "Insurance", "Payments", "Holdings"],
        products: &[
            "loan book",
            "card business",
            "trading desk",
            "deposit growth",
            "claims ratio",
            "mortgage unit",
        ],
        productos: &["cartera de créditos", "negocio de tarjetas", "depósitos", "hipotecas"],
    },
    Sector {
        name: "industry",
        endings: &["Industries", "Logistics", "Aerospace", "Motors", "Materials"],
        products: &[
            "order backlog",
            "freight volumes",
            "electric trucks",
            "turbine blades",
            "factory in the south",
            "parts business",
        ],
        productos: &["cartera de pedidos", "camiones eléctricos", "turbinas", "nueva fábrica"],
    },
    Sector {
        name: "media",
        endings: &["Media", "Studios", "Games", "Interactive", "Communications"],
        products: &[
            "streaming service",
            "autumn game release",
            "ad business",
            "subscriber growth",
            "film slate",
            "live events",
        ],
        productos: &["servicio de streaming", "nuevo videojuego", "publicidad", "suscriptores"],
    },
    Sector {
        name: "crypto",
        endings: &[],
        products: &["network upgrade", "staking yield", "exchange inflow", "wallet growth", "mining reward"],
        productos: &["actualización de la red", "rendimiento", "entradas en las plataformas"],
    },
    Sector {
        name: "currency",
        endings: &[],
        products: &["rate decision", "inflation report", "trade balance", "bond auction"],
        productos: &["decisión de tipos", "dato de inflación", "balanza comercial"],
    },
    Sector {
        name: "index",
        endings: &[],
        products: &["rebalancing", "market breadth", "earnings season", "sector rotation"],
        productos: &["rebalanceo", "temporada de resultados", "rotación sectorial"],
    },
];

/// How many of them companies are in; the others are the kinds of coins, currencies and indexes.
pub(super) const COMPANY_SECTORS: usize = 7;

/// First halves of company names.
pub(super) const HEADS: [&str; 32] = [
    "Var", "Quor", "Hel", "Ost", "Bren", "Cald", "Dra", "Eld", "Fen", "Gra", "Hov", "Ild", "Jor", "Kest",
    "Lum", "Mor", "Nyx", "Orv", "Pell", "Rav", "Sten", "Tarn", "Ulv", "Vex", "Wyn", "Xan", "Yar", "Zeph",
    "Thal", "Skel", "Brix", "Crev",
];

/// Second halves of company names.
pub(super) const TAILS: [&str; 24] = [
    "holt", "vane", "ika", "mark", "dyne", "wick", "aro", "stead", "quist", "lund", "ovar", "tic", "meria",
    "gard", "ent", "ox", "ford", "ley", "ando", "ris", "tello", "unda", "exa", "port",
];

/// Company names that are also common words, with tickers of their own: hard to tell from talk.
pub(super) const COMMON_WORDS: [(&str, &str); 6] = [
    ("Beacon", "BCQN"),
    ("Orchard", "ORQD"),
    ("Current", "CVRT"),
    ("Summit", "SMXT"),
    ("Anchor", "ANQR"),
    ("Harvest", "HVQT"),
];

/// Coins: symbol, name, other names, first price in US dollars.
pub(super) const COINS: [(&str, &str, &str, f64); 4] = [
    ("BTC-USD", "Bitcoin", "Bitcoin|BTC", 64_000.0),
    ("ETH-USD", "Ethereum", "Ethereum|Ether|ETH", 3_100.0),
    ("LMRX-USD", "Lumerax", "Lumerax|LMRX", 41.0),
    ("TSLQ-USD", "Tessaliq", "Tessaliq|TSLQ", 0.84),
];

/// Currency pairs: symbol, name, other names, first price.
pub(super) const PAIRS: [(&str, &str, &str, f64); 3] = [
    ("EUR-USD", "Euro / US dollar", "EURUSD|EUR/USD", 1.12),
    ("GBP-USD", "Pound sterling / US dollar", "GBPUSD|GBP/USD", 1.31),
    ("USD-JPY", "US dollar / Japanese yen", "USDJPY|USD/JPY", 148.0),
];

/// Outlets: name, domain, language.
pub(super) const OUTLETS: [(&str, &str, &str); 10] = [
    ("The Ledger Post", "ledgerpost.example", "en"),
    ("Harbour Financial", "harbourfinancial.example", "en"),
    ("Northgate Markets", "northgatemarkets.example", "en"),
    ("Tidewater Business Daily", "tidewaterdaily.example", "en"),
    ("Copper Street", "copperstreet.example", "en"),
    ("Meridian Wire", "meridianwire.example", "en"),
    ("Chain & Coin Review", "chaincoinreview.example", "en"),
    ("Diario del Mercado", "diariodelmercado.example", "es"),
    ("La Bolsa Abierta", "labolsaabierta.example", "es"),
    ("Economía Atlántica", "economiaatlantica.example", "es"),
];

/// First names of journalists.
pub(super) const FIRST_NAMES: [&str; 16] = [
    "Ada", "Bram", "Celia", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lior",
    "Mara", "Nils", "Olga", "Pablo",
];

/// Last names of journalists.
pub(super) const LAST_NAMES: [&str; 16] = [
    "Aldous",
    "Bergmann",
    "Castell",
    "Dunmore",
    "Eskildsen",
    "Farrow",
    "Grigsby",
    "Halloran",
    "Ibarra",
    "Jansson",
    "Kowal",
    "Lindqvist",
    "Montero",
    "Nakata",
    "Okafor",
    "Prieto",
];

/// Parts of the names of accounts.
pub(super) const HANDLE_HEADS: [&str; 24] = [
    "bull", "bear", "chart", "delta", "gamma", "theta", "swing", "value", "quiet", "loud", "tape", "alpha",
    "macro", "micro", "penny", "coffee", "night", "lucky", "patient", "grumpy", "honest", "tiny", "iron",
    "bolsa",
];

/// Parts of the names of accounts.
pub(super) const HANDLE_TAILS: [&str; 20] = [
    "trader", "capital", "wolf", "reader", "dave", "marta", "lab", "desk", "hands", "fox", "stack", "picker",
    "jo", "ana", "watch", "notes", "monk", "gal", "guy", "club",
];
