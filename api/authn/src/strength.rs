//! How hard a password is to guess, in bits: the cheapest way to spell it out of what guessers try first.
//!
//! Guessers try common words, names, dates, keyboard runs and repetitions before anything else, alone and glued
//! together; so each such piece is worth what it costs to list its kind, and everything else is worth its letters.
//! Of the well-known lists of common passwords, what has twelve characters or more is made of such pieces.

use std::{collections::HashSet, sync::LazyLock};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// CNIL, deliberation 2022-100: 50 bits where attempts are limited.
pub const ENOUGH_BITS: f64 = 50.0;

/// Our own collection: what people love, names, places, months, teams, heroes and commands, in French and English.
const WORDS: &str = include_str!("common_words.txt");

/// Neighbours on keyboards, rows and zigzags; read both ways.
const KEYBOARD: &[&str] = &[
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qwertzuiop",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1aqw2zsx3edc4rfv5tgb6yhn7uj8ik9ol0pm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1a2z3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1z2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujm",
    "aqwzsxedcrfvtgbyhnuj",
    "!@#$%^&*()_+",
    "&é\"'(-è_çà)=",
    "147258369",
    "741852963",
    "159357",
    "a1b2c3d4e5f6g7h8i9j0",
    "0123456789abcdef",
];

const WORD_BITS: f64 = 10.5;
const CONTEXT_BITS: f64 = 2.0;
const KEYBOARD_BITS: f64 = 7.0;
const SEQUENCE_BITS: f64 = 5.0;
const DATE_BITS: f64 = 14.0;
const YEAR_BITS: f64 = 7.0;
const LONGEST_WORD: usize = 20;
const LONGEST_UNIT: usize = 12;
/// What begins so hard to guess needs no more judging, and what begins with so much of the same is told to change.
const JUDGED: usize = 64;
/// Longer runs cost as little as two.
const LONGEST_RUN: usize = 40;

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| WORDS.split_whitespace().filter(|word| word.len() > 2).collect());

/// Bits of guessing work, where `context` are words that belong to the owner or the service.
pub fn bits(password: &str, context: &[&str]) -> f64 {
    let letters: Vec<char> = password.chars().take(JUDGED).collect();
    let context: Vec<String> =
        context.iter().flat_map(|text| pieces(text)).filter(|piece| piece.chars().count() > 2).collect();
    Estimate { plain: letters.iter().map(|&letter| plain(letter)).collect(), letters, context }.bits()
}

/// What an attacker who knows the owner's address or name would try: the text and its parts.
fn pieces(text: &str) -> Vec<String> {
    let text: String = text.chars().map(plain).collect();
    let parts = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned);
    parts.chain([text.clone()]).collect()
}

struct Estimate {
    letters: Vec<char>,
    /// The same without case, accents and look-alikes.
    plain: Vec<char>,
    context: Vec<String>,
}

impl Estimate {
    /// Cheapest way through the text: `cost[end]` is the least of any cut into pieces that ends there.
    fn bits(&self) -> f64 {
        let mut cost: Vec<f64> = vec![0.0];
        for end in 1..=self.letters.len() {
            let cheapest = (0..end).fold(f64::INFINITY, |best, start| {
                let before = cost.get(start).copied().unwrap_or(f64::INFINITY);
                if before >= best {
                    return best;
                }
                self.piece(start, end).map_or(best, |piece| best.min(before + piece))
            });
            cost.push(cheapest);
        }
        cost.last().copied().unwrap_or(0.0)
    }

    fn piece(&self, start: usize, end: usize) -> Option<f64> {
        let (text, plain) = (self.letters.get(start..end)?, self.plain.get(start..end)?);
        let before =
            start.checked_sub(2).and_then(|place| self.letters.get(place..start)).unwrap_or_default();
        let kinds = [
            single(text, before),
            self.word(text, plain),
            is_keyboard(text).then_some(KEYBOARD_BITS),
            is_sequence(text).then_some(SEQUENCE_BITS),
            date(text),
            self.repetition(text),
        ];
        kinds.into_iter().flatten().reduce(f64::min)
    }

