//! A CSV file of signed readings as a front end, such as a meter's memory or another system delivers after an outage. The
//! columns are the fields of a posted reading; each row is acknowledged when it is in the journal. The order of the rows does not
//! matter: they are taken interval by interval.

mod damage;

use {
    super::{energy::Digits, http::body::ReadingBody, timestamp::Timestamp},
    crate::{
        Ingest, Submission,
        journal::State,
        rejection::{Code, Rejection},
    },
    csv::{ByteRecord, ReaderBuilder, Trim},
    std::{collections::HashSet, io, sync::Arc},
    tokio::task::{JoinError, JoinHandle},
};

/// Rows that wait for the journal at once.
const AT_ONCE: usize = 256;

/// Columns that a file must have. In the place of `signature`, `digital_signature` will do.
const NEEDED: [&str; 5] = ["meter_id", "timestamp", "energy_generated", "energy_consumed", SIGNATURES[0]];
const SIGNATURES: [&str; 2] = ["signature", "digital_signature"];
/// Columns that a file may have besides.
const OPTIONAL: [&str; 8] = [
    "net_energy",
    "location",
    "building_type",
    "validator",
    "zone",
    "solar_array_capacity",
    "key_epoch",
    SIGNATURES[1],
];

/// The result of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file in which the row begins, from 1.
    pub line: u64,
    /// The meter and the timestamp, as the row has them.
    pub reading: Option<(String, String)>,
    /// State of the row's reading, or why it was rejected.
    pub outcome: Result<State, Rejection>,
}

/// A row whose fields could be read.
struct Read {
    line: u64,
    reading: Option<(String, String)>,
    submission: Submission,
}

/// Takes the rows of a file, the oldest interval first; what became of each, in the order of the file.
///
/// # Errors
/// [`Code::InvalidFile`] where the file cannot be read, has a wrong header, or a quote that is not closed: no row was taken.
pub async fn replay<I: Ingest + 'static>(mut file: impl io::Read, ingest: Arc<I>) -> Result<Vec<Row>, Rejection> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| Rejection::new(Code::InvalidFile, error.to_string()))?;
    let (mut rows, mut all) = (Vec::new(), Vec::new());
    for (line, body) in bodies(&bytes)? {
        let reading = body.as_ref().ok().map(|body| (body.meter_id.clone(), body.timestamp.to_string()));
        match body.and_then(|body| body.submission()) {
            Ok(submission) => all.push(Read { line, reading, submission }),
            Err(rejection) => rows.push(Row { line, reading, outcome: Err(rejection) }),
        }
    }
    drop(bytes);
    all.sort_by_key(|read| read.submission.interval);
    let (mut tasks, mut interval, mut meters) = (Vec::new(), None, HashSet::new());
    for Read { line, reading, submission } in all {
        // The first of two rows of a meter and interval is taken first.
        let is_next = interval != Some(submission.interval) || meters.contains(&submission.meter);
        if is_next || tasks.len() >= AT_ONCE {
            finish(&mut tasks, &mut rows).await;
            meters.clear();
        }
        interval = Some(submission.interval);
        meters.insert(submission.meter);
        let ingest = ingest.clone();
        tasks.push((line, reading, tokio::spawn(async move { take(&*ingest, submission).await })));
    }
    finish(&mut tasks, &mut rows).await;
    rows.sort_by_key(|row| row.line);
    Ok(rows)
}

type Taking = (u64, Option<(String, String)>, JoinHandle<Result<State, Rejection>>);

async fn finish(tasks: &mut Vec<Taking>, rows: &mut Vec<Row>) {
    for (line, reading, outcome) in tasks.drain(..) {
        let failed = |error: JoinError| Err(Rejection::new(Code::Internal, error.to_string()));
        rows.push(Row { line, reading, outcome: outcome.await.unwrap_or_else(failed) });
    }
}

