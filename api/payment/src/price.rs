//! What an accepted quantity is worth under one tariff (step 3).

use super::{
    quantity::{ONE, Quantity, rounded},
    terms::{Band, Price, Stair, Tier},
};

/// Amount in minor units; quantities below zero are worth nothing, but for differences to a control group.
pub fn amount(price: &Price, quantity: Quantity) -> i128 {
    let units = quantity.wide().max(0);
    match price {
        Price::UnitPrice { price } => times(units, *price),
        Price::Tiered { tiers } => tiered(tiers, units),
        Price::Step { steps } => {
            let reached = steps.iter().filter(|step| step.threshold <= quantity);
            reached.max_by_key(|step| step.threshold).map_or(0, |step: &Stair| i128::from(step.amount))
        }
        Price::Binary { threshold, amount } => {
            if quantity >= *threshold {
                i128::from(*amount)
            } else {
                0
            }
        }
        Price::Linear { floor, floor_amount, ceiling, ceiling_amount } => {
            if quantity < *floor {
                0
            } else if quantity >= *ceiling {
                i128::from(*ceiling_amount)
            } else {
                between(
                    quantity.wide() - floor.wide(),
                    ceiling.wide() - floor.wide(),
                    i128::from(*floor_amount),
                    i128::from(*ceiling_amount),
                )
            }
        }
        Price::ControlBands { base, bands } => share_in(bands, quantity, i128::from(*base)),
        Price::Fixed { amount } => i128::from(*amount),
    }
}

fn times(millionths: i128, price: i64) -> i128 {
    rounded(millionths * i128::from(price), i128::from(ONE))
}

/// Every slice at its own price, summed before rounding.
fn tiered(tiers: &[Tier], units: i128) -> i128 {
    let mut from = 0;
    let mut sum = 0;
    for tier in tiers {
        let to = tier.up_to.map_or(units, |end| end.wide().min(units));
        sum += (to - from).max(0) * i128::from(tier.price);
        from = to.max(from);
    }
    rounded(sum, i128::from(ONE))
}

/// The point `done` of `whole` on the way from `start` to `end`.
fn between(done: i128, whole: i128, start: i128, end: i128) -> i128 {
    if whole == 0 { end } else { start + rounded((end - start) * done, whole) }
}

fn share_in(bands: &[Band], value: Quantity, base: i128) -> i128 {
    let Some(band) = bands.iter().rev().find(|band| band.from <= value) else { return 0 };
    if band.to.is_some_and(|end| value >= end) {
        // A gap between bands, or beyond the last: worth what was reached at the band's end.
        let reached = i128::from(band.share_to.unwrap_or(band.share));
        return rounded(base * reached, i128::from(ONE));
    }
    let start = rounded(base * i128::from(band.share), i128::from(ONE));
    match (band.share_to, band.to) {
        (Some(share_to), Some(to)) => {
            let end = rounded(base * i128::from(share_to), i128::from(ONE));
            between(value.wide() - band.from.wide(), to.wide() - band.from.wide(), start, end)
        }
        _ => start,
    }
}
