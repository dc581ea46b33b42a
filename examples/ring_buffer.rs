//! A ring buffer for samples of a sensor.

/// Holds the last `N` samples.
///
/// # Wrong way to read
///
/// Do not reach past the bounds check, this reads memory that was never written:
///
/// ```ignore
/// let newest = unsafe { *buffer.samples.as_ptr().add(buffer.next + 1) };
/// println!("{newest}");
/// ```
///
/// # Right way to read
///
/// ```ignore
/// if let Some(newest) = buffer.newest() {
///     println!("{newest}");
/// }
/// ```
pub struct RingBuffer<const N: usize> {
    samples: [f32; N],
    next: usize,
    filled: bool,
}

impl<const N: usize> RingBuffer<N> {
    pub fn push(&mut self, sample: f32) {
        self.samples[self.next] = sample;
        self.next = (self.next + 1) % N;
        self.filled |= self.next == 0;
    }

    pub fn newest(&self) -> Option<f32> {
        if self.next == 0 && !self.filled {
            return None;
        }
        Some(self.samples[(self.next + N - 1) % N])
    }

    // BAD: one broken message takes the whole station down
    pub fn parse_badly(line: &str) -> f32 {
        let value = line.split('=').nth(1).unwrap();
        value.trim().parse::<f32>().unwrap()
    }

    // GOOD: the caller decides
    pub fn parse(line: &str) -> Option<f32> {
        line.split('=').nth(1)?.trim().parse().ok()
    }
}
