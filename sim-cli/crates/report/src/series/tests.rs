use {
    super::*,
    ::parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::Field,
    },
};

const COLUMNS: [Column; 4] =
    [("name", Kind::Text), ("at_utc", Kind::Time), ("energy_wh", Kind::Integer), ("power_kw", Kind::Real)];

fn written(format: SeriesFormat, pieces: usize, rows: usize) -> Vec<u8> {
    let mut file = SeriesFile::new(format, &COLUMNS, Vec::new()).unwrap();
    let time = Time::new(1_742_403_600);
    for number in 0..pieces {
        let row = |row: usize| {
            let count = i64::try_from(number * rows + row).unwrap();
            [Value::Text("a \"b\", c"), Value::Time(&time), Value::Integer(-count), Value::Real(count as f64 / 8.0, 2)]
        };
        file.write(piece(format, &COLUMNS, (0..rows).map(row)).unwrap()).unwrap();
    }
    file.end().unwrap()
}

#[test]
fn texts_are_quoted_and_numbers_rounded() {
    let csv = String::from_utf8(written(SeriesFormat::Csv, 2, 1)).unwrap();
    let row = "\"a \"\"b\"\", c\",2025-03-19T17:00:00Z";
    assert_eq!(csv, format!("name,at_utc,energy_wh,power_kw\n{row},0,0.00\n{row},-1,0.12\n"));
    let ndjson = String::from_utf8(written(SeriesFormat::Ndjson, 1, 2)).unwrap();
    let lines: Vec<serde_json::Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["name"], "a \"b\", c");
    assert_eq!((lines[1]["energy_wh"].as_i64(), lines[1]["power_kw"].as_f64()), (Some(-1), Some(0.12)));
}

/// What another reader finds: types, groups, and every value.
#[test]
fn parquet_is_read_back() {
    let (pieces, rows) = (5, 40_000);
    let reader = SerializedFileReader::new(bytes::Bytes::from(written(SeriesFormat::Parquet, pieces, rows))).unwrap();
    let metadata = reader.metadata();
    let groups: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [160_000, 40_000]);
    let mut expected = 0_i64;
    for row in reader.get_row_iter(None).unwrap() {
        let fields: Vec<Field> = row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect();
        let all = [
            Field::Str("a \"b\", c".into()),
            Field::TimestampMicros(1_742_403_600_000_000),
            Field::Long(-expected),
            Field::Double(expected as f64 / 8.0),
        ];
        assert_eq!(fields, all);
        expected += 1;
    }
    assert_eq!(expected, i64::try_from(pieces * rows).unwrap());
}

#[test]
fn a_piece_belongs_to_a_format() {
    let mut file = SeriesFile::new(SeriesFormat::Csv, &COLUMNS, Vec::new()).unwrap();
    let piece = piece(SeriesFormat::Parquet, &COLUMNS, std::iter::empty()).unwrap();
    assert_eq!(file.write(piece).unwrap_err().to_string(), "a piece of another format than its file's");
}