    fn word(&self, text: &[char], plain: &[char]) -> Option<f64> {
        if !(3..=LONGEST_WORD.max(self.context.iter().map(String::len).max().unwrap_or(0)))
            .contains(&text.len())
        {
            return None;
        }
        let word: String = plain.iter().collect();
        let lower: String = text.iter().flat_map(|letter| letter.to_lowercase()).collect();
        let base = if self.context.iter().any(|known| *known == word || *known == lower) {
            CONTEXT_BITS
        } else if COMMON.contains(word.as_str()) || COMMON.contains(lower.as_str()) {
            WORD_BITS
        } else {
            return None;
        };
        let capitals = if text.iter().any(|letter| letter.is_uppercase()) { 1.0 } else { 0.0 };
        let dressed = if lower == word { 0.0 } else { 1.5 };
        Some(base + capitals + dressed)
    }

    /// `abcabcabc` is worth `abc`, and how often.
    fn repetition(&self, text: &[char]) -> Option<f64> {
        let unit = (1..=LONGEST_UNIT.min(text.len() / 2)).find(|&unit| {
            text.len().is_multiple_of(unit)
                && text.iter().zip(text.iter().skip(unit)).all(|(one, next)| one == next)
        })?;
        let times = f64::from(u32::try_from(text.len() / unit).unwrap_or(u32::MAX));
        if unit == 1 && times < 3.0 {
            return None;
        }
        let unit = text.get(..unit)?;
        let plain = unit.iter().map(|&letter| plain(letter)).collect();
        let inner = Self { letters: unit.to_vec(), plain, context: self.context.clone() };
        Some(inner.bits() + times.log2())
    }
}

/// A letter, digit or sign on its own; a small letter after two others says less, as in any language.
fn single(text: &[char], before: &[char]) -> Option<f64> {
    let in_word = !before.is_empty() && before.iter().all(|letter| letter.is_alphabetic());
    let [letter] = text else { return None };
    Some(match letter {
        letter if letter.is_ascii_digit() => 3.3,
        letter if letter.is_lowercase() && in_word => 3.5,
        letter if letter.is_alphabetic() => 5.0,
        letter if letter.is_whitespace() => 2.0,
        '.' | '-' | '_' | '!' | '?' | '@' | '#' | '*' | '$' => 4.0,
        _ => 5.0,
    })
}

fn is_keyboard(text: &[char]) -> bool {
    if !(4..=LONGEST_RUN).contains(&text.len()) {
        return false;
    }
    let run: String = text.iter().flat_map(|letter| letter.to_lowercase()).collect();
    let back: String = run.chars().rev().collect();
    KEYBOARD.iter().any(|keys| keys.contains(&run) || keys.contains(&back))
}

/// `abcd`, `9876`, `2468`
fn is_sequence(text: &[char]) -> bool {
    if !(4..=LONGEST_RUN).contains(&text.len()) {
        return false;
    }
    let steps: Vec<i64> = text
        .iter()
        .zip(text.iter().skip(1))
        .map(|(one, next)| i64::from(u32::from(*next)) - i64::from(u32::from(*one)))
        .collect();
    steps
        .first()
        .is_some_and(|first| (1..=2).contains(&first.abs()) && steps.iter().all(|step| step == first))
}

