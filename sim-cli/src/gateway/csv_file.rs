//! A file of signed readings as a front end: what a meter's memory or another system hands over after an outage. The columns are
//! the fields of a posted reading; each row is acknowledged when the journal has it.

use {
    super::{Ingest, Problem, body::ReadingBody, journal::State},
    std::{io, sync::Arc},
    tokio::sync::Semaphore,
};

/// Rows that wait for the journal at once.
const AT_ONCE: usize = 256;

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file.
    pub line: u64,
    /// The meter and the end of the interval, as far as the row says.
    pub reading: Option<(String, i64)>,
    /// Its reading's state, or why it was not taken.
    pub outcome: Result<State, Problem>,
}

/// Takes the rows of a file, in their order as far as the journal is concerned; what became of each.
pub async fn replay<I: Ingest + 'static>(file: impl io::Read, ingest: Arc<I>) -> Vec<Row> {
    let mut tasks = Vec::new();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    for (number, row) in csv::Reader::from_reader(file).into_deserialize::<ReadingBody>().enumerate() {
        // The header is line 1.
        let line = number as u64 + 2;
        let ingest = ingest.clone();
        // Never closed.
        let place = places.clone().acquire_owned().await;
        tasks.push(tokio::spawn(async move {
            let row = match row {
                Ok(body) => {
                    let reading = Some((body.meter_id.clone(), body.timestamp));
                    let outcome = take(&*ingest, &body).await;
                    Row { line, reading, outcome }
                }
                Err(error) => Row { line, reading: None, outcome: Err(unreadable(&error)) },
            };
            drop(place);
            row
        }));
    }
    let mut rows = Vec::with_capacity(tasks.len());
    for task in tasks {
        rows.extend(task.await);
    }
    rows
}

async fn take(ingest: &impl Ingest, body: &ReadingBody) -> Result<State, Problem> {
    let taken = ingest.take(body.submission()?, true).await?;
    if let (State::Rejected, Some(reason)) = (taken.entry.state, taken.entry.reason) {
        return Err(Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "rejected_by_ledger", reason));
    }
    Ok(taken.entry.state)
}

fn unreadable(error: &csv::Error) -> Problem {
    Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "invalid_row", error.to_string())
}
