//! A pseudo-random generator with a seed, so that a failure can be repeated.

pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll(u64::try_from(end).unwrap())).unwrap()
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
