//! What makes a CSV file lose rows without a word: a quote that is not closed where it should be, and lines that end with a carriage
//! return alone.

/// Where the scan of a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    RowBegin,
    Comment,
    FieldBegin,
    Field,
    /// Within quotes.
    Quoted,
    /// After a quote within quotes: it was the closing one, or the first of two.
    Closing,
}

/// Why a file cannot be read row by row, with the line, if it cannot. Quotes and comments are taken as the CSV reader takes them.
pub(super) fn of(file: &[u8]) -> Option<String> {
    let (mut at, mut line, mut opened) = (At::RowBegin, 1_u64, 1_u64);
    for (place, &byte) in file.iter().enumerate() {
        let is_alone = byte == b'\r' && file.get(place + 1).is_some_and(|next| !matches!(next, b'\r' | b'\n'));
        if is_alone && !matches!(at, At::Quoted) {
            return Some(format!(
                "line {line} ends with a carriage return alone; save the file with line ends LF or CRLF"
            ));
        }
        at = match (at, byte) {
            (At::Comment, b'\n') => At::RowBegin,
            (At::Comment, _) => At::Comment,
            (At::Quoted, b'"') => At::Closing,
            (At::Quoted, _) | (At::Closing, b'"') => At::Quoted,
            (_, b'\r' | b'\n') => At::RowBegin,
            (_, b',') => At::FieldBegin,
            (At::Closing, b' ' | b'\t') => At::Closing,
            (At::Closing, _) => {
                return Some(format!(
                    "line {opened}: a quote opens that line {line} closes within a field; close it where the field ends, and write a quote \
                     within quotes twice"
                ));
            }
            (At::RowBegin, b'#') => At::Comment,
            (At::RowBegin | At::FieldBegin, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::RowBegin | At::FieldBegin | At::Field, _) => At::Field,
        };
        line += u64::from(byte == b'\n');
    }
    (at == At::Quoted)
        .then(|| format!("line {opened}: a quote opens that is not closed; what follows cannot be told apart"))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_quote_that_is_not_closed_is_named_by_its_line() {
        for sound in [
            "",
            "a,b\n",
            "a,b",
            "\"a\",\"b\"\r\n",
            "\"a\"\"b\",c\n\"d\n\ne\",f",
            "a\"b,c\n# \"it's\n1,2\n",
            "\"a\" ,b\r\r\nc\r",
        ] {
            assert_eq!(of(sound.as_bytes()), None, "{sound:?}");
        }
        let open =
            |line: u64| format!("line {line}: a quote opens that is not closed; what follows cannot be told apart");
        for (file, line) in
            [("\"a,b\nc,d", 1), ("a,b\n\n# \"\nc,\"d\ne,f\n", 4), ("a,b\r\n\"c\"\"\r\n", 2), ("a,\"", 1)]
        {
            assert_eq!(of(file.as_bytes()), Some(open(line)), "{file:?}");
        }
        let within = "line 2: a quote opens that line 3 closes within a field; close it where the field ends, and write a quote within quotes \
                      twice";
        assert_eq!(of(b"a,b\n\"c,d\ne,\"f\",g\n").as_deref(), Some(within));
    }

    #[test]
    fn a_carriage_return_alone_is_no_line_end() {
        let alone = |line: u64| {
            Some(format!("line {line} ends with a carriage return alone; save the file with line ends LF or CRLF"))
        };
        assert_eq!(of(b"a,b\rc,d\r"), alone(1));
        assert_eq!(of(b"a,b\nc,d\re,f\n"), alone(2));
        assert_eq!(of(b"# it\ra,b\rc,d\n"), alone(1), "a comment would swallow the rest");
        assert_eq!(of(b"\"a\rb\",c\n"), None, "within quotes it is a value's");
    }
}
