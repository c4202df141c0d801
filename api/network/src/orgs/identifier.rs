//! Identifiers of organizations: how each register writes them, and its checksum. Pure.
//!
//! Sources: INSEE (SIREN and SIRET, La Poste's own rule included), decree of 1901 registers (RNA), org-id.guide
//! (`ORG_ID`), ror.readme.io (ROR: Crockford base32 with an ISO 7064 MOD 97-10 checksum).

use door::UserErrorCode;
use entity::codes::IdentifierScheme;

/// La Poste has more establishments than the Luhn rule has numbers.
const LA_POSTE: &str = "356000000";

/// Why a text is no identifier of its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The form is wrong; the text says which is right.
    Form(&'static str),
    /// The form is right, the check digits are not.
    Checksum,
}

impl Fault {
    pub const fn code(self) -> UserErrorCode {
        match self {
            Self::Form(_) => UserErrorCode::Invalid,
            Self::Checksum => UserErrorCode::ChecksumInvalid,
        }
    }

    pub const fn message(self) -> &'static str {
        match self {
            Self::Form(right) => right,
            Self::Checksum => "The check digits do not fit: look for a mistyped digit.",
        }
    }
}

/// The identifier as its register writes it: spaces gone, letters in the register's case.
pub fn normal(scheme: IdentifierScheme, text: &str) -> Result<String, Fault> {
    match scheme {
        IdentifierScheme::Siren => siren(&close_up(text)),
        IdentifierScheme::Siret => siret(&close_up(text)),
        IdentifierScheme::Rna => rna(&close_up(text)),
        IdentifierScheme::Ror => ror(text.trim()),
        IdentifierScheme::OrgId => org_id(text.trim()),
        IdentifierScheme::Other => other(text.trim()),
    }
}

fn close_up(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '.').collect()
}

fn siren(text: &str) -> Result<String, Fault> {
    let digits = digits(text, 9).ok_or(Fault::Form("A SIREN is nine digits."))?;
    checked(luhn(&digits), text)
}

fn siret(text: &str) -> Result<String, Fault> {
    let all = digits(text, 14).ok_or(Fault::Form("A SIRET is fourteen digits."))?;
    let is_of_a_siren = all.get(..9).is_some_and(luhn);
    let is_la_poste = text.starts_with(LA_POSTE) && all.iter().sum::<u32>() % 5 == 0;
    checked(is_of_a_siren && (luhn(&all) || is_la_poste), text)
}

fn rna(text: &str) -> Result<String, Fault> {
    let text = text.to_ascii_uppercase();
    let is_form = text.len() == 10
        && text.starts_with('W')
        && text.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    if is_form { Ok(text) } else { Err(Fault::Form("An RNA number is W and nine digits or letters.")) }
}

fn ror(text: &str) -> Result<String, Fault> {
    const FORM: Fault = Fault::Form("A ROR id is 0, six digits or letters but i, l, o, u, and two digits.");
    let text = text.to_ascii_lowercase();
    let name = ["https://ror.org/", "http://ror.org/", "ror.org/"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(&text);
    let (Some(base), Some(check)) = (name.get(..7), name.get(7..)) else { return Err(FORM) };
    if !base.starts_with('0') || check.len() != 2 {
        return Err(FORM);
    }
    let number = base.bytes().try_fold(0_u64, |number, letter| Some(number * 32 + base32(letter)?));
    let (Some(number), Some(check)) = (number, digits(check, 2)) else { return Err(FORM) };
    let check = check.iter().fold(0, |number, digit| number * 10 + u64::from(*digit));
    checked(98 - (number * 100) % 97 == check, name)
}

/// Letter of Crockford's base32.
fn base32(letter: u8) -> Option<u64> {
    let place = b"0123456789abcdefghjkmnpqrstvwxyz".iter().position(|known| *known == letter)?;
    u64::try_from(place).ok()
}

fn org_id(text: &str) -> Result<String, Fault> {
    const FORM: Fault = Fault::Form(
        "An org-id begins with the code of its list, such as GB-COH-, then the list's own number.",
    );
    let mut parts = text.splitn(3, '-');
    let (Some(place), Some(list), Some(number)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(FORM);
    };
    let is_code = |code: &str, longest: usize| {
        (2..=longest).contains(&code.len())
            && code
                .bytes()
                .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'_')
    };
    let is_place = is_code(place, 2) && place.bytes().all(|letter| letter.is_ascii_uppercase());
    let is_number =
        (1..=60).contains(&number.len()) && number.bytes().all(|letter| letter.is_ascii_graphic());
    if is_place && is_code(list, 20) && is_number { Ok(text.to_owned()) } else { Err(FORM) }
}

fn other(text: &str) -> Result<String, Fault> {
    let is_form = (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_form { Ok(text.to_owned()) } else { Err(Fault::Form("An identifier is 1 to 100 characters.")) }
}

fn digits(text: &str, length: usize) -> Option<Vec<u32>> {
    let digits: Vec<u32> = text.chars().map(|letter| letter.to_digit(10)).collect::<Option<_>>()?;
    (digits.len() == length).then_some(digits)
}

/// From the right, every second digit doubled, the sum of all digits is a multiple of ten. Zeros alone are no number.
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum > 0 && sum.is_multiple_of(10)
}