/// A year, or a day written as people write days.
fn date(text: &[char]) -> Option<f64> {
    if !(4..=10).contains(&text.len()) {
        return None;
    }
    let digits: Vec<u32> = text.iter().filter_map(|letter| letter.to_digit(10)).collect();
    let signs = text.iter().filter(|letter| !letter.is_ascii_digit()).collect::<Vec<_>>();
    let is_spaced = signs.is_empty()
        || (signs.len() == 2
            && signs.first() == signs.last()
            && signs.iter().all(|sign| "/-. ".contains(**sign)));
    if !is_spaced {
        return None;
    }
    let part = |from: usize, to: usize| {
        digits.get(from..to)?.iter().copied().reduce(|number, digit| number * 10 + digit)
    };
    let is_year = |year: Option<u32>| year.is_some_and(|year| (1900..=2099).contains(&year));
    let is_day = |one: Option<u32>, other: Option<u32>| {
        let (Some(one), Some(other)) = (one, other) else { return false };
        let in_order = |day, month| (1..=31).contains(&day) && (1..=12).contains(&month);
        in_order(one, other) || in_order(other, one)
    };
    match digits.len() {
        4 if signs.is_empty() && is_year(part(0, 4)) => Some(YEAR_BITS),
        6 if is_day(part(0, 2), part(2, 4)) => Some(DATE_BITS),
        8 if is_day(part(0, 2), part(2, 4)) && is_year(part(4, 8)) => Some(DATE_BITS),
        8 if is_year(part(0, 4)) && is_day(part(4, 6), part(6, 8)) => Some(DATE_BITS),
        _ => None,
    }
}

/// The letter that a letter or a look-alike stands for.
fn plain(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other
            .nfd()
            .find(|part| !is_combining_mark(*part))
            .and_then(|base| base.to_lowercase().next())
            .unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guessers_try_first_is_not_enough() {
        for weak in [
            "aaaaaaaaaaaa",
            "abcabcabcabcabc",
            "123456789012",
            "1234567890123456",
            "qwertyuiop123",
            "azertyuiopqsdfghjklm",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc4rfv",
            "passwordpassword",
            "Password1234",
            "P@ssw0rd2024!",
            "Motdepasse2026!",
            "jetaimejetaime",
            "jetaime14071789",
            "14/07/1789 1989",
            "iloveyou1234",
            "Marseille13013!",
            "nicolas.sarah2012",
            "soleil123456",
            "administrateur1",
            "unbelievable1",
            "0612345678901",
            "trustno1trustno1",
            "987654321987654321",
            "footballfootball9",
        ] {
            assert!(bits(weak, &[]) < ENOUGH_BITS, "{weak}: {}", bits(weak, &[]));
        }
    }

    #[test]
    fn words_of_the_owner_and_the_service_count_for_nothing() {
        let context = ["anne-lise.quemener@example.org", "Anne-Lise Quéméner", "impact"];
        for weak in ["QuemenerImpact2026", "anneliseimpact!!", "impact-quéméner-75", "1mpactQuemener#1"] {
            assert!(bits(weak, &context) < ENOUGH_BITS, "{weak}: {}", bits(weak, &context));
        }
        assert!(bits("quemenerkerguelenvor", &[]) > ENOUGH_BITS);
    }

    #[test]
    fn phrases_and_random_texts_are_enough() {
        for strong in [
            "correct horse battery staple",
            "k3Jx9vQ2mZ7pW",
            "les bouquetins traversent la moraine",
            "tvxqpbnrkwzgmhd",
            "Vg7#pLq2!xRt",
            "汉字密码很难猜到吧真的吗好",
            "gW5zrB8kd0TQeLh1",
        ] {
            assert!(bits(strong, &[]) >= ENOUGH_BITS, "{strong}: {}", bits(strong, &[]));
        }
    }

    #[test]
    fn thousands_of_common_passwords_are_refused() {
        let endings =
            ["", "1", "12", "123", "1234", "12345", "123456", "!", "2024", "2026!", "01", "69", "007"];
        let mut refused = 0;
        for word in COMMON.iter() {
            for ending in endings {
                let password = format!("{word}{ending}");
                assert!(bits(&password, &[]) < ENOUGH_BITS, "{password}");
                refused += 1;
            }
            let twice = format!("{word}{word}");
            assert!(bits(&twice, &[]) < ENOUGH_BITS, "{twice}");
        }
        assert!(refused > 3_000 * 4, "{refused}");
    }

    #[test]
    fn long_texts_are_judged_in_no_time() {
        let started = std::time::Instant::now();
        bits(&"aB3$é".repeat(40), &["a".repeat(64).as_str()]);
        bits(&"a1".repeat(100), &[]);
        assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
    }
}
