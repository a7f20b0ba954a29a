//! `make walk`: a random walk of a million steps, on all processors, from the bytecode. `WALK_STEPS` and `WALK_SEED` choose
//! another. Prints how often each instruction and each error occurred.

use {
    campus_energy_tests::walk::{STEPS_OF_A_PART, coverage::Coverage, walk},
    std::{
        sync::{
            Mutex,
            atomic::{AtomicU64, Ordering},
        },
        thread,
    },
};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn main() {
    let (seed, steps) = (number("WALK_SEED", 1), number("WALK_STEPS", 1_000_000));
    let parts = steps.div_ceil(STEPS_OF_A_PART);
    let (next, all) = (AtomicU64::new(0), Mutex::new(Coverage::default()));
    let work = || loop {
        let part = next.fetch_add(1, Ordering::Relaxed);
        if part >= parts {
            return;
        }
        let length = STEPS_OF_A_PART.min(steps - part * STEPS_OF_A_PART);
        match walk(seed.wrapping_add(part), length, |_| ()) {
            Ok(coverage) => {
                let mut all = all.lock().expect("no other part has failed");
                all.add(&coverage);
                if all.steps.is_multiple_of(10 * STEPS_OF_A_PART) {
                    eprintln!("{}", all.summary(seed));
                }
            }
            Err(what) => {
                eprintln!("{what}");
                std::process::exit(1);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let all = all.into_inner().expect("no part has failed");
    println!("{all}");
    println!("{}", all.summary(seed));
}
