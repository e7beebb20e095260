use super::features::Features;
use super::file::{FileError, from_bytes, to_bytes};
use super::fit::{Example, FitError, Options, fit};
use super::*;

/// Texts that say what their verb says, whatever the company.
fn world() -> Vec<Example> {
    let verbs = [
        ("plunges on weak demand", Class::Negative),
        ("holds its meeting today", Class::Neutral),
        ("crushes all forecasts", Class::Positive),
    ];
    let mut out = Vec::new();
    for company in 0..40 {
        for (verb, class) in verbs {
            out.push(Example {
                text: format!("$C{company} Firm{company} {verb} in week {company}"),
                class,
                target: None,
            });
        }
    }
    out
}

fn model() -> Model {
    fit("test/1", &world(), Options::default()).unwrap()
}

#[test]
fn learns_what_words_say_and_is_sure_of_it() {
    let (model, mut features) = (model(), Features::new());
    for (text, class) in [
        ("Acme plunges after weak results", Class::Negative),
        ("Acme holds a meeting", Class::Neutral),
        ("Acme crushes forecasts", Class::Positive),
    ] {
        let judged = model.judge(&mut features, text, None);
        assert_eq!(judged.class(), class, "{text}: {judged:?}");
        assert!((judged.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(judged.confidence() > 0.4);
    }
}

#[test]
fn a_post_on_two_assets_may_differ() {
    let (model, mut features) = (model(), Features::new());
    let text = "$AA crushes all forecasts, while $BB plunges on weak demand";
    let of = |features: &mut Features, name: &str| {
        let at = text.find(name).unwrap();
        model.judge(features, text, Some(at..at + name.len())).score
    };
    let (a, b) = (of(&mut features, "$AA"), of(&mut features, "$BB"));
    assert!(a > 0.2 && b < -0.2, "{a} {b}");
    let whole = model.judge(&mut features, text, None);
    assert!(b < whole.score && whole.score < a);
    assert_eq!(model.judge(&mut features, text, Some(9_999..10_000)), whole, "a target outside is none");
}

#[test]
fn parts_sum_to_the_score() {
    let (model, mut features) = (model(), Features::new());
    for text in ["Acme crushes all forecasts!!", "", "¿Qué? 😀 plunges", "very bad, but holds"] {
        for target in [None, Some(0..4)] {
            let (judged, parts) = model.explain(&mut features, text, target);
            let sum: f64 = parts.iter().map(|p| p.weight).sum();
            assert!((sum - judged.sum).abs() < 1e-9, "{text}");
            assert!(parts.iter().flat_map(|p| p.span.clone().map(|s| text.get(s))).all(|w| w.is_some()));
        }
    }
    let (_, parts) = model.explain(&mut features, "Acme crushes", None);
    let strongest =
        parts.iter().filter(|p| p.span.is_some()).max_by(|a, b| a.weight.total_cmp(&b.weight)).unwrap();
    assert_eq!(strongest.span, Some(5..12));
}

#[test]
fn fitting_again_gives_the_same_model() {
    assert!(model() == model());
}

#[test]
fn bad_data_are_refused() {
    let one = |n: usize| vec![Example { text: "a".into(), class: Class::Neutral, target: None }; n];
    assert_eq!(fit("x", &one(3), Options::default()), Err(FitError::TooFew(3)));
    assert_eq!(fit("x", &one(100), Options::default()), Err(FitError::OneClass));
    let two: Vec<Example> = world().into_iter().filter(|e| e.class != Class::Neutral).collect();
    let judged = fit("x", &two, Options::default()).unwrap().judge(&mut Features::new(), "holds", None);
    assert!(judged.probabilities[1] < 1e-3, "a class without texts is never said");
}

#[test]
fn odd_texts_are_judged_in_time() {
    let (model, mut features) = (model(), Features::new());
    for unit in ["but ", "$a ", "é", "😀", "a", "http://", "1.", " "] {
        let text = unit.repeat(1_000_000 / unit.len());
        let started = std::time::Instant::now();
        let judged = model.judge(&mut features, &text, Some(0..1));
        assert!(started.elapsed().as_secs_f64() < 30.0 && judged.score.is_finite(), "{unit}");
    }
    assert!(model.judge(&mut features, "", None).score.is_finite());
    assert!(model.judge(&mut features, "株価が上昇した Η μετοχή ارتفع", None).score.is_finite());
}

#[test]
fn a_file_gives_the_model_back_or_says_what_is_wrong() {
    let model = model();
    let bytes = to_bytes(&model);
    assert!(from_bytes(&bytes).unwrap() == model);
    assert_eq!(from_bytes(b"").unwrap_err(), FileError::Foreign);
    assert_eq!(from_bytes(b"something else").unwrap_err(), FileError::Foreign);
    for cut in [9, 20, 31, 40, bytes.len() - 1] {
        assert!(matches!(from_bytes(&bytes[..cut]), Err(FileError::Length { .. })), "{cut}");
    }
    let mut other = bytes.clone();
    other[8] = 9;
    assert_eq!(from_bytes(&other).unwrap_err(), FileError::Version { version: 9, layout: LAYOUT });
    let mut damaged = bytes.clone();
    let last = damaged.len() - 3;
    damaged[last] ^= 1;
    assert_eq!(from_bytes(&damaged).unwrap_err(), FileError::Checksum);
}
