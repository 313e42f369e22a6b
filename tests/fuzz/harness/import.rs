//! Lists of keys: nothing of a line is in an error, and a list that was written by RFC 4180 or as JSON is read back.

use byok::import::{Known, LineError, ListForm, form_of, read};

use super::input::{Input, assert_silent, has_canary, with_canary};

const KNOWN: Known<'static> = Known { names: &["org", "provider", "key", "expires", "if_version"], settings: true };

/// Any text in each form, and values that are written by the rules.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (mode, mark) = (input.byte(), input.byte());
    if mode & 1 == 0 {
        let text = input.text();
        let _ = form_of(&text);
        for form in ListForm::ALL {
            errors(*form, &text, mark);
        }
    } else {
        written(&[input.text(), input.text(), input.text()]);
    }
}

/// What is said of a text that has the canary somewhere, unless it was there before.
fn errors(form: ListForm, text: &str, mark: u8) {
    let lines = text.matches('\n').count() + 1;
    let marked = with_canary(text, mark);
    match read(form, &marked, KNOWN) {
        Err(error) => {
            if !has_canary(text) {
                assert_silent(&format!("{error} {error:?}"));
            }
        }
        Ok(read) => {
            let mut before = 0;
            for line in read {
                assert!(line.number > before && line.number <= lines, "{form}: {} of {lines}", line.number);
                before = line.number;
                if let (Err(error), false) = (&line.fields, has_canary(text)) {
                    assert_silent(&format!("{error} {error:?}"));
                }
            }
        }
    }
}

fn written(values: &[String; 3]) {
    let names = ["org", "provider", "key"];
    let quoted: Vec<String> = values.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
    let csv = format!("{}\r\n{}\r\n", names.join(","), quoted.join(","));
    let object: serde_json::Map<String, serde_json::Value> =
        names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    for (form, text) in [(ListForm::Csv, csv), (ListForm::JsonLines, serde_json::Value::from(object).to_string())] {
        let mut lines = read(form, &text, KNOWN).expect("a list");
        assert_eq!(lines.len(), 1, "{form}");
        let line = lines.remove(0);
        let mut fields = line.fields.unwrap_or_else(|error: LineError| panic!("{form}: {error}"));
        for (name, value) in names.iter().zip(values) {
            let found = fields.take(name).map(|text| text.expose().to_owned()).unwrap_or_default();
            assert_eq!(&found, value, "{form}");
        }
    }
}
