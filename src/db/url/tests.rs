use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<DatabaseUrl> {
    DatabaseUrl::parse(SecretText::new(text.into()))
}

fn url(text: &str) -> DatabaseUrl {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn driver_mode(url: &DatabaseUrl) -> String {
    format!("{:?}", url.options().expect("options").get_ssl_mode())
}

#[test]
fn a_connection_string_shows_everything_but_its_password() {
    let url = url("postgres://ada:hunter2@db.example:6000/app");
    assert_eq!(url.host().to_string(), "app on db.example:6000 as ada");
    assert!(!format!("{url:?}").contains("hunter2"));
    assert!(url.has_password());
}

#[test]
fn a_password_is_found_where_it_stands_and_nowhere_else() {
    for with in ["postgres://ada:x@h/db", "postgres://ada@h/db?password=x", "postgres://ada@h/db?pass%77ord=x"] {
        assert!(url(with).has_password(), "{with}");
    }
    for without in [
        "postgres://ada@h/db",
        "postgres://h:5432/db",
        "postgres://a%3Ab@h/db",
        "postgres://ada@h/db?application_name=password=x",
        "postgres://ada@h/password=",
    ] {
        assert!(!url(without).has_password(), "{without}");
    }
    let password = |text: &str| url(text).password().map(|it| it.expose().to_owned());
    assert_eq!(password("postgres://ada:a%40+b%26c=d@h/db").as_deref(), Some("a@+b&c=d"));
    assert_eq!(password("postgres://ada@h/db?password=a%2Bb").as_deref(), Some("a+b"));
    assert_eq!(password("postgres://ada@h/db"), None);
}

#[test]
fn a_database_name_that_means_a_directory_in_a_path_is_kept_or_refused_and_never_dropped() {
    for dots in
        ["postgres://h/.", "postgres://h/..", "postgres://h/%2e", "postgres://h/.%2E?user=a", "postgres://h/x/../y"]
    {
        assert!(parse(dots).unwrap_err().to_string().contains("database name"), "{dots}");
    }
    assert_eq!(url("postgres://a@h/...").host().database, "...");
    assert_eq!(url("postgres://a@h/x?dbname=..").host().database, "..");
    // Without a name, the database has the name of the login.
    for (text, database) in [("postgres://.@h", "."), ("postgres://a@h?dbname=..", ".."), ("postgres://a@h/b", "b")] {
        let handed = url(text).with_login(&"ada".parse().expect("a login"), &SecretText::new("pw".into()));
        let other = DatabaseUrl::parse(handed.expect("a string")).expect("a connection string");
        assert_eq!(other.host().to_string(), format!("{database} on h:5432 as ada"), "{text}");
    }
}

#[test]
fn a_host_that_is_not_local_is_verified_unless_the_key_itself_asks_for_less() {
    for (text, mode) in [
        ("postgres://a@db.example/x", "VerifyFull"),
        ("postgres://a@10.0.0.7/x", "VerifyFull"),
        ("postgres://a@[2001:db8::1]/x", "VerifyFull"),
        ("postgres://a@[::ffff:127.0.0.1]/x", "VerifyFull"),
        ("postgres://a@127.1/x", "VerifyFull"),
        ("postgres://a@0.0.0.0/x", "VerifyFull"),
        ("postgres://a@LOCALHOST/x", "VerifyFull"),
        ("postgres://a@localhost.example/x", "VerifyFull"),
        ("postgres://a@db.example/x?sslmode=require", "Require"),
        ("postgres://a@db.example/x?ssl-mode=verify-ca", "VerifyCa"),
        ("postgres://a@db.example/x?ssl%6Dode=prefer", "Prefer"),
        ("postgres://a@db.example/x?application_name=sslmode=disable", "VerifyFull"),
        ("postgres://a@db.example/x?application_name=x%26sslmode=disable", "VerifyFull"),
        ("postgres://a:sslmode=disable@db.example/x", "VerifyFull"),
        ("postgres://a:x%3Fsslmode=disable@db.example/x", "VerifyFull"),
        ("postgres://sslmode=disable@db.example/x", "VerifyFull"),
        ("postgres://a@sslmode=disable/x", "VerifyFull"),
        ("postgres://a@db.example/sslmode=disable", "VerifyFull"),
        ("postgres://a@db.example/x?options=-c%20a.b=sslmode=disable", "VerifyFull"),
        ("postgres://a@localhost/x?hostaddr=10.0.0.7", "VerifyFull"),
        ("postgres://a@localhost/x?host=db.example", "VerifyFull"),
        ("postgres://a@localhost/x", "Prefer"),
        ("postgres://a@127.0.0.1/x", "Prefer"),
        ("postgres://a@[::1]/x", "Prefer"),
        ("postgres://a@db.example/x?host=localhost", "Prefer"),
        ("postgres://a@localhost/x?sslmode=verify-full", "VerifyFull"),
        ("postgres://a@h/x?host=/run/postgresql", "Disable"),
        ("postgres://%2Frun%2Fpostgresql/x", "Disable"),
    ] {
        assert_eq!(driver_mode(&url(text)), mode, "{text}");
    }
}

#[test]
fn what_is_weaker_than_verified_to_another_machine_is_told() {
    for (text, weak) in [
        ("postgres://a@db.example/x", None),
        ("postgres://a@db.example/x?sslmode=verify-full", None),
        ("postgres://a@localhost/x?sslmode=disable", None),
        ("postgres://a@h/x?host=/run/postgresql", None),
        ("postgres://a@db.example/x?sslmode=require", Some("not verified")),
        ("postgres://a@db.example/x?sslmode=verify-ca", Some("name of the server")),
        ("postgres://a@db.example/x?sslmode=prefer", Some("turn the encryption off")),
        ("postgres://a@db.example/x?sslmode=allow", Some("nothing is encrypted")),
        ("postgres://a@db.example/x?ssl%6Dode=disable", Some("nothing is encrypted")),
    ] {
        let told = url(text).weakness();
        assert_eq!(told.is_some(), weak.is_some(), "{text}");
        assert!(told.unwrap_or_default().contains(weak.unwrap_or_default()), "{text}: {told:?}");
    }
}

#[test]
fn what_cannot_be_followed_is_refused_and_never_repeated() {
    for text in [
        "",
        "hunter2",
        "mysql://a:hunter2@h/x",
        "postgres://a:hunter2@h:port/x",
        "host=h password=hunter2",
        "postgres://a@h/x?sslmode=hunter2",
        "postgres://a@h/x?sslmode=require&sslmode=disable",
        "postgres://a@h/x?sslmode=verify-full&ssl-mode=disable",
        "postgres://a@h/x?host=h&hostaddr=10.0.0.7",
        "postgres://a@h/x?SSLMODE=verify-full",
        "postgres://a@h/x?SslMode=hunter2",
        "postgres://a@h/x?ssl_mode=hunter2",
        "postgres://a@h/x?ssl=hunter2",
        "postgres://a@h/x?Password=hunter2",
        "postgres://a@h/x?hunter2=1",
        "postgres://a@h/x?channel_binding=require",
        "postgres://a@h/x?gssencmode=require",
        "postgres://a@h/x?target_session_attrs=read-write",
        "postgres://a@h,hunter2/x",
        "postgres://a@h/x?host=h,hunter2",
        "postgres://a@h:1,hunter2:2/x",
        "postgres://a:12#hunter2@h/x",
        "postgres://a:12/hunter2@h/x",
        "postgres://a:12?hunter2@h/x",
        "postgres://a@h/x/hunter2",
        "postgres://h/x?user=&password=hunter2",
        "postgres://a@h/x%00options%00hunter2",
        "postgres://a%1b[2J@h/x?password=hunter2",
        "postgres://a:hunter2@h/x?sslmo\tde=disable",
        "postgres://a:hunter2@h/x?sslmo\n\r\nde=disable",
    ] {
        let error = parse(text).expect_err(text);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}: {error:?}");
    }
}

