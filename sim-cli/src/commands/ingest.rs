//! `sim-cli ingest`: stores the signed readings of a CSV file in a gateway's journal.

use {
    super::{
        Failure, UsageError,
        gateway::{JournalPlace, Ready},
    },
    campus_energy_gateway::{Code, front::csv},
    clap::Args,
    std::{collections::BTreeMap, fs::File, path::PathBuf, sync::Arc},
};

/// Store the signed readings of a CSV file in the journal of a gateway that is not running, and settle them.
///
/// The columns are the fields of a posted reading. Rows that were accepted before get the same answer: a file may be given twice.
#[derive(Clone, Debug, Args)]
pub struct Ingest {
    /// The CSV file; `sim-cli sign --date` writes one
    file: PathBuf,
    #[command(flatten)]
    place: JournalPlace,
}

impl Ingest {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let unreadable = |error: &dyn std::fmt::Display| UsageError::file(&self.file, &error);
        let file = File::open(&self.file).map_err(|error| unreadable(&error))?;
        let Ready { engine, intake, .. } = self.place.open()?;
        let worker = std::thread::spawn(engine);
        let rows = super::runtime()?.block_on(csv::replay(file, Arc::new(intake)));
        worker.join().map_err(|_| Failure::Gateway("the engine stopped".into()))?;
        let rows = rows.map_err(|rejection| unreadable(&rejection.text))?;
        let (mut states, mut refused) = (BTreeMap::<&str, usize>::new(), 0);
        let mut stale = false;
        for row in &rows {
            match &row.outcome {
                Ok(state) => *states.entry(state.name()).or_default() += 1,
                Err(rejection) => {
                    refused += 1;
                    stale |= rejection.code == Code::StaleReading;
                    let reading =
                        row.reading.as_ref().map(|(meter, end)| format!(" {meter} {end}:")).unwrap_or_default();
                    eprintln!("line {}:{reading} {}: {}", row.line, rejection.code.name(), rejection.text);
                }
            }
        }
        let states: Vec<_> = states.iter().map(|(state, count)| format!(", {count} {state}")).collect();
        println!("{} rows{}, {refused} refused", rows.len(), states.concat());
        if stale && self.place.has_own_clock() {
            eprintln!("note: this machine's clock was used; for simulated or old days give --clock readings");
        }
        if refused > 0 {
            return Err(Failure::Partial(format!("{refused} of {} rows were not taken", rows.len())));
        }
        Ok(())
    }
}