fn checked(is_right: bool, text: &str) -> Result<String, Fault> {
    if is_right { Ok(text.to_owned()) } else { Err(Fault::Checksum) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierScheme::{OrgId, Other, Rna, Ror, Siren, Siret};

    #[test]
    fn identifiers_are_kept_as_their_registers_write_them() {
        for (scheme, text, kept) in [
            (Siren, "732 829 320", "732829320"),
            (Siren, "356000000", "356000000"),
            (Siret, "732 829 320 00074", "73282932000074"),
            (Siret, "35600000000048", "35600000000048"),
            // La Poste: the sum of the digits is a multiple of five, the Luhn sum is not one of ten.
            (Siret, "35600000049837", "35600000049837"),
            (Rna, "w751212517", "W751212517"),
            (Rna, "W2A1000001", "W2A1000001"),
            (Ror, "https://ror.org/03yrm5c26", "03yrm5c26"),
            (Ror, "05DXPS055", "05dxps055"),
            (Ror, "02mhbdp94", "02mhbdp94"),
            (OrgId, "GB-COH-04105827", "GB-COH-04105827"),
            (OrgId, " XM-DAC-5-7 ", "XM-DAC-5-7"),
            (Other, " LEI 1234 ", "LEI 1234"),
        ] {
            assert_eq!(normal(scheme, text), Ok(kept.to_owned()), "{scheme} {text}");
        }
    }

    #[test]
    fn what_no_register_wrote_is_refused() {
        for (scheme, text, is_form) in [
            (Siren, "", true),
            (Siren, "73282932", true),
            (Siren, "7328293200", true),
            (Siren, "73282932O", true),
            (Siren, "732829321", false),
            (Siren, "000000000", false),
            (Siret, "73282932000075", false),
            (Siret, "7328293200007", true),
            // The Luhn sum of all fourteen is right, that of the SIREN within is not.
            (Siret, "73282932100072", false),
            (Siret, "35600000049838", false),
            // La Poste's rule is La Poste's alone.
            (Siret, "73282932000004", false),
            (Rna, "X751212517", true),
            (Rna, "W75121251", true),
            (Rna, "W75121251é", true),
            (Ror, "03yrm5c27", false),
            (Ror, "13yrm5c26", true),
            (Ror, "03yrm5c2", true),
            (Ror, "03yrm5u26", true),
            (Ror, "https://example.org/03yrm5c26", true),
            (Ror, "0éé5c26ab", true),
            (OrgId, "04105827", true),
            (OrgId, "gb-coh-04105827", true),
            (OrgId, "GB-COH-", true),
            (OrgId, "GB-COH-1 2", true),
            (Other, "  ", true),
            (Other, "a\nb", true),
        ] {
            let fault = normal(scheme, text).expect_err(text);
            assert_eq!(matches!(fault, Fault::Form(_)), is_form, "{scheme} {text}: {fault:?}");
        }
    }

    /// Numbers of a fixed sequence, so that a failure can be repeated.
    fn numbers() -> impl Iterator<Item = u64> {
        std::iter::successors(Some(20_261_122_u64), |seed| {
            Some(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
        })
        .map(|seed| seed >> 20)
    }

    fn with_check_digit(body: &[u32]) -> Vec<u32> {
        (0..10)
            .map(|check| [body, &[check]].concat())
            .find(|digits| luhn(digits))
            .expect("one check digit of ten is right")
    }

    fn written(digits: &[u32]) -> String {
        digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect()
    }

    #[test]
    fn one_changed_digit_is_always_refused() {
        for seed in numbers().take(200) {
            let body: Vec<u32> = written_digits(seed, 8);
            let siren = with_check_digit(&body);
            if written(&siren) == LA_POSTE {
                continue;
            }
            let siret = with_check_digit(&[siren.as_slice(), &written_digits(seed / 7, 4)].concat());
            for (scheme, right) in [(Siren, siren), (Siret, siret)] {
                assert!(normal(scheme, &written(&right)).is_ok(), "{}", written(&right));
                for place in 0..right.len() {
                    for digit in (0..10).filter(|digit| *digit != right[place]) {
                        let mut wrong = right.clone();
                        wrong[place] = digit;
                        assert_eq!(
                            normal(scheme, &written(&wrong)),
                            Err(Fault::Checksum),
                            "{}",
                            written(&wrong)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn two_neighbours_that_change_places_are_refused_but_for_zero_and_nine() {
        for seed in numbers().take(200) {
            let right = with_check_digit(&written_digits(seed, 8));
            for place in 1..right.len() {
                let (left, other) = (right[place - 1], right[place]);
                if left == other || matches!((left, other), (0, 9) | (9, 0)) {
                    continue;
                }
                let mut wrong = right.clone();
                wrong.swap(place - 1, place);
                assert_eq!(normal(Siren, &written(&wrong)), Err(Fault::Checksum));
            }
        }
    }

    /// Digits of a number, the first never zero.
    fn written_digits(number: u64, length: u32) -> Vec<u32> {
        let digit = |place| u32::try_from(number / 10_u64.pow(place) % 10).unwrap_or(0);
        (0..length).map(|place| digit(place).max(u32::from(place == 0))).collect()
    }
}
