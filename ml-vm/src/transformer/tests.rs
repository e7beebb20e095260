#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;

use analytics::random::Stream;
use serde_json::{Value, json};

use super::*;

const WORDS: [&str; 16] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "profit", "loss", "rise", "fall", "##s", "the", "bank", "up", "down",
    "!", "good", "bad",
];
const HIDDEN: usize = 12;
const INNER: usize = 20;
const LONGEST: usize = 16;
const LAYERS: usize = 2;

fn config() -> Value {
    json!({
        "model_type": "bert", "vocab_size": WORDS.len(), "hidden_size": HIDDEN, "num_hidden_layers": LAYERS,
        "num_attention_heads": 3, "intermediate_size": INNER, "max_position_embeddings": LONGEST,
        "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0,
        "id2label": {"0": "Positive", "1": "negative", "2": "neutral"},
    })
}

fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<String, Value> =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

/// Random weights of every name and shape that a small classifier has.
fn tensors() -> HashMap<String, Tensor> {
    let mut stream = Stream::new(5);
    let mut all = HashMap::new();
    let mut add = |name: String, shape: &[usize]| {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| (stream.next_unit() - 0.5) as f32).collect();
        all.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
    };
    for (name, rows) in [("word", WORDS.len()), ("position", LONGEST), ("token_type", 2)] {
        add(format!("bert.embeddings.{name}_embeddings.weight"), &[rows, HIDDEN]);
    }
    let mut norms = vec!["bert.embeddings".to_owned()];
    let mut dense =
        vec![("bert.pooler.dense".to_owned(), HIDDEN, HIDDEN), ("classifier".to_owned(), HIDDEN, 3)];
    for layer in 0..LAYERS {
        let layer = format!("bert.encoder.layer.{layer}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            dense.push((format!("{layer}.attention.{part}"), HIDDEN, HIDDEN));
        }
        dense.push((format!("{layer}.intermediate.dense"), HIDDEN, INNER));
        dense.push((format!("{layer}.output.dense"), INNER, HIDDEN));
        norms.extend([format!("{layer}.attention.output"), format!("{layer}.output")]);
    }
    for (name, inputs, outputs) in dense {
        add(format!("{name}.weight"), &[outputs, inputs]);
        add(format!("{name}.bias"), &[outputs]);
    }
    for name in norms {
        add(format!("{name}.LayerNorm.weight"), &[HIDDEN]);
        add(format!("{name}.LayerNorm.bias"), &[HIDDEN]);
    }
    all
}

fn write(folder: &Path, config: &Value, tokenizer: &Value, tensors: &HashMap<String, Tensor>) {
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    candle_core::safetensors::save(tensors, folder.join("model.safetensors")).unwrap();
}

fn whole() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &config(), &tokenizer(), &tensors());
    folder
}

