//! A CSV file of signed readings as a front end, such as a meter's memory or another system delivers after an outage. The
//! columns are the fields of a posted reading; each row is acknowledged when it is in the journal.

use {
    super::http::body::{Digits, ReadingBody},
    crate::{
        Ingest,
        journal::State,
        rejection::{Code, Rejection},
    },
    serde::{Deserialize, Deserializer, de::Error},
    std::{io, sync::Arc},
    tokio::task::{JoinError, JoinHandle},
};

/// Rows that wait for the journal at once.
const AT_ONCE: usize = 256;

/// A row: the fields of [`ReadingBody`], whose energies the CSV reader would take for binary fractions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    meter_id: String,
    timestamp: i64,
    #[serde(deserialize_with = "digits")]
    energy_generated: Digits,
    #[serde(deserialize_with = "digits")]
    energy_consumed: Digits,
    #[serde(deserialize_with = "digits")]
    net_energy: Digits,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    building_type: Option<String>,
    #[serde(default)]
    validator: Option<String>,
    #[serde(default)]
    key_epoch: u32,
    signature: String,
}

fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digits, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl From<Columns> for ReadingBody {
    fn from(columns: Columns) -> Self {
        let Columns { meter_id, timestamp, energy_generated, energy_consumed, net_energy, .. } = columns;
        let Columns { location, building_type, validator, key_epoch, signature, .. } = columns;
        Self {
            meter_id,
            timestamp,
            energy_generated,
            energy_consumed,
            net_energy,
            location,
            building_type,
            validator,
            key_epoch,
            signature,
        }
    }
}

/// The result of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of the row in the file.
    pub line: u64,
    /// The meter and the end of the interval, as far as the row says.
    pub reading: Option<(String, i64)>,
    /// State of the row's reading, or why it was rejected.
    pub outcome: Result<State, Rejection>,
}

/// Takes the rows of a file: neighbours of one interval at once, intervals in their order; what became of each.
pub async fn replay<I: Ingest + 'static>(file: impl io::Read, ingest: Arc<I>) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut tasks, mut interval) = (Vec::new(), None);
    for (number, row) in csv::Reader::from_reader(file).into_deserialize::<Columns>().enumerate() {
        let row = row.map(ReadingBody::from);
        // The header is line 1.
        let line = number as u64 + 2;
        let next = row.as_ref().ok().map(|body| body.timestamp);
        if next != interval || tasks.len() >= AT_ONCE {
            finish(&mut tasks, &mut rows).await;
            interval = next;
        }
        let reading = row.as_ref().ok().map(|body| (body.meter_id.clone(), body.timestamp));
        let ingest = ingest.clone();
        let outcome = tokio::spawn(async move {
            match row {
                Ok(body) => take(&*ingest, &body).await,
                Err(error) => Err(unreadable(&error)),
            }
        });
        tasks.push((line, reading, outcome));
    }
    finish(&mut tasks, &mut rows).await;
    rows
}

type Taking = (u64, Option<(String, i64)>, JoinHandle<Result<State, Rejection>>);

async fn finish(tasks: &mut Vec<Taking>, rows: &mut Vec<Row>) {
    for (line, reading, outcome) in tasks.drain(..) {
        let failed = |error: JoinError| Err(Rejection::new(Code::Internal, error.to_string()));
        rows.push(Row { line, reading, outcome: outcome.await.unwrap_or_else(failed) });
    }
}

async fn take(ingest: &impl Ingest, body: &ReadingBody) -> Result<State, Rejection> {
    let taken = ingest.take(body.submission()?, true).await?;
    Rejection::of_rejected(&taken.entry).map_or(Ok(taken.entry.state), Err)
}

fn unreadable(error: &csv::Error) -> Rejection {
    Rejection::new(Code::InvalidRow, error.to_string())
}
