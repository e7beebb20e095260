//! Closes in which a corporate action is no move: by the vendor's adjusted closes where there are any, by the marks that a
//! split leaves where there are none.

/// The sizes of splits that are looked for, new shares for one old; each stands for its reverse, too.
const SPLITS: [f64; 10] = [1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 10.0, 15.0, 20.0];
/// How far a close may lie from what a split alone would make of the one before, as a logarithm.
const NEAR: f64 = 0.05;
/// And as a multiple of the largest move of the days around it: what a split leaves is an ordinary day.
const ORDINARY: f64 = 1.5;
/// A split stands out: so many times the largest move of the days around it.
const STANDS_OUT: f64 = 4.0;
/// The same of one that was marked: whoever marked it has looked at the open and at whether the price came back.
const MARKED_STANDS_OUT: f64 = 2.0;
/// Days on either side that are compared.
const AROUND: usize = 20;
/// Fewer days than this on either side are not enough to tell a split from a crash.
const FEWEST_AROUND: usize = 5;

/// Closes that can be compared over time, from closes as traded and adjusted ones where they are known. `marks` are the splits
/// that the source of the bars guessed, new shares for one old, at the first bar after each; it may be empty.
///
/// Factors change on the day of an action only, so a missing adjusted close takes the factor of its nearest neighbour before or
/// after, whichever makes the smaller move; past a mark the factor before is multiplied by it. Where none is known, splits are
/// found by [`splits`] and the closes before each are divided.
pub fn comparable(closes: &[f64], adjusted: &[Option<f64>], marks: &[Option<f64>]) -> Vec<f64> {
    let usable = |v: f64| v.is_finite() && v > 0.0;
    let known: Vec<Option<f64>> = closes
        .iter()
        .zip(adjusted)
        .map(|(close, adjusted)| Some(adjusted.filter(|a| usable(*a) && usable(*close))? / close))
        .collect();
    let Some(first) = known.iter().flatten().next().copied() else { return without_splits(closes, marks) };
    let mut later = known.clone();
    for i in (1..later.len()).rev() {
        later[i - 1] = later[i - 1].or(later[i]);
    }
    let mut before = first;
    let mut out: Vec<f64> = Vec::with_capacity(closes.len());
    for (i, close) in closes.iter().enumerate() {
        let carried = before * mark(marks, i).unwrap_or(1.0);
        let after = later.get(i).copied().flatten().unwrap_or(carried);
        let moved = |factor: f64| out.last().map_or(0.0, |last| (close * factor / last).ln().abs());
        before = if moved(carried) <= moved(after) && known.get(i).copied().flatten().is_none() {
            carried
        } else {
            after
        };
        out.push(close * before);
    }
    out
}

/// Closes before each split, divided by it.
fn without_splits(closes: &[f64], marks: &[Option<f64>]) -> Vec<f64> {
    let mut out = closes.to_vec();
    for (at, ratio) in splits(closes, marks) {
        for close in &mut out[..at] {
            *close /= ratio;
        }
    }
    out
}

fn mark(marks: &[Option<f64>], at: usize) -> Option<f64> {
    marks.get(at).copied().flatten().filter(|ratio| ratio.is_finite() && *ratio > 0.0)
}

