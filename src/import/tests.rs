use proptest::prelude::*;

use super::*;

const KNOWN: Known<'static> = Known { names: &["org", "provider", "key", "expires"], settings: true };
const CANARY: &str = "cAnArYcAnArY";

/// The number of a line, and its fields or the code of its error.
type Line = (usize, Result<Vec<(String, String)>, &'static str>);

fn read_as(form: ListForm, text: &str) -> Vec<Line> {
    let lines = read(form, text, KNOWN).expect("a list").into_iter();
    lines
        .map(|line| {
            let fields = line.fields.map_err(|error| error.code()).map(|mut fields| {
                let names: Vec<String> = fields.names().map(str::to_owned).collect();
                names
                    .into_iter()
                    .filter_map(|name| Some((fields.take_name(&name)?, name)))
                    .map(|(a, b)| (b, a))
                    .collect()
            });
            (line.number, fields)
        })
        .collect()
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_json_object_is_a_line_and_whatever_else_is_there_is_an_error_of_this_line() {
    let text = r#"{"org":"acme","provider":"openai","key":"sk-\u0061","expires":null,"settings":{"region":"eu"}}

{"org":"acme","key":7}
{"key":"a","key":"b"}
{"settings":{"region":"a","region":"b"}}
{"secret":"a"}
{"settings":{"Region":"a"}}
{"key":["a"]}
{"key":true}
{"settings":"eu"}
["a"]
{"key":"a"
{"org":"bolt"} {"org":"bolt"}"#;
    let read = read_as(ListForm::JsonLines, text);
    let first =
        vec![field("key", "sk-a"), field("org", "acme"), field("provider", "openai"), field("settings.region", "eu")];
    assert_eq!(read[0], (1, Ok(first)));
    assert_eq!(read[1], (3, Ok(vec![field("key", "7"), field("org", "acme")])));
    let codes: Vec<_> = read[2..].iter().map(|(number, line)| (*number, line.clone().expect_err("an error"))).collect();
    let expected = [
        (4, "field_twice"),
        (5, "field_twice"),
        (6, "unknown_field"),
        (7, "unknown_field"),
        (8, "not_a_text"),
        (9, "not_a_text"),
        (10, "not_a_text"),
        (11, "not_json"),
        (12, "not_json"),
        (13, "not_json"),
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_record_of_csv_may_have_several_lines_and_a_mistake_ends_with_its_line() {
    let text = "org,provider,key\r\nacme,openai,sk-a\r\n\r\nacme,vertex,\"{\n\"\"a\"\": 1}\"\nacme,openai\nacme,openai,\"a\"b\n\
                acme,op\"en,a\nacme,openai,\nacme,openai,a,\nbolt,openai,sk-b";
    let read = read_as(ListForm::Csv, text);
    assert_eq!(read[0], (2, Ok(vec![field("key", "sk-a"), field("org", "acme"), field("provider", "openai")])));
    assert_eq!(read[1].0, 4);
    assert!(read[1].1.as_ref().expect("a record").contains(&field("key", "{\n\"a\": 1}")));
    let codes: Vec<_> =
        read[2..5].iter().map(|(number, line)| (*number, line.clone().expect_err("an error"))).collect();
    assert_eq!(codes, [(6, "columns"), (7, "quotation_mark"), (8, "quotation_mark")]);
    assert_eq!(read[5], (9, Ok(vec![field("org", "acme"), field("provider", "openai")])));
    assert_eq!(read[6], (10, Err("columns")));
    assert_eq!(read[7].0, 11);
    assert!(read[7].1.as_ref().expect("a record").contains(&field("key", "sk-b")));
    // What follows is not swallowed.
    let open = read_as(ListForm::Csv, "org,key\nacme,\"sk-a\nbolt,sk-b\n");
    assert_eq!((open.len(), &open[0]), (2, &(2, Err("quotation_mark"))));
}

#[test]
fn a_header_names_columns_that_are_known_each_of_them_once() {
    let refused = |text| read(ListForm::Csv, text, KNOWN).err();
    assert_eq!(refused("acme,openai,sk-a\n"), Some(ListError::Header(1)));
    assert_eq!(refused("\n\norg,Key\n"), Some(ListError::Header(3)));
    assert_eq!(refused("org,org\n"), Some(ListError::TwiceColumn { line: 1, name: "org".into() }));
    assert_eq!(refused(""), Some(ListError::Empty));
    assert_eq!(refused("org,key\n"), Some(ListError::Empty));
}

#[test]
fn a_line_of_a_dotenv_file_is_read_where_all_programs_agree_on_it() {
    let value = |line: &str| match read_as(ListForm::Dotenv, line).remove(0).1 {
        Ok(fields) => Ok(fields.into_iter().find(|(name, _)| name == VALUE).map(|(_, value)| value)),
        Err(code) => Err(code),
    };
    for good in ["A=sk-a", "export A=sk-a", "A=\"sk-a\"", "A='sk-a'", "  A=sk-a  ", "A=sk-a\r"] {
        assert_eq!(value(good), Ok(Some("sk-a".into())), "{good}");
    }
    assert_eq!(value("A="), Ok(None));
    for bad in ["A= sk-a", "A=a#b", "A=a # b", "A=$B", "A=\"a\\nb\"", "A=\"${B}\"", "A=a'b", "A=`a`", "A='a\\b'"] {
        assert_eq!(value(bad), Err("disputed_value"), "{bad}");
    }
    for open in ["A=\"a", "A='a", "A=\"a\" # b", "A='a'b'"] {
        assert_eq!(value(open), Err("quotation_mark"), "{open}");
    }
    for bad in ["A", "=a", "A B=a", "sk-a=b", "A:b"] {
        assert_eq!(value(bad), Err("not_an_assignment"), "{bad}");
    }
}

#[test]
fn the_form_is_that_of_the_first_line_that_says_something() {
    for (text, form) in [
        ("\n {\"org\":1}", Some(ListForm::JsonLines)),
        ("# keys\nexport A=b,c", Some(ListForm::Dotenv)),
        ("org,provider,key\nacme,openai,sk=", Some(ListForm::Csv)),
        ("acme\nbolt", None),
        ("", None),
    ] {
        assert_eq!(form_of(text), form, "{text}");
    }
}

#[test]
fn names_may_have_further_fields_after_tabs() {
    let read = read_as(ListForm::Names, "acme\n# all others\n\n bolt\tada \nbolt\ta\tb\tc\td\n");
    assert_eq!(read[0], (1, Ok(vec![field("org", "acme")])));
    assert_eq!(read[1], (4, Ok(vec![field("org", "bolt"), field("provider", "ada")])));
    assert_eq!(read[2], (5, Err("columns")));
}

proptest! {
    #[test]
    fn what_is_written_as_csv_is_read_back(rows in proptest::collection::vec(("[a-z]{1,8}", "\\PC{1,20}|[\",\n\r ]{1,9}"), 1..6)) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let records: Vec<String> = rows.iter().map(|(org, key)| format!("{org},{}\r\n", quoted(key))).collect();
        let read = read_as(ListForm::Csv, &format!("org,key\r\n{}", records.concat()));
        prop_assert_eq!(read.len(), rows.len());
        for ((_, line), (org, key)) in read.into_iter().zip(&rows) {
            prop_assert_eq!(line, Ok(vec![field("key", key), field("org", org)]));
        }
    }

    #[test]
    fn no_error_repeats_anything(before in "[\\PC\n]{0,60}", after in "[\\PC\n]{0,60}") {
        let text = format!("{before}{CANARY}{after}");
        for form in [ListForm::JsonLines, ListForm::Csv, ListForm::Dotenv, ListForm::Names] {
            let said = match read(form, &text, KNOWN) {
                Ok(lines) => format!("{lines:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!said.contains(CANARY), "{}", said);
        }
    }
}