async fn take(ingest: &impl Ingest, submission: Submission) -> Result<State, Rejection> {
    let taken = ingest.take(submission, true).await?;
    Rejection::of_rejected(&taken.entry).map_or(Ok(taken.entry.state), Err)
}

type Bodies = Vec<(u64, Result<ReadingBody, Rejection>)>;

/// The rows of a file, each with its line.
fn bodies(file: &[u8]) -> Result<Bodies, Rejection> {
    let invalid = |text: String| Err(Rejection::new(Code::InvalidFile, text));
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return invalid("the file is UTF-16; save it as UTF-8".into());
    }
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    // Of a file that swallows rows, none is taken.
    if let Some(damage) = damage::of(file) {
        return invalid(damage);
    }
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true).comment(Some(b'#')).trim(Trim::All);
    let mut reader = reader.from_reader(file);
    let (mut lines, mut record, mut header) = (Lines { file, byte: 0, line: 1 }, ByteRecord::new(), None);
    let mut rows = Vec::new();
    while let Some(line) = next(&mut reader, &mut record, &mut lines)? {
        let fields: Vec<String> = record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
        match &header {
            None => match Header::new(fields) {
                Ok(own) => header = Some(own),
                Err(why) => return invalid(format!("line {line}: {why}; {}", expected())),
            },
            Some(header) => rows.push((line, header.body(&fields))),
        }
    }
    if header.is_none() {
        return invalid(format!("the file has no header; {}", expected()));
    }
    Ok(rows)
}

/// Reads the next row; the line in which it begins.
fn next(
    reader: &mut csv::Reader<&[u8]>,
    record: &mut ByteRecord,
    lines: &mut Lines<'_>,
) -> Result<Option<u64>, Rejection> {
    let is_row = reader.read_byte_record(record);
    let is_row = is_row.map_err(|error| Rejection::new(Code::InvalidFile, error.to_string()))?;
    let begin = record.position().and_then(|position| usize::try_from(position.byte()).ok());
    Ok(begin.filter(|_| is_row).map(|byte| lines.of(byte)))
}

/// Counts the lines of a file, quoted line breaks included: the CSV reader's own position is before blank lines and comments.
struct Lines<'a> {
    file: &'a [u8],
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first row at or after a byte.
    fn of(&mut self, byte: usize) -> u64 {
        while self.byte < byte {
            self.step();
        }
        while let Some(&next) = self.file.get(self.byte) {
            let at_begin = self.byte == 0 || self.file[self.byte - 1] == b'\n';
            if next == b'#' && at_begin {
                while self.file.get(self.byte).is_some_and(|byte| *byte != b'\n') {
                    self.step();
                }
            } else if !matches!(next, b'\r' | b'\n') {
                break;
            }
            self.step();
        }
        self.line
    }

    fn step(&mut self) {
        self.line += u64::from(self.file.get(self.byte) == Some(&b'\n'));
        self.byte += 1;
    }
}

fn expected() -> String {
    format!("a header has the columns {}, and may have {}", NEEDED.join(","), OPTIONAL.join(","))
}

/// The names of a file's columns.
struct Header(Vec<String>);

impl Header {
    fn new(names: Vec<String>) -> Result<Self, String> {
        let has = |name: &str| names.iter().any(|own| own == name);
        if let ([only], Some(separator)) = (&names[..], names[0].chars().find(|own| matches!(own, ';' | '\t' | '|'))) {
            return Err(match only.contains(NEEDED[0]) {
                true => format!(
                    "the columns are separated by {separator:?}; separate them by commas, and write numbers with a point"
                ),
                false => "this is no header".into(),
            });
        }
        let known = |name: &&String| NEEDED.contains(&name.as_str()) || OPTIONAL.contains(&name.as_str());
        if !names.iter().any(|name| known(&name)) {
            return Err("this is no header".into());
        }
        let mut wrong: Vec<String> = Vec::new();
        let missing = NEEDED.iter().filter(|name| !(has(name) || SIGNATURES.contains(name) && has(SIGNATURES[1])));
        wrong.extend(missing.map(|name| format!("there is no {name}")));
        wrong.extend(names.iter().filter(|name| !known(name)).map(|name| format!("{name:?} is unknown")));
        let twice = names.iter().enumerate().filter(|(place, name)| names[..*place].contains(name) && known(name));
        wrong.extend(twice.map(|(_, name)| format!("{name} is there twice")));
        if wrong.is_empty() { Ok(Self(names)) } else { Err(wrong.join(", ")) }
    }

