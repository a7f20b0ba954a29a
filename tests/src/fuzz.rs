//! Fuzzing without a fuzzer: valid encodings, mutated by chance, go through a decoder that must not panic, must not take more
//! memory than its input justifies, and must write what it read as it was. A failing input is printed and replays by its seed.

use {
    rand::{Rng, SeedableRng, seq::IndexedRandom},
    rand_chacha::ChaCha8Rng,
    std::panic::{AssertUnwindSafe, catch_unwind},
};

/// Decodes an input: whether it was valid, or what is wrong with the decoder.
pub type Run<'a> = dyn FnMut(&[u8]) -> Result<bool, String> + 'a;

/// A decoder, and what must be true of it.
pub struct Target<'a> {
    /// Its name.
    pub name: &'static str,
    /// Valid encodings.
    pub corpus: Vec<Vec<u8>>,
    /// Decodes. What it says is wrong with the decoder, not with the input. Whether the input was valid.
    pub run: Box<Run<'a>>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fuzzed {
    /// Inputs.
    pub inputs: u64,
    /// Inputs that were valid.
    pub valid: u64,
    /// Decoders.
    pub targets: usize,
}

impl Fuzzed {
    /// The last line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("fuzz: {} inputs, {} targets, 0 panics", self.inputs, self.targets)
    }
}

/// Numbers that lengths and counts are replaced by.
const LENGTHS: [u32; 7] = [0, 1, 255, 65_536, 0x7fff_ffff, 0xffff_fffe, u32::MAX];

/// Changes an input in one way.
fn mutate(rng: &mut ChaCha8Rng, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let length = input.len();
    match rng.random_range(0..9) {
        0 if length > 0 => input[rng.random_range(0..length)] ^= 1 << rng.random_range(0..8),
        1 if length > 0 => input[rng.random_range(0..length)] = rng.random(),
        2 => input.truncate(rng.random_range(0..=length)),
        3 => input.push(rng.random()),
        4 if length >= 4 => {
            let number = *LENGTHS.choose(rng).unwrap_or(&0);
            let at = rng.random_range(0..=length - 4);
            input[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        // The beginning of this one and the end of another one.
        5 => {
            if let Some(other) = corpus.choose(rng) {
                input.truncate(rng.random_range(0..=length));
                input.extend_from_slice(&other[rng.random_range(0..=other.len())..]);
            }
        }
        // A part once more, or not at all.
        6 if length > 0 => {
            let from = rng.random_range(0..length);
            let to = rng.random_range(from..length.min(from + 64));
            let part = input[from..=to.min(length - 1)].to_vec();
            let at = rng.random_range(0..=length);
            input.splice(at..at, part);
        }
        7 if length > 0 => {
            let from = rng.random_range(0..length);
            input.drain(from..length.min(from + 16));
        }
        _ => {
            let many = rng.random_range(0..40);
            *input = (0..many).map(|_| rng.random()).collect();
        }
    }
}

/// Runs every target with so many inputs.
///
/// # Panics
/// Where a target fails: with its name, the input and the seed.
pub fn fuzz(seed: u64, inputs_per_target: u64, targets: Vec<Target>) -> Fuzzed {
    let mut fuzzed = Fuzzed::default();
    for (number, mut target) in targets.into_iter().enumerate() {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ ((number as u64) << 32));
        fuzzed.targets += 1;
        let mut valid = 0;
        for index in 0..inputs_per_target {
            let mut input = target.corpus.choose(&mut rng).cloned().unwrap_or_default();
            // The corpus itself comes first.
            if let Some(plain) = usize::try_from(index).ok().and_then(|index| target.corpus.get(index)) {
                input.clone_from(plain);
            } else {
                for _ in 0..rng.random_range(1..4) {
                    mutate(&mut rng, &mut input, &target.corpus);
                }
            }
            let result = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
            let name = target.name;
            let shown = || String::from_utf8(input.clone()).unwrap_or_else(|_| format!("{input:02x?}"));
            match result {
                Ok(Ok(is_valid)) => valid += u64::from(is_valid),
                Ok(Err(what)) => panic!("{name}, FUZZ_SEED={seed}, input {index}: {what}\n{}", shown()),
                Err(_) => panic!("{name}, FUZZ_SEED={seed}, input {index}: it panics\n{}", shown()),
            }
            fuzzed.inputs += 1;
        }
        let whole = target.corpus.len() as u64;
        assert!(
            valid >= whole.min(inputs_per_target),
            "{}: {valid} inputs were valid, the corpus has {whole}",
            target.name
        );
        fuzzed.valid += valid;
        println!("{:<28} {inputs_per_target:>9} inputs, {valid:>9} valid", target.name);
    }
    fuzzed
}

/// A number from the environment.
///
/// # Panics
/// Where it is no number.
#[must_use]
pub fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}
