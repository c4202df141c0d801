//! Sharing an amount so that the parts sum to the whole (BR-6).

/// Parts of `total` by weight: whole numbers first, then one more to the largest remainders, earlier places first.
///
/// All weights zero share alike. The parts sum to `total`.
pub fn largest_remainder(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    if weights.is_empty() || total <= 0 {
        return vec![0; weights.len()];
    }
    if sum <= 0 {
        return largest_remainder(total, &vec![1; weights.len()]);
    }
    let mut parts: Vec<i128> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut order: Vec<(usize, i128)> =
        weights.iter().map(|weight| total * weight % sum).enumerate().collect();
    order.sort_by_key(|(place, remainder)| (-remainder, *place));
    let missing = total - parts.iter().sum::<i128>();
    let lucky = order.iter().take(usize::try_from(missing).unwrap_or(0)).map(|(place, _)| *place);
    for place in lucky.collect::<Vec<_>>() {
        if let Some(part) = parts.get_mut(place) {
            *part += 1;
        }
    }
    parts
}

/// Parts by weight, none above its room; what does not fit goes to the others by weight. Returns the rest, too.
pub fn within_rooms(total: i128, weights: &[i128], rooms: &[Option<i128>]) -> (Vec<i128>, i128) {
    let mut parts = vec![0_i128; weights.len()];
    let mut left = total.max(0);
    // Each round fills at least one place or shares out everything.
    for _ in 0..=weights.len() {
        let open: Vec<usize> = (0..weights.len())
            .filter(|&place| room(rooms, place).is_none_or(|room| room > at(&parts, place)))
            .collect();
        if left == 0 || open.is_empty() {
            break;
        }
        let open_weights: Vec<i128> = open.iter().map(|&place| at(weights, place)).collect();
        let offered = largest_remainder(left, &open_weights);
        for (&place, offer) in open.iter().zip(offered) {
            let free = room(rooms, place).map_or(offer, |room| (room - at(&parts, place)).max(0));
            let taken = offer.min(free);
            if let Some(part) = parts.get_mut(place) {
                *part += taken;
            }
            left -= taken;
        }
    }
    (parts, left)
}

/// Parts in order, each filled before the next. Returns the rest, too.
pub fn in_order(total: i128, rooms: &[Option<i128>]) -> (Vec<i128>, i128) {
    let mut left = total.max(0);
    let parts = rooms
        .iter()
        .map(|room| {
            let taken = room.map_or(left, |room| room.max(0).min(left));
            left -= taken;
            taken
        })
        .collect();
    (parts, left)
}

fn at(list: &[i128], place: usize) -> i128 {
    list.get(place).copied().unwrap_or(0)
}

fn room(rooms: &[Option<i128>], place: usize) -> Option<i128> {
    rooms.get(place).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole_and_the_largest_remainders_win() {
        assert_eq!(largest_remainder(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(largest_remainder(101, &[1, 1, 1]), [34, 34, 33]);
        assert_eq!(largest_remainder(10, &[7, 2, 1]), [7, 2, 1]);
        assert_eq!(largest_remainder(1_000_001, &[2_500_000, 1_500_000]), [625_001, 375_000]);
        assert_eq!(largest_remainder(5, &[0, 0]), [3, 2]);
        assert_eq!(largest_remainder(0, &[3, 4]), [0, 0]);
        assert_eq!(largest_remainder(5, &[]), Vec::<i128>::new());
    }

    #[test]
    fn what_does_not_fit_moves_on_or_is_left() {
        assert_eq!(within_rooms(100, &[1, 1], &[Some(30), None]), (vec![30, 70], 0));
        assert_eq!(within_rooms(100, &[1, 1], &[Some(30), Some(40)]), (vec![30, 40], 30));
        assert_eq!(within_rooms(90, &[1, 1, 1], &[Some(10), Some(35), None]), (vec![10, 35, 45], 0));
        assert_eq!(in_order(100, &[Some(60), Some(30), Some(30)]), (vec![60, 30, 10], 0));
        assert_eq!(in_order(100, &[Some(60), Some(30)]), (vec![60, 30], 10));
    }
}