    /// A row as the body of a posted reading.
    fn body(&self, fields: &[String]) -> Result<ReadingBody, Rejection> {
        let (given, named) = (fields.len(), self.0.len());
        if given != named {
            let hint =
                if given > named { "; numbers have a decimal point, and texts with commas are quoted" } else { "" };
            let text = format!("the row has {given} columns, the header {named}{hint}");
            return Err(Rejection::new(Code::InvalidRow, text));
        }
        let get = |name: &str| {
            let place = self.0.iter().position(|own| own == name)?;
            fields.get(place).filter(|field| !field.is_empty())
        };
        let need = |name: &'static str| {
            get(name).ok_or_else(|| Rejection::new(Code::InvalidRow, format!("{name} is empty")).of(name))
        };
        let number = |name: &'static str, text: &str| {
            text.parse::<Digits>().map_err(|why| Rejection::new(Code::InvalidEnergy, format!("{name}: {why}")).of(name))
        };
        let optional = |name: &'static str| get(name).map(|text| number(name, text)).transpose();
        let key_epoch = get("key_epoch").map_or(Ok(0), |text| {
            let wrong = || Rejection::new(Code::InvalidRow, format!("key_epoch: {text:?} is no whole number"));
            text.parse().map_err(|_| wrong().of("key_epoch"))
        });
        let text = |name: &str| get(name).cloned();
        Ok(ReadingBody {
            meter_id: need("meter_id")?.clone(),
            timestamp: Timestamp::of_text(need("timestamp")?),
            energy_generated: number("energy_generated", need("energy_generated")?)?,
            energy_consumed: number("energy_consumed", need("energy_consumed")?)?,
            net_energy: optional("net_energy")?,
            location: text("location"),
            building_type: text("building_type"),
            validator: text("validator"),
            zone: text("zone"),
            solar_array_capacity: optional("solar_array_capacity")?,
            key_epoch: key_epoch?,
            signature: text("signature"),
            digital_signature: text("digital_signature"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "meter_id,timestamp,energy_generated,energy_consumed,location,signature";

    fn row(meter: usize, location: &str) -> String {
        format!("ENG_{meter:03},1730448000,6.2,4.1,{location},{}", "ab".repeat(64))
    }

    fn lines(file: &str) -> Vec<(u64, Result<String, String>)> {
        let rows = bodies(file.as_bytes()).unwrap();
        rows.into_iter().map(|(line, body)| (line, body.map(|body| body.meter_id).map_err(|why| why.text))).collect()
    }

    #[test]
    fn a_row_has_the_line_of_the_file() {
        let [one, two, three] = [row(1, "roof"), row(2, "\"two\nlines\""), row(3, "roof")];
        let file = format!("# a comment\n\n{HEADER}\n{one}\n\n# another\n{two}\n{three},x\n\n\n{one}");
        let expected = |shift: u64| {
            let wrong =
                "the row has 7 columns, the header 6; numbers have a decimal point, and texts with commas are quoted";
            vec![
                (4 + shift, Ok("ENG_001".into())),
                (7 + shift, Ok("ENG_002".into())),
                (9 + shift, Err(wrong.into())),
                (12 + shift, Ok("ENG_001".into())),
            ]
        };
        assert_eq!(lines(&file), expected(0));
        assert_eq!(lines(&file.replace('\n', "\r\n")), expected(0), "CRLF");
        assert_eq!(lines(&format!("\u{feff}{file}")), expected(0), "with a byte order mark");
        assert_eq!(lines(&format!("\n\n{file}")), expected(2));
        assert_eq!(lines(&format!("{HEADER}\n")), []);
    }

    #[test]
    fn a_wrong_header_is_one_error() {
        let expected = "a header has the columns meter_id,timestamp,energy_generated,energy_consumed,signature, and may have \
                        net_energy,location,building_type,validator,zone,solar_array_capacity,key_epoch,digital_signature";
        let wrong = |file: &str, why: &str| {
            let rejection = bodies(file.as_bytes()).unwrap_err();
            assert_eq!(rejection, Rejection::new(Code::InvalidFile, format!("{why}; {expected}")), "{file}");
        };
        let rows = format!("{}\n{}\n", row(1, "roof"), row(2, "roof"));
        wrong("", "the file has no header");
        wrong("# nothing\n\n", "the file has no header");
        wrong(&rows, "line 1: this is no header");
        wrong(
            &format!("\n{}\n{rows}", HEADER.replace("energy_consumed", "consumption")),
            "line 2: there is no energy_consumed, \"consumption\" is unknown",
        );
        wrong(&format!("{HEADER},signature\n"), "line 1: signature is there twice");
        let separated = "separate them by commas, and write numbers with a point";
        wrong(&HEADER.replace(',', ";"), &format!("line 1: the columns are separated by ';'; {separated}"));
        wrong(&HEADER.replace(',', "\t"), &format!("line 1: the columns are separated by '\\t'; {separated}"));
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(HEADER.bytes().flat_map(|byte| [byte, 0])).collect();
        assert_eq!(bodies(&utf16).unwrap_err().text, "the file is UTF-16; save it as UTF-8");
    }

    #[test]
    fn a_file_that_would_swallow_rows_is_refused_as_a_whole() {
        let refused = |file: &str, why: &str| {
            assert_eq!(bodies(file.as_bytes()).unwrap_err(), Rejection::new(Code::InvalidFile, why), "{file}");
        };
        let rows = [row(1, "roof"), row(2, "\"roof"), row(3, "roof"), row(4, "roof")].join("\n");
        let open = "line 3: a quote opens that is not closed; what follows cannot be told apart";
        refused(&format!("{HEADER}\n{rows}\n"), open);
        let alone = "line 1 ends with a carriage return alone; save the file with line ends LF or CRLF";
        refused(&format!("{HEADER}\r{}\r{}\r", row(1, "roof"), row(2, "roof")), alone);
        refused(&format!("# ours\r{HEADER}\r{}\r", row(1, "roof")), alone);
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (from, to, code, field, text) in [
            ("6.2", "", "invalid_row", "energy_generated", "energy_generated is empty"),
            (
                "6.2",
                "\"6,2\"",
                "invalid_energy",
                "energy_generated",
                "energy_generated: \"6,2\" has a decimal comma; write 6.2",
            ),
            ("4.1", "NaN", "invalid_energy", "energy_consumed", "energy_consumed: \"NaN\" is no number"),
        ] {
            let file = format!("{HEADER}\n{}", row(1, "roof").replace(from, to));
            let (line, body) = bodies(file.as_bytes()).unwrap().remove(0);
            let rejection = body.unwrap_err();
            assert_eq!((line, rejection.code.name(), rejection.field.as_deref()), (2, code, Some(field)));
            assert_eq!(rejection.text, text);
        }
        // Spaces around values, other columns and a number with an exponent are taken.
        let file = "signature, timestamp,meter_id,energy_consumed,energy_generated,zone\n".to_string()
            + &format!("{}, 1730448000 , ENG_001,41e-1,6.2000000000000002,classroom_zone", "ab".repeat(64));
        let (_, body) = bodies(file.as_bytes()).unwrap().remove(0);
        let submission = body.unwrap().submission().unwrap();
        assert_eq!(
            (submission.generated, submission.consumed, submission.interval.end()),
            (6_200, 4_100, 1_730_448_000)
        );
    }
}
