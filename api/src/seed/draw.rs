//! Drawing lots that fall the same everywhere: `SplitMix64`, whose numbers no library update changes.

use uuid::Uuid;

/// A stream of numbers that follows from its seed alone.
#[derive(Clone)]
pub struct Draw(u64);

impl Draw {
    /// The stream of one thing of a seeded network: each thing's is its own, so that the order of making is free.
    pub fn of(seed: u64, kind: u64, number: u64) -> Self {
        let mut start = Self(seed ^ kind.rotate_left(32));
        let first = start.next();
        Self(first ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to `end`, `end` left out; 0 if there is nothing.
    pub fn below(&mut self, end: usize) -> usize {
        // The high half of a product spreads evenly enough for any list in memory.
        let wide = u128::from(self.next()) * (end as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// Nearer the start than the end, as words and themes are in life: the first tenth comes up every third time.
    pub fn skewed(&mut self, end: usize) -> usize {
        let (one, two) = (self.below(end), self.below(end));
        let three = self.below(end.max(1));
        one.min(two).min(three)
    }

    pub fn one_of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let place = self.below(list.len());
        list.get(place)
    }

    pub fn skewed_of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let place = self.skewed(list.len());
        list.get(place)
    }

    /// An id as of this millisecond.
    pub fn id(&mut self, millis: u64) -> Uuid {
        let mut bits = [0; 10];
        let drawn = u128::from(self.next()) << 64 | u128::from(self.next());
        for (bit, byte) in bits.iter_mut().zip(drawn.to_be_bytes()) {
            *bit = byte;
        }
        uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_follows_from_its_seed() {
        let take = |mut draw: Draw| (0..4).map(|_| draw.next()).collect::<Vec<_>>();
        assert_eq!(take(Draw::of(7, 1, 3)), take(Draw::of(7, 1, 3)));
        assert_ne!(take(Draw::of(7, 1, 3)), take(Draw::of(7, 1, 4)));
        assert_ne!(take(Draw::of(7, 1, 3)), take(Draw::of(7, 2, 3)));
        let mut draw = Draw::of(1, 1, 1);
        assert!((0..10_000).all(|_| draw.below(7) < 7));
        assert_eq!(draw.below(0), 0);
    }
}
