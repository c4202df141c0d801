//! Terms of a contract in the API: what is written, and what is shown. The check is in [`super::tariff`].

mod read;
mod show;

pub use read::ContractTermsInput;
pub use show::ContractTerms;

use super::tariff::Wrong;
use door::{Error, Faults, Result, UserErrorCode};
use gql::scalars::{Decimal, minor};
use payment::{Quantity, quantity::ONE};

/// Tells what the check of terms found, with paths below `base`.
pub fn tell(found: Vec<super::tariff::Fault>, base: &[&str], faults: &mut Faults) {
    for fault in found {
        let code = match fault.wrong {
            Wrong::Taken => UserErrorCode::Taken,
            Wrong::Unknown => UserErrorCode::NotFound,
            Wrong::Empty => UserErrorCode::Blank,
            Wrong::OutOfRange => UserErrorCode::OutOfRange,
            Wrong::Overlaps => UserErrorCode::TermsOverlap,
            Wrong::Descends => UserErrorCode::TermsDescend,
            Wrong::CannotBeMet => UserErrorCode::TermsUnreachable,
            Wrong::Unfunded => UserErrorCode::TermsUnfunded,
        };
        let path: Vec<&str> = base.iter().copied().chain(fault.path.iter().map(String::as_str)).collect();
        faults.add(code, &path, fault.message);
    }
}

/// A quantity as the API shows it.
pub fn decimal(quantity: Quantity) -> Decimal {
    Decimal(quantity.to_string())
}

/// Amount of the contract's currency in minor units, or a fault at this path.
pub fn read_money(amount: &Decimal, currency: &str, path: &[&str]) -> Result<i64> {
    match minor(&amount.0, currency) {
        Some(minor) if minor >= 0 => Ok(minor),
        _ => {
            let message = "An amount of at least zero, with no more decimals than the currency, please.";
            Err(Error::mend(UserErrorCode::Invalid, path, message))
        }
    }
}

/// Percent as millionths of one.
pub fn read_share(percent: &Decimal, path: &[&str]) -> Result<i64> {
    match percent.0.parse::<Quantity>() {
        Ok(percent) if percent.0 >= 0 && percent.0 % 100 == 0 && percent.0 / 100 <= 100 * ONE => {
            Ok(percent.0 / 100)
        }
        _ => Err(Error::mend(UserErrorCode::Invalid, path, "A percentage of at most four decimals, please.")),
    }
}
