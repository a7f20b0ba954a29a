//! `sim-cli run --inject`: the readings of tampered meters reach the ledger in the same way as all others. The other meters'
//! readings go first, and each delivery of a tampered meter has its own transaction, so that a rejection affects no other meter.

use {
    super::super::Failure,
    campus_energy_department::{
        Department, Signing, Wallets, audit::Arrival, batch, measured, record::Recording, settle,
    },
    campus_energy_report::{
        Output, OutputError,
        tampering::{Accepted, Evidence, REFUSALS, Refused, TRUTH, Tampering, refusals_csv, score, truth_csv},
    },
    campus_energy_sdk::{ledger::LedgerError, reading::Metered},
    campus_energy_simulation::{
        IntervalReadings,
        tampering::{Injection, Injector, Item, Plan, Sent},
    },
    clap::Args,
};

/// Which meters are tampered with.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Injections {
    /// Tamper with a meter's readings before they are submitted, and report what was rejected, minted, flagged and missed
    ///
    /// Separate several by commas, or repeat the option; each meter at most once. The kinds, with their default amounts and
    /// allowed ranges:
    ///
    ///   bias:ENG_001:200            adds Wh to the generation of each reading (-10000 to 10000)
    ///   scaling:ENG_002:1.5         multiplies the generation (0 to 10)
    ///   drift:ENG_003:20            multiplies it by a factor that begins at 1 and grows by percent a day (-100 to 100)
    ///   late:ENG_004:2              delivers each reading that many intervals later (1 to 96)
    ///   duplicate:ENG_005           delivers each signed reading twice
    ///   reordered:ENG_006           delivers each second interval's reading before the first one's
    ///   clock-skewed:ENG_007:30     signs a timestamp that many seconds later (-86400 to 86400); 900 is one interval
    ///   silent:ENG_008:0.25         delivers nothing for a share of the intervals (0.001 to 1)
    ///   silent:ENG_009:10:00-14:00  or for the intervals that begin between two local times
    ///   double-signed:ENG_010:500   signs a second reading of each interval with Wh more generation (1 to 10000); which of the
    ///                               two comes first is random
    ///
    /// Only on the embedded ledger. Random choices follow --seed. Two more files are written: truth.csv, the measured readings,
    /// and refusals.csv, the readings that the ledger rejected.
    #[arg(long, value_name = "KIND:METER[:AMOUNT]", value_delimiter = ',', verbatim_doc_comment)]
    inject: Vec<Injection>,
}

impl Injections {
    pub(super) fn are_given(&self) -> bool {
        !self.inject.is_empty()
    }

    pub(super) fn given(&self) -> &[Injection] {
        &self.inject
    }
}

/// The tampered meters of a run in progress.
pub(super) struct Tampered {
    plan: Plan,
    injector: Injector,
    signing: Signing,
    evidence: Evidence,
}

impl Tampered {
    pub(super) fn new(plan: Plan, signing: Signing) -> Self {
        Self { injector: Injector::new(&plan), plan, signing, evidence: Evidence::default() }
    }

    /// Submits what is delivered at the end of an interval. What the ledger has of the interval then, for each meter; nothing where
    /// it has no reading.
    pub(super) fn deliver(
        &mut self,
        ledger: &mut Recording,
        site: (&Department, &Wallets),
        interval: &IntervalReadings,
        now: i64,
    ) -> Result<Vec<Metered>, Failure> {
        let end = interval.interval.end();
        self.evidence.truth.push((end, interval.readings.clone()));
        let mut there = vec![Metered::default(); interval.readings.len()];
        let readings = interval.readings.iter().copied().enumerate();
        let honest: Vec<_> = readings.filter(|(meter, _)| !self.plan.is_tampered(*meter)).collect();
        for some in honest.chunks(self.signing.readings_per_transaction()) {
            for (meter, reading) in self.submit(ledger, site, end, some, now)? {
                there[meter] = reading;
            }
        }
        for Item { meter, sent, .. } in self.injector.step(interval.interval, &interval.readings) {
            let Some(Sent { timestamp, reading }) = sent else { continue };
            // A ledger executes the same transaction once: in another slot it is another one.
            ledger.set_time(now);
            let accepted = self.submit(ledger, site, timestamp, &[(meter, reading)], now)?;
            if timestamp == end && !accepted.is_empty() {
                there[meter] = reading;
            }
        }
        Ok(there)
    }

