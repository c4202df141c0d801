//! Families of outcomes that may be no more than a share of all that is paid (step 6).

use super::quantity::ONE;

/// A family's amount and the largest share of the total it may have.
pub struct Family {
    pub amount: i128,
    pub share: i64,
}

/// What each family may keep, solved for all families at once on the total that remains.
///
/// With `o` of others and the binding families `B`, the total is `(o + Σ not in B) / (1 - Σ shares in B)`; a family
/// binds when it is more than its share of that. The total only falls as families join `B`, so the search ends after
/// as many rounds as there are families, and the order of families plays no part.
pub fn kept(families: &[Family], others: i128) -> Vec<i128> {
    let mut binds = vec![false; families.len()];
    let mut total = fraction(families, &binds, others);
    for _ in families {
        let next: Vec<bool> = families
            .iter()
            .zip(&binds)
            .map(|(family, bound)| {
                // amount > share * total, without dividing
                *bound || family.amount * i128::from(ONE) * total.1 > i128::from(family.share) * total.0
            })
            .collect();
        if next == binds {
            break;
        }
        binds = next;
        total = fraction(families, &binds, others);
    }
    families
        .iter()
        .zip(&binds)
        .map(|(family, bound)| {
            if *bound {
                (i128::from(family.share) * total.0 / (total.1 * i128::from(ONE))).min(family.amount)
            } else {
                family.amount
            }
        })
        .collect()
}

/// The total as numerator and denominator.
fn fraction(families: &[Family], binds: &[bool], others: i128) -> (i128, i128) {
    let (mut numerator, mut denominator) = (others, i128::from(ONE));
    for (family, bound) in families.iter().zip(binds) {
        if *bound {
            denominator -= i128::from(family.share);
        } else {
            numerator += family.amount;
        }
    }
    if denominator <= 0 { (0, 1) } else { (numerator * i128::from(ONE), denominator) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_of(families: &[(i128, i64)], others: i128) -> Vec<i128> {
        let families: Vec<_> = families.iter().map(|&(amount, share)| Family { amount, share }).collect();
        kept(&families, others)
    }

    #[test]
    fn a_family_keeps_its_share_of_what_remains() {
        // 40 % of the total that remains: x = 0.4 (x + 600), so x = 400.
        assert_eq!(kept_of(&[(900, 400_000)], 600), [400]);
        assert_eq!(kept_of(&[(400, 400_000)], 600), [400], "exactly the share is kept whole");
        assert_eq!(kept_of(&[(300, 400_000)], 600), [300]);
        assert_eq!(kept_of(&[(300, 400_000)], 0), [0], "a share of nothing is nothing");
        assert_eq!(kept_of(&[(300, 1_000_000)], 0), [300], "all of it may be all of it");
    }

    #[test]
    fn several_families_are_solved_together_in_any_order() {
        // x = 0.3 t, y = 0.2 t, t = 500 + x + y = 1000.
        assert_eq!(kept_of(&[(900, 300_000), (900, 200_000)], 500), [300, 200]);
        assert_eq!(kept_of(&[(900, 200_000), (900, 300_000)], 500), [200, 300]);
        // The second does not bind: t = (500 + 50) / 0.7 = 785.71, x = 235.71.
        assert_eq!(kept_of(&[(900, 300_000), (50, 200_000)], 500), [235, 50]);
    }
}
