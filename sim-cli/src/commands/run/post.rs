//! `sim-cli run --gateway`: the simulated meters post their readings to a gateway at the end of each interval.

use {
    super::{super::Failure, session::Days},
    crate::meters::Meters,
    campus_energy_gateway::{
        Submission,
        front::http::client::{Client, Posted},
    },
    campus_energy_report as report,
    campus_energy_sdk::{oracle::state::GREATEST_MAX_AGE, time::INTERVAL_SECONDS},
    campus_energy_simulation::{IntervalReadings, quantile},
    chrono::{NaiveDate, Utc},
    indicatif::ProgressBar,
    serde::Serialize,
    std::{collections::BTreeMap, time::Duration},
    tokio::{
        task::JoinSet,
        time::{Instant, sleep, sleep_until},
    },
};

/// How long a meter tries to get rid of a reading: as long as any ledger takes it. A ledger with a lower limit on age has it refused then.
const PATIENCE: Duration = Duration::from_secs(GREATEST_MAX_AGE as u64);
/// Seconds before the limit on age from which an interval is not posted any more: it would be too old on arrival.
const MARGIN: i64 = 60;
/// Seconds after the end of an interval at which its readings are posted.
const DELAY: i64 = 2;
/// Refusals that are shown.
const SHOWN: usize = 5;

/// How the readings of days go to a gateway.
pub(super) struct Posting {
    /// The gateway.
    pub(super) client: Client,
    /// The meters.
    pub(super) meters: Meters,
    /// How much faster than real time; 0: the next interval as soon as one is settled.
    pub(super) speed: u32,
    /// How old a reading can be for the department's ledger, s.
    pub(super) max_age: u32,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Totals {
    intervals: u64,
    /// Those that had ended so long before the posting began that the ledger does not take them: they were not posted.
    skipped_intervals: u64,
    readings: u64,
    confirmed: u64,
    kept: u64,
    refused: u64,
    given_up: u64,
    retries: u64,
    energy_tokens_minted: String,
    /// From the first post of a reading to its confirmation.
    median_ms: f64,
    p99_ms: f64,
    largest_ms: f64,
    #[serde(skip)]
    milliseconds: Vec<f64>,
    #[serde(skip)]
    minted: u128,
    #[serde(skip)]
    refusals: BTreeMap<String, u64>,
}

impl Posting {
    /// Posts days' readings; in real time those that have ended and that the ledger still takes at once, the others as they end.
    pub(super) async fn run(self, mut days: Days, first: NaiveDate, count: u32, progress: ProgressBar) -> Totals {
        let mut totals = Totals::default();
        let mut posting: JoinSet<Posted> = JoinSet::new();
        let began = Instant::now();
        let mut zero = None;
        let live = self.speed == 1 && first >= (Utc::now() - chrono::TimeDelta::days(1)).date_naive();
        for date in (0..count).filter_map(|day| first.checked_add_days(chrono::Days::new(day.into()))) {
            let day = days.day(date);
            for interval in day {
                let end = interval.interval.end();
                let mut missed = false;
                if live {
                    let wait = end + DELAY - Utc::now().timestamp();
                    if wait < MARGIN - i64::from(self.max_age) {
                        totals.skipped_intervals += 1;
                        progress.inc(1);
                        continue;
                    }
                    missed = wait < -INTERVAL_SECONDS;
                    sleep(Duration::from_secs(wait.max(0).unsigned_abs())).await;
                } else if self.speed > 0 {
                    let since = (end - *zero.get_or_insert(end)).unsigned_abs();
                    sleep_until(began + Duration::from_secs(since) / self.speed).await;
                }
                self.post(&interval, &mut posting);
                totals.intervals += 1;
                progress.inc(1);
                // What is late goes on by itself; what is done is counted. Missed intervals go one after the other.
                while let Some(posted) =
                    if self.speed == 0 || missed { posting.join_next().await } else { posting.try_join_next() }
                {
                    totals.add(posted.ok());
                }
            }
        }
        while let Some(posted) = posting.join_next().await {
            totals.add(posted.ok());
        }
        progress.finish_and_clear();
        totals.finish()
    }

    fn post(&self, interval: &IntervalReadings, posting: &mut JoinSet<Posted>) {
        for body in self.meters.interval(interval).map(|submission: Submission| submission.body()) {
            let client = self.client.clone();
            posting.spawn(async move { client.post(&body).await });
        }
    }

