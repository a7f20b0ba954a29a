//! Readings that the ledger does not accept for now, by meter: they wait, one of each meter after the other is tried again after a
//! pause, and its success releases the others.

use {
    super::Held,
    campus_energy_sdk::identity::MeterId,
    std::{
        collections::{BTreeMap, BTreeSet, HashMap},
        time::{Duration, Instant},
    },
};

/// The pause before the first trial; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why readings wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The refusal's name.
    pub(super) name: String,
    /// In words.
    pub(super) text: String,
    /// Whether a limit of the department is reached.
    pub(super) limit: bool,
}

/// The readings, by meter.
#[derive(Default)]
pub(super) struct Holds(HashMap<MeterId, Hold>);

struct Hold {
    cause: Cause,
    readings: BTreeSet<i64>,
    /// The one that was refused last.
    last: i64,
    /// One of them is being tried.
    trial: bool,
    pause: Duration,
    until: Instant,
}

impl Holds {
    /// Why a meter's readings wait, if they do.
    pub(super) fn cause(&self, meter: &MeterId) -> Option<&Cause> {
        self.0.get(meter).map(|hold| &hold.cause)
    }

    /// A meter's new reading waits with the others.
    pub(super) fn join(&mut self, meter: &MeterId, reading: i64) {
        if let Some(hold) = self.0.get_mut(meter) {
            hold.readings.insert(reading);
        }
    }

    /// The ledger did not take a meter's reading.
    pub(super) fn refused(&mut self, meter: MeterId, reading: i64, cause: Cause) {
        let now = Instant::now();
        let hold = self.0.entry(meter).or_insert_with(|| Hold {
            cause: cause.clone(),
            readings: BTreeSet::new(),
            last: reading,
            trial: true,
            pause: FIRST_PAUSE / 2,
            until: now,
        });
        hold.readings.insert(reading);
        hold.last = reading;
        hold.cause = cause;
        // Of readings that were under way together each is refused: that is one trial.
        if std::mem::take(&mut hold.trial) {
            hold.pause = (hold.pause * 2).min(LONGEST_PAUSE);
            hold.until = now + hold.pause;
        }
    }

    /// A reading of each meter whose pause is over, to be tried: the next one after that which was refused last, so that none of them
    /// keeps the others back for good.
    pub(super) fn due(&mut self) -> Vec<i64> {
        let now = Instant::now();
        let due = self.0.values_mut().filter(|hold| !hold.trial && hold.until <= now);
        due.filter_map(|hold| {
            hold.trial = true;
            let next = hold.readings.range(hold.last + 1..).next().or(hold.readings.first()).copied()?;
            hold.readings.take(&next)
        })
        .collect()
    }

    /// A meter's trial went through, or was the last of its reading: its others need not wait.
    pub(super) fn release(&mut self, meter: &MeterId) -> BTreeSet<i64> {
        self.0.remove(meter).map(|hold| hold.readings).unwrap_or_default()
    }

    /// Readings that wait.
    pub(super) fn readings(&self) -> usize {
        self.0.values().map(|hold| hold.readings.len() + usize::from(hold.trial)).sum()
    }

    /// The meters whose readings wait, by the name of the cause.
    pub(super) fn causes(&self) -> BTreeMap<String, Held> {
        let mut causes: BTreeMap<String, Held> = BTreeMap::new();
        for (meter, Hold { cause, .. }) in &self.0 {
            let held = causes.entry(cause.name.clone());
            let held =
                held.or_insert_with(|| Held { text: cause.text.clone(), meters: Vec::new(), limit: cause.limit });
            held.meters.push(meter.to_string());
        }
        causes.values_mut().for_each(|held| held.meters.sort_unstable());
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(number: u32) -> MeterId {
        format!("ENG_{number:03}").parse().unwrap()
    }

    fn cause(name: &str) -> Cause {
        Cause { name: name.into(), text: format!("it is {name}"), limit: name == "poor" }
    }

    #[test]
    fn one_reading_of_a_meter_is_tried_and_lets_the_others_go() {
        let mut holds = Holds::default();
        holds.refused(meter(1), 7, cause("paused"));
        holds.refused(meter(1), 5, cause("paused"));
        holds.join(&meter(1), 9);
        holds.join(&meter(2), 8);
        assert_eq!(holds.due(), Vec::<i64>::new(), "the pause has begun");
        assert_eq!((holds.readings(), holds.cause(&meter(2))), (3, None));
        holds.0.get_mut(&meter(1)).unwrap().until = Instant::now();
        assert_eq!(holds.due(), [7], "the next one after 5, which was refused last");
        assert_eq!((holds.due(), holds.readings()), (vec![], 3), "it is being tried");
        let before = holds.0[&meter(1)].pause;
        holds.refused(meter(1), 7, cause("poor"));
        assert_eq!(holds.0[&meter(1)].pause, before * 2);
        for next in [9, 5, 7] {
            holds.0.get_mut(&meter(1)).unwrap().until = Instant::now();
            assert_eq!(holds.due(), [next], "each in its turn");
            holds.refused(meter(1), next, cause("poor"));
        }
        let held = Held { text: "it is poor".into(), meters: vec!["ENG_001".into()], limit: true };
        assert_eq!(holds.causes()["poor"], held);
        assert_eq!(holds.release(&meter(1)), BTreeSet::from([5, 7, 9]));
        assert_eq!((holds.readings(), holds.cause(&meter(1))), (0, None));
    }
}