#[test]
fn a_character_of_a_password_that_ends_the_host_is_named_with_its_place() {
    for (text, character, at) in [
        ("postgres://ada:hunt#er2@h/x", '#', 20),
        ("postgres://ada:12#er2@h/x", '#', 18),
        ("postgres://ada:hunt/er2@h/x", '/', 20),
        ("postgres://ada:12/er2@h/x", '/', 18),
        ("postgres://ada:hunt?er2@h/x", '?', 20),
        ("postgres://ada:12?er2@h/x", '?', 18),
        ("postgres://ada:hunt?e=r2@h/x", '?', 20),
        ("postgresql://ada:hünt#er2@h/x?sslmode=require", '#', 22),
        ("postgres://ada@h/x#er2", '#', 19),
    ] {
        let error = parse(text).expect_err(text);
        let Error::Connection(ConnectionError::UrlCharacter { character: told, at: place, .. }) = error else {
            panic!("{text}: {error}");
        };
        assert_eq!((told, place), (character, at), "{text}");
        assert!(!error.to_string().contains("er2") && !error.to_string().contains("hunt"), "{error}");
    }
    for text in ["postgres://h/x?user=a@b", "postgres://h:5432/x?password=a@b", "postgres://[::1]:5432/x?user=a@b"] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn what_libpq_knows_and_changes_nothing_here_is_taken_and_left_out() {
    let text = "postgres://a@db.example/x?connect_timeout=5&sslmode=require&channel_binding=prefer&keepalives=1";
    assert_eq!(driver_mode(&url(text)), "Require");
}

#[test]
fn another_logins_connection_string_keeps_the_place_and_the_options() {
    let of = |text: &str, login: &str| {
        let login: Login = login.parse().expect("a login");
        url(text).with_login(&login, &SecretText::new("p w".into())).expect("a text").expose().to_owned()
    };
    assert_eq!(of("postgres://root:hunter2@db.example:6000/app", "ada"), "postgres://ada:p%20w@db.example:6000/app");
    let socket = of("postgres://root@localhost/app?host=/run/x&sslmode=disable&pass%77ord=hunter2&user=eve", "a b@c");
    assert_eq!(socket, "postgres://a%20b%40c:p%20w@localhost/app?host=/run/x&sslmode=disable");
    assert_eq!(of("postgres://root@h", "ada"), "postgres://ada:p%20w@h/root");
    assert_eq!(of("postgres://root@h/?dbname=", "ada"), "postgres://ada:p%20w@h/root");
    assert_eq!(of("postgres://root@h/x?dbname=app", "ada"), "postgres://ada:p%20w@h/app");
    assert_eq!(of("postgres:///app?host=/run/x&user=root", "ada"), "postgres://ada:p%20w@localhost/app?host=/run/x");
    let named = of("postgres://root@h/x?application_name=password=hunter3", "ada");
    assert_eq!(named, "postgres://ada:p%20w@h/x?application_name=password=hunter3");
    assert!(url(&socket).has_password());
}

#[test]
fn a_text_that_was_handed_over_is_known_again_by_place_and_login() {
    let ours = url("postgres://root:hunter2@db.example:6000/app?sslmode=require");
    let (ada, eve): (Login, Login) = ("ada".parse().expect("a login"), "eve".parse().expect("a login"));
    let text = ours.with_login(&ada, &SecretText::new("pw".into())).expect("a text");
    let again = ours.handed_over(&ada, &text).expect("the same");
    assert_eq!(again.password().expect("a password").expose(), "pw");
    assert!(ours.handed_over(&eve, &text).is_none());
    assert!(url("postgres://root@db.example:6001/app").handed_over(&ada, &text).is_none());
    assert!(ours.handed_over(&ada, &SecretText::new("postgres://ada@db.example:6000/app".into())).is_none());
}

proptest! {
    /// Whatever stands in the other parts, the mode is that of the real key, for us and for the driver.
    #[test]
    fn the_mode_is_that_of_the_real_key(
        password in "[ -~]{0,30}|.{0,3}sslmode=(disable|prefer).{0,3}",
        name in "[ -~]{0,30}|.{0,3}&?sslmode=(disable|prefer|verify-full).{0,3}",
        mode in proptest::option::of(0..6_usize),
        first in any::<bool>(),
        odd in any::<bool>(),
    ) {
        let modes = [
            ("disable", "Disable"), ("allow", "Allow"), ("prefer", "Prefer"), ("require", "Require"),
            ("verify-ca", "VerifyCa"), ("verify-full", "VerifyFull"),
        ];
        let key = if odd { "%73sl%6dode" } else { "sslmode" };
        let named = format!("application_name={}", encoded(&name));
        let query = match mode.map(|mode| modes[mode].0) {
            None => named,
            Some(mode) if first => format!("{key}={mode}&{named}"),
            Some(mode) => format!("{named}&{key}={mode}"),
        };
        let url = url(&format!("postgres://a:{}@db.example/x?{query}", encoded(&password)));
        let wanted = mode.map_or("VerifyFull", |mode| modes[mode].1);
        prop_assert_eq!(driver_mode(&url), wanted);
        prop_assert_eq!(url.weakness().is_none(), wanted == "VerifyFull");
        prop_assert_eq!(url.has_password(), !password.is_empty());
        if !password.is_empty() {
            let held = url.password().expect("a password");
            prop_assert_eq!(held.expose(), password.as_str());
        }
    }
}

#[test]
fn a_host_that_is_a_parameter_leaves_its_usual_place_empty_as_in_libpq() {
    for (text, shown) in [
        ("postgres://ada@/app?host=/run/postgresql", "app on /run/postgresql:5432 as ada"),
        ("postgresql://ada@/app?host=%2Frun%2Fpostgresql&port=6000", "app on /run/postgresql:6000 as ada"),
        ("postgres://ada:hunter2@:6000/app?host=db.example", "app on db.example:6000 as ada"),
        ("postgres://a%40b@/app?host=/s", "app on /s:5432 as a@b"),
        ("postgres://a+b@/app?host=/s", "app on /s:5432 as a+b"),
        ("postgres://ada@?host=/s", "ada on /s:5432 as ada"),
        ("postgres:///app?host=/s&user=ada", "app on /s:5432 as ada"),
        ("postgres://%2Frun%2Fpostgresql/app?user=ada", "app on /run/postgresql:5432 as ada"),
    ] {
        assert_eq!(url(text).host().to_string(), shown, "{text}");
    }
    let with = url("postgres://ada:a+b%26c@/app?host=db.example");
    assert!(with.has_password());
    assert_eq!(with.password().map(|it| it.expose().to_owned()).as_deref(), Some("a+b&c"));
    let login: Login = "eve".parse().expect("a login");
    let handed = with.with_login(&login, &SecretText::new("p w".into())).expect("a text");
    assert!(!handed.expose().contains("ada") && with.handed_over(&login, &handed).is_some(), "{}", handed.expose());
    for wrong in [
        "postgres://ada@",
        "postgres://ada:hunter2@/app",
        "postgres://ada:hunter2@/app?sslmode=require",
        "postgres://ada@/app?host=/s&user=eve",
        "postgres://ada@:x/app?host=/s",
        "postgres://ada@/app#b?host=/s",
        "postgres://ada@/a/b?host=/s",
        "postgres://ada:p@/ss@db.example/app",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