    /// How long a meter tries.
    pub(super) const fn patience() -> Duration {
        PATIENCE
    }
}

impl Totals {
    fn add(&mut self, posted: Option<Posted>) {
        self.readings += 1;
        let Some(Posted { answer, retries, duration }) = posted else {
            self.given_up += 1;
            return;
        };
        self.retries += u64::from(retries);
        match answer {
            // On the gateway's disk, and not known to be on the ledger.
            Ok(answer) if answer.is_kept() => self.kept += 1,
            Ok(answer) => {
                self.confirmed += 1;
                match answer.energy_tokens_minted.parse::<u128>() {
                    Ok(minted) => self.minted += minted,
                    Err(_) => {
                        let reason = "confirmed, but its energy_tokens_minted is no number";
                        *self.refusals.entry(reason.into()).or_default() += 1;
                    }
                }
                self.milliseconds.push(duration.as_secs_f64() * 1_000.0);
            }
            Err(error) => {
                let given_up = matches!(error, campus_energy_gateway::front::http::client::ClientError::GivenUp(_));
                *(if given_up { &mut self.given_up } else { &mut self.refused }) += 1;
                *self.refusals.entry(error.to_string()).or_default() += 1;
            }
        }
    }

    fn finish(mut self) -> Self {
        self.milliseconds.sort_by(f64::total_cmp);
        let at = |share: f64| (quantile(&self.milliseconds, share) * 10.0).round() / 10.0;
        (self.median_ms, self.p99_ms, self.largest_ms) = (at(0.5), at(0.99), at(1.0));
        self.energy_tokens_minted = self.minted.to_string();
        self
    }

    /// Prints it as a table.
    pub(super) fn print(&self) {
        let rows = [
            ["intervals".into(), self.intervals.to_string()],
            ["intervals too old, not posted".into(), self.skipped_intervals.to_string()],
            ["readings posted".into(), self.readings.to_string()],
            ["confirmed on the ledger".into(), self.confirmed.to_string()],
            ["kept by the gateway, not confirmed".into(), self.kept.to_string()],
            ["refused".into(), self.refused.to_string()],
            ["given up".into(), self.given_up.to_string()],
            ["posted again".into(), self.retries.to_string()],
            ["energy tokens minted".into(), format!("{:.3}", self.minted as f64 / 1e9)],
            [
                "until confirmed, ms".into(),
                format!("median {:.1}, p99 {:.1}, largest {:.1}", self.median_ms, self.p99_ms, self.largest_ms),
            ],
        ];
        println!("{}", report::table(["readings through the gateway", ""], 1, rows));
    }

    /// Whether the gateway has taken all.
    pub(super) fn result(&self) -> Result<(), Failure> {
        if self.confirmed == self.readings {
            return Ok(());
        }
        for (refusal, count) in self.refusals.iter().take(SHOWN) {
            eprintln!("{count} x {refusal}");
        }
        let lost = self.readings - self.confirmed - self.kept;
        let kept = match self.kept {
            0 => String::new(),
            kept => format!(", {kept} are kept by the gateway and not confirmed"),
        };
        Err(Failure::Partial(format!("{lost} of {} readings were not taken{kept}", self.readings)))
    }
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_gateway::front::http::body::ReadingAnswer};

    fn posted(status: &str, minted: u64) -> Posted {
        let answer = ReadingAnswer {
            status: status.into(),
            message: String::new(),
            solana_transaction_id: String::new(),
            energy_tokens_minted: minted.to_string(),
            spl_token_account: String::new(),
            validator: String::new(),
            next_reading_time: 900,
            engineering_authority: String::new(),
        };
        Posted { answer: Ok(answer), retries: 0, duration: Duration::from_millis(10) }
    }

    #[test]
    fn what_the_gateway_keeps_is_not_confirmed() {
        let mut totals = Totals::default();
        totals.add(Some(posted("success", 5)));
        totals.add(Some(posted("kept", 7)));
        totals.add(None);
        let totals = totals.finish();
        let counts = (totals.readings, totals.confirmed, totals.kept, totals.given_up);
        assert_eq!((counts, totals.energy_tokens_minted.as_str()), ((3, 1, 1, 1), "5"));
        let failure = totals.result().unwrap_err();
        assert_eq!(failure.to_string(), "1 of 3 readings were not taken, 1 are kept by the gateway and not confirmed");
    }
}