fn apart(a: &Judged, b: &Judged) -> f64 {
    a.probabilities.iter().zip(b.probabilities).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

const TEXTS: [&str; 6] = [
    "Profits rise",
    "the bank is bad, the loss is bad!",
    "",
    "🚀",
    "up",
    "down down down down down down down fall",
];

#[test]
fn a_score_does_not_depend_on_the_batch_and_is_the_same_each_time() {
    let folder = whole();
    let model = Transformer::load(folder.path()).unwrap();
    let together = model.judge(&TEXTS).unwrap();
    assert_eq!(together, model.judge(&TEXTS).unwrap());
    assert_eq!(together, Transformer::load(folder.path()).unwrap().judge(&TEXTS).unwrap());
    for (text, judged) in TEXTS.iter().zip(&together) {
        let alone = model.judge(&[text]).unwrap()[0];
        assert!(apart(judged, &alone) < 1e-5, "{text}: {judged:?} {alone:?}");
        assert!((judged.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((-1.0..=1.0).contains(&judged.score()) && judged.confidence() >= 1.0 / 3.0);
    }
    assert!(apart(&together[0], &together[1]) > 1e-4, "texts differ");
    assert!(model.judge(&[]).unwrap().is_empty());
    let many: Vec<&str> = TEXTS.iter().copied().cycle().take(BATCH + 5).collect();
    assert!(apart(&model.judge(&many).unwrap()[BATCH + 1], &together[(BATCH + 1) % TEXTS.len()]) < 1e-5);
}

#[test]
fn of_a_long_text_the_beginning_is_read() {
    let model = Transformer::load(whole().path()).unwrap();
    let long = format!("{}bad loss", "good ".repeat(200_000));
    let cut = "good ".repeat(LONGEST - 2);
    let judged = model.judge(&[&long, &cut]).unwrap();
    assert!(apart(&judged[0], &judged[1]) < 1e-6);
}

#[test]
fn labels_say_which_output_is_which() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &config(), &tokenizer(), &tensors());
    let first = Transformer::load(folder.path()).unwrap().judge(&["profit"]).unwrap()[0].probabilities;
    let mut turned = config();
    turned["id2label"] = json!({"0": "neutral", "1": "POSITIVE", "2": "negative"});
    write(folder.path(), &turned, &tokenizer(), &tensors());
    let second = Transformer::load(folder.path()).unwrap().judge(&["profit"]).unwrap()[0].probabilities;
    // Outputs 0, 1, 2 were positive, negative, neutral; now they are neutral, positive, negative.
    assert_eq!([first[2], first[0], first[1]], [second[1], second[2], second[0]]);
}

/// The error of a folder in which something was changed.
fn error(change: impl FnOnce(&Path)) -> LoadError {
    let folder = whole();
    change(folder.path());
    Transformer::load(folder.path()).err().unwrap()
}

fn with(name: &str, value: Value) -> LoadError {
    error(|folder| {
        let mut config = config();
        config[name] = value;
        fs::write(folder.join("config.json"), config.to_string()).unwrap();
    })
}

#[test]
fn what_is_wrong_is_said() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let missing = error(|folder| fs::remove_file(folder.join(file)).unwrap());
        assert!(matches!(&missing, LoadError::File { path, .. } if path.ends_with(file)), "{missing}");
    }
    assert!(
        matches!(with("model_type", json!("gpt2")), LoadError::OtherModel { found, .. } if found == "gpt2")
    );
    assert!(matches!(with("model_type", Value::Null), LoadError::OtherModel { .. }));
    for labels in [
        json!({"0": "positive", "1": "negative"}),
        json!({"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}),
        json!({"0": "positive", "1": "negative", "2": "negative"}),
        json!({"1": "positive", "2": "negative", "3": "neutral"}),
    ] {
        assert!(matches!(with("id2label", labels), LoadError::Labels { .. }));
    }
    for (name, value) in [
        ("hidden_size", json!("many")),
        ("num_attention_heads", json!(5)),
        ("num_attention_heads", json!(0)),
        ("max_position_embeddings", json!(2)),
        ("pad_token_id", json!(99)),
        ("hidden_act", json!("swish")),
        ("position_embedding_type", json!("relative_key")),
    ] {
        assert!(matches!(with(name, value.clone()), LoadError::Config { .. }), "{name} {value}");
    }
    assert!(matches!(error(|f| fs::write(f.join("config.json"), "{").unwrap()), LoadError::Config { .. }));
    assert!(matches!(
        error(|f| fs::write(f.join("tokenizer.json"), "{}").unwrap()),
        LoadError::Tokenizer { .. }
    ));
    assert!(matches!(with("vocab_size", json!(10)), LoadError::Tokenizer { .. }), "its vocabulary is larger");
}

#[test]
fn damaged_weights_are_refused() {
    let shape = with("intermediate_size", json!(INNER + 1));
    assert!(matches!(&shape, LoadError::Shape { tensor, .. } if tensor.contains("intermediate")), "{shape}");
    let more = with("num_hidden_layers", json!(1_000_000_000));
    assert!(matches!(&more, LoadError::Missing { tensor, .. } if tensor.contains("layer.2.")), "{more}");
    let headless = error(|folder| {
        let mut tensors = tensors();
        tensors.remove("classifier.weight");
        write(folder, &config(), &tokenizer(), &tensors);
    });
    assert!(
        matches!(&headless, LoadError::Missing { tensor, .. } if tensor == "classifier.weight"),
        "{headless}"
    );
    for keep in [0, 4, 100, 3_000, 9_000] {
        let cut = error(|folder| {
            let path = folder.join("model.safetensors");
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..keep.min(bytes.len())]).unwrap();
        });
        assert!(matches!(cut, LoadError::Weights { .. }), "{keep}: {cut}");
    }
}

#[test]
fn weights_that_are_no_numbers_give_no_score() {
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = tensors();
    let nothing = Tensor::from_vec(vec![f32::NAN; 3], 3, &Device::Cpu).unwrap();
    tensors.insert("classifier.bias".to_owned(), nothing);
    write(folder.path(), &config(), &tokenizer(), &tensors);
    let model = Transformer::load(folder.path()).unwrap();
    assert!(matches!(model.judge(&["up"]), Err(ScoreError::NotANumber)));
}

#[test]
fn the_command_scores_lines_in_their_order() {
    let folder = whole();
    let args = crate::cli::SentimentArgs {
        model: crate::cli::SentimentModel::Transformer,
        model_dir: Some(folder.path().to_owned()),
        explain: false,
    };
    let input: String =
        (0..BATCH + 3).map(|id| format!("{{\"id\":{id},\"text\":\"profit up\"}}\n")).collect();
    let mut out = Vec::new();
    let outcome = crate::sentiment::run(&args, input.as_bytes(), &mut out).unwrap();
    assert_eq!(outcome, domain::Outcome::Succeeded);
    let lines: Vec<Value> =
        String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines.iter().enumerate().all(|(at, line)| line["id"] == json!(at)) && lines.len() == BATCH + 3);
    let (score, sum) = (&lines[0]["score"], ["neg", "neu", "pos"].map(|n| lines[0][n].as_f64().unwrap()));
    assert!((score.as_f64().unwrap() - (sum[2] - sum[0])).abs() < 1e-9);
    let none = crate::cli::SentimentArgs { model_dir: None, ..args };
    assert!(crate::sentiment::run(&none, &b""[..], &mut Vec::new()).is_err());
}