/// Splits that closes as traded show: the index of the first close after each, and new shares for one old (below 1 for a
/// reverse split). A split is a move by a usual ratio, within 5 % and within what the days around it move, that is at least
/// four times the largest of them; where it is marked, twice. A crash that happens to halve a calm share overnight cannot be
/// told from one.
pub fn splits(closes: &[f64], marks: &[Option<f64>]) -> Vec<(usize, f64)> {
    if closes.iter().any(|c| !(c.is_finite() && *c > 0.0)) {
        return Vec::new();
    }
    let moves: Vec<f64> = closes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let largest = |part: &[f64]| part.iter().fold(0.0_f64, |most, m| most.max(m.abs()));
    let mut found = Vec::new();
    for (i, moved) in moves.iter().enumerate() {
        let marked = mark(marks, i + 1);
        let ratios = SPLITS.iter().flat_map(|size| [*size, 1.0 / size]);
        let Some(ratio) = marked.or_else(|| ratios.into_iter().find(|r| (moved + r.ln()).abs() <= NEAR))
        else {
            continue;
        };
        let (before, after) =
            (&moves[i.saturating_sub(AROUND)..i], &moves[i + 1..moves.len().min(i + 1 + AROUND)]);
        let enough = before.len() >= FEWEST_AROUND && after.len() + before.len() >= 2 * FEWEST_AROUND;
        let usual = largest(before).max(largest(after));
        let is_split = match marked {
            Some(_) => moved.abs() >= MARKED_STANDS_OUT * usual,
            None => {
                enough && moved.abs() >= STANDS_OUT * usual && (moved + ratio.ln()).abs() <= ORDINARY * usual
            }
        };
        if is_split {
            found.push((i + 1, ratio));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize) -> Vec<f64> {
        (0..n).map(|i| 100.0 + (i as f64 * 0.9).sin()).collect()
    }

    #[test]
    fn a_split_is_no_move() {
        for (ratio, name) in
            [(2.0, "two for one"), (1.5, "three for two"), (7.0, "seven for one"), (0.1, "one for ten")]
        {
            let whole = wave(60);
            let traded: Vec<f64> =
                whole.iter().enumerate().map(|(i, c)| if i < 40 { c * ratio } else { *c }).collect();
            assert_eq!(splits(&traded, &[]).len(), 1, "{name}");
            let out = comparable(&traded, &[None; 60], &[]);
            for (a, b) in out.iter().zip(&whole) {
                assert!((a - b).abs() < 1e-9, "{name}: {a} {b}");
            }
        }
        assert_eq!(comparable(&wave(60), &[None; 60], &[]), wave(60));
    }

    #[test]
    fn a_mark_tells_what_closes_alone_do_not() {
        // Two days after the first bar, and of an unusual size: nothing that closes alone could show.
        let whole = wave(60);
        let traded: Vec<f64> =
            whole.iter().enumerate().map(|(i, c)| if i < 2 { c * 1.25 } else { *c }).collect();
        let mut marks = vec![None; 60];
        assert!(splits(&traded, &marks).is_empty());
        marks[2] = Some(1.25);
        for (a, b) in comparable(&traded, &[None; 60], &marks).iter().zip(&whole) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        // Where adjusted closes end before the split, the mark carries their factor on.
        let closes = [100.0, 100.0, 50.0, 51.0];
        let adjusted = [Some(50.0), None, None, None];
        assert_eq!(comparable(&closes, &adjusted, &[None, None, Some(2.0), None]), [50.0, 50.0, 50.0, 51.0]);
        // A mark amid moves of its own size is none.
        let wild: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 100.0 } else { 70.0 }).collect();
        assert!(splits(&wild, &[Some(1.5); 60]).is_empty());
        assert!(splits(&traded, &[Some(f64::NAN); 60]).is_empty());
    }

    #[test]
    fn a_fall_by_a_third_that_leaves_more_than_an_ordinary_day_is_no_split() {
        let mut closes = wave(60);
        for close in &mut closes[40..] {
            *close *= 0.64;
        }
        assert!(splits(&closes, &[]).is_empty());
    }

    #[test]
    fn a_crash_amid_large_moves_stays() {
        let mut closes: Vec<f64> = (0..60).map(|i| 100.0 * if i % 2 == 0 { 1.0 } else { 1.25 }).collect();
        for close in &mut closes[40..] {
            *close /= 2.0;
        }
        assert!(splits(&closes, &[]).is_empty());
        assert!(
            splits(&[1.0, 2.0, 4.0], &[]).is_empty()
                && splits(&[1.0, f64::NAN], &[]).is_empty()
                && splits(&[], &[]).is_empty()
        );
    }

    #[test]
    fn a_gap_in_the_adjusted_closes_is_no_move() {
        let closes = [100.0, 101.0, 50.0, 51.0];
        let out = comparable(&closes, &[Some(50.0), None, Some(50.0), None], &[]);
        assert_eq!(out, [50.0, 50.5, 50.0, 51.0]);
        assert_eq!(comparable(&closes, &[None, None, Some(25.0), None], &[]), [50.0, 50.5, 25.0, 25.5]);
        assert_eq!(comparable(&[2.0, 2.0], &[Some(1.0), Some(1.0)], &[]), [1.0, 1.0]);
    }
}