    /// Submits readings in one transaction. Where it is refused, each has one of its own; what is refused then is noted. Those that
    /// the ledger took.
    fn submit(
        &mut self,
        ledger: &mut Recording,
        (department, wallets): (&Department, &Wallets),
        timestamp: i64,
        readings: &[(usize, Metered)],
        now: i64,
    ) -> Result<Vec<(usize, Metered)>, LedgerError> {
        let measured: Vec<_> = readings.iter().map(|(meter, reading)| (*meter, measured(reading))).collect();
        let transaction = batch(department, &wallets.meters, timestamp, &measured, self.signing);
        let refusal = match settle(ledger, department, &wallets.submitter, &[transaction]) {
            Ok(_) => return Ok(readings.to_vec()),
            Err(refusal @ LedgerError::Refused(..)) => refusal,
            Err(error) => return Err(error),
        };
        if let &[(meter, reading)] = readings {
            let error = refusal.described().map_or_else(|| refusal.to_string(), |described| described.name.into());
            self.evidence.refused.push(Refused { meter, timestamp, reading, at: now, error });
            return Ok(Vec::new());
        }
        let mut accepted = Vec::new();
        for own in readings.chunks(1) {
            accepted.extend(self.submit(ledger, (department, wallets), timestamp, own, now)?);
        }
        Ok(accepted)
    }

    /// Writes what the meters measured and what was refused; the score. `accepted` is what the ledger has.
    pub(super) fn finish(
        self,
        accepted: impl IntoIterator<Item = Arrival>,
        output: &mut Output,
    ) -> Result<Tampering, OutputError> {
        let Self { plan, mut evidence, .. } = self;
        evidence.accepted = accepted.into_iter().map(Accepted::from).collect();
        let truth = truth_csv(&plan.meters, &evidence.truth).map_err(|error| output.failed(TRUTH, &error))?;
        let refusals = refusals_csv(&plan.meters, &evidence.refused);
        let refusals = refusals.map_err(|error| output.failed(REFUSALS, &error))?;
        output.write(TRUTH, &truth)?;
        output.write(REFUSALS, &refusals)?;
        Ok(score(&plan, &evidence))
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        campus_energy_department::{Founder, Keys, embedded_ledger},
        campus_energy_sdk::{
            ledger::{SplToken, transaction::send},
            registry::{instruction::set_meter_status, state::MeterStatus},
            token::state::MintMode,
        },
        campus_energy_simulation::{Configuration, Mode, Simulation},
        chrono::NaiveDate,
        solana_signer::Signer,
    };

    /// A meter whose readings the ledger does not take costs neither the others of its transaction nor the tampered ones anything.
    #[test]
    fn a_refusal_concerns_nobody_else() {
        let configuration = Configuration::load(None).unwrap();
        let mut simulation = Simulation::new(&configuration, 42, Mode::Physical);
        let founding = crate::plan::founding(&configuration, true, MintMode::Batch);
        let ledger = embedded_ledger(Keys::new(42), founding.participants.len(), SplToken::Batching).unwrap();
        let programs = ledger.programs();
        let mut ledger = Recording::new(ledger);
        let interval = simulation.intervals(NaiveDate::from_ymd_opt(2025, 3, 20).unwrap(), 1).nth(48).unwrap();
        let (end, now) = (interval.interval.end(), interval.interval.end() + 5);
        ledger.set_time(end - 900);
        let department = Founder::new(programs, Keys::new(42), &founding).found(&mut ledger, |_| ()).unwrap();
        ledger.ledger().next_slot();
        let wallets = Wallets::of_seed(Keys::new(42), &founding);
        let (authority, id) = (&Keys::new(42).authority(), department.meters[2].id);
        let suspend = set_meter_status(&department.addresses, &authority.pubkey(), &id, MeterStatus::Suspended);
        send(&mut ledger, &[suspend], &[authority], &[]).unwrap();

        let meters = simulation.meters().iter().map(|meter| meter.id).collect();
        let injections = ["duplicate:ENG_001", "clock-skewed:ENG_006:30"].map(|text| text.parse().unwrap());
        let zone = configuration.engineering_department.site.timezone;
        let plan = Plan::new(meters, &injections, simulation.weights().to_vec(), 42, zone).unwrap();
        let mut tampered = Tampered::new(plan, Signing::Meters);
        ledger.set_time(now);
        let there = tampered.deliver(&mut ledger, (&department, &wallets), &interval, now).unwrap();
        for (meter, (there, measured)) in there.iter().zip(&interval.readings).enumerate() {
            let expected = if [2, 5].contains(&meter) { Metered::default() } else { *measured };
            assert_eq!(*there, expected, "meter {meter}");
        }
        let refused = |meter: usize, timestamp, error: &str| {
            let reading = interval.readings[meter];
            Refused { meter, timestamp, reading, at: now, error: error.into() }
        };
        let expected = [
            refused(2, end, "MeterInactive"),
            refused(0, end, "AlreadyAccepted"),
            refused(5, end + 30, "MisalignedTimestamp"),
        ];
        assert_eq!(tampered.evidence.refused, expected);
    }
}
