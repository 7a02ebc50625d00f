//! Each way to give a setting, and what wins.

use std::{fs, net::SocketAddr, path::Path};

use clap::{Args, FromArgMatches};

use super::*;

const LISTEN: Setting<SocketAddr> =
    Setting::new("listen", "ADDR", "Where it listens.", text::<SocketAddr>).or("127.0.0.1:1");
const PROXIES: Setting<String> =
    Setting::new("proxies", "NET", "Whom it believes.", text::<String>).many().flag("proxy");
const LAN: Setting<bool> = Setting::yes_or_no("lan", "Whether it shouts.").or("false");
const KEY: Setting<u32> =
    Setting::new("key", "N", "A secret.", text::<u32>).secret().variable("MIST_THE_KEY");
const ALL: &[&dyn Declared] = &[&LISTEN, &PROXIES, &LAN, &KEY];

struct Everything;

impl Program for Everything {
    const SETTINGS: &'static [&'static dyn Declared] = ALL;
}

fn flags(line: &[&str]) -> Result<Flags<Everything>, clap::Error> {
    let command = Flags::<Everything>::augment_args(clap::Command::new("program"));
    let matches = command.try_get_matches_from([&["program"], line].concat())?;
    Flags::from_arg_matches(&matches)
}

fn gather(line: &[&str], environment: &[(&str, &str)], file: Option<&Path>) -> Result<Settings, Problem> {
    let said = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    Settings::gather(ALL, &flags(line).unwrap(), said, file)
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_and_that_over_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    fs::write(&file, "listen = '127.0.0.1:2'\nproxies = ['a', 'b']\nlan = true\nkey = 4").unwrap();
    let listen = |line: &[&str], environment: &[(&str, &str)], file| {
        let settings = gather(line, environment, file).unwrap();
        let from = settings.shown().into_iter().find(|shown| shown.name == "listen").unwrap().from;
        (settings.must(&LISTEN).unwrap().port(), from.kind())
    };
    let environment = [("MIST_LISTEN", "127.0.0.1:3")];
    let line = ["--listen", "127.0.0.1:4"];
    assert_eq!(listen(&[], &[], None), (1, "default"));
    assert_eq!(listen(&[], &[], Some(&file)), (2, "file"));
    assert_eq!(listen(&[], &environment, Some(&file)), (3, "environment"));
    assert_eq!(listen(&line, &environment, Some(&file)), (4, "flag"));
    assert_eq!(listen(&[], &[("MIST_LISTEN", "")], None), (1, "default"), "an empty variable says nothing");
    let given =
        |environment: &[(&str, &str)]| gather(&[], environment, None).unwrap().given(&LISTEN).unwrap();
    assert_eq!(given(&[]), None, "a default is given by nobody");
    assert_eq!(given(&environment).map(|listen| listen.port()), Some(3));
}

#[test]
fn a_file_may_be_saved_by_any_editor() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let text = "listen = '127.0.0.1:2'\r\nlan = true\r\n";
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), utf16] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(gather(&[], &[], Some(&file)).unwrap().must(&LISTEN).unwrap().port(), 2);
    }
    fs::write(&file, b"listen = '\xe4'").unwrap();
    assert!(matches!(gather(&[], &[], Some(&file)), Err(Problem::Unreadable(_))));
}

#[test]
fn several_values_come_as_a_list_by_commas_or_by_repeating() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    fs::write(&file, "proxies = ['a', 'b']").unwrap();
    let proxies = |line: &[&str], environment: &[(&str, &str)]| {
        gather(line, environment, Some(&file)).unwrap().all(&PROXIES).unwrap()
    };
    assert_eq!(proxies(&[], &[]), ["a", "b"]);
    assert_eq!(proxies(&[], &[("MIST_PROXIES", "c, d")]), ["c", "d"]);
    assert_eq!(proxies(&["--proxy", "e", "--proxy", "f"], &[("MIST_PROXIES", "c")]), ["e", "f"]);
    assert_eq!(gather(&[], &[], None).unwrap().all(&PROXIES).unwrap(), [""; 0]);
}

#[test]
fn a_yes_or_no_needs_no_value() {
    let lan = |line: &[&str]| gather(line, &[], None).unwrap().must(&LAN).unwrap();
    assert!(!lan(&[]) && lan(&["--lan"]) && !lan(&["--lan=false"]));
    assert!(flags(&["--lan=maybe"]).is_err());
}

#[test]
fn a_secret_has_no_flag_and_is_not_shown() {
    assert!(flags(&["--key", "4"]).is_err());
    let settings = gather(&[], &[("MIST_THE_KEY", "4711")], None).unwrap();
    assert_eq!(settings.must(&KEY).unwrap(), 4711);
    assert!(settings.shown().iter().all(|shown| !shown.value.contains("4711")));
    let missing = gather(&[], &[], None).unwrap().must(&KEY).unwrap_err();
    assert!(missing.to_string().contains("MIST_THE_KEY"), "{missing}");
}

#[test]
fn a_secret_may_be_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let by_file = ("MIST_THE_KEY_FILE", path.to_str().unwrap());
    fs::write(&path, "4711\n").unwrap();
    let settings = gather(&[], &[by_file], None).unwrap();
    assert_eq!(settings.must(&KEY).unwrap(), 4711);
    let shown = settings.shown().into_iter().find(|shown| shown.name == "key").unwrap();
    assert_eq!((shown.value.as_str(), shown.from.to_string().as_str()), ("(hidden)", "MIST_THE_KEY_FILE"));
    let twice = gather(&[], &[by_file, ("MIST_THE_KEY", "4")], None).unwrap_err();
    assert!(matches!(twice, Problem::Twice { .. }), "{twice}");
    fs::write(&path, "\n").unwrap();
    assert!(matches!(gather(&[], &[by_file], None).unwrap_err(), Problem::Empty { .. }));
    fs::write(&path, "canary").unwrap();
    let wrong = gather(&[], &[by_file], None).unwrap_err().to_string();
    assert!(wrong.contains("MIST_THE_KEY_FILE") && !wrong.contains("canary"), "{wrong}");
    fs::remove_file(&path).unwrap();
    assert!(matches!(gather(&[], &[by_file], None).unwrap_err(), Problem::Unreadable(_)));
    let listen = gather(&[], &[("MIST_LISTEN_FILE", "/nowhere")], None).unwrap();
    assert_eq!(listen.must(&LISTEN).unwrap().port(), 1, "what is no secret has no file of its own");
}

#[test]
fn what_is_wrong_is_named_with_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let with = |text: &str| {
        fs::write(&file, text).unwrap();
        gather(&[], &[], Some(&file)).unwrap_err().to_string()
    };
    let unknown = with("lisen = '127.0.0.1:2'");
    assert!(unknown.contains("`lisen`") && unknown.contains("listen") && unknown.contains("settings.toml"));
    let invalid = with("listen = 'here'");
    assert!(invalid.contains("listen") && invalid.contains("settings.toml"), "{invalid}");
    assert!(with("listen = ['127.0.0.1:2']").contains("one value"));
    assert!(with("listen = 1.5").contains("whole number"));
    assert!(with("listen").contains("not a valid configuration"));
    let environment = gather(&[], &[("MIST_LISTEN", "here")], None).unwrap_err().to_string();
    assert!(environment.contains("MIST_LISTEN"), "{environment}");
    assert_eq!(flags(&["--listen", "here"]).unwrap_err().exit_code(), 2);
    assert!(gather(&[], &[], Some(Path::new("/nowhere.toml"))).is_err());
}

#[test]
fn the_table_says_all_of_it() {
    let table = markdown(ALL);
    assert!(
        table.contains("| `listen` | `--listen ADDR` | `MIST_LISTEN` | `127.0.0.1:1` | Where it listens. |")
    );
    assert!(table.contains("| `proxies` | `--proxy NET`, repeatable | `MIST_PROXIES` |"), "{table}");
    assert!(
        table.contains("| `key` | none, as it is a secret | `MIST_THE_KEY`, or `MIST_THE_KEY_FILE` |"),
        "{table}"
    );
}

#[test]
fn what_was_set_while_it_ran_counts_where_nothing_else_gives_it() {
    const PACE: Setting<u32> = Setting::new("pace", "N", "How fast.", text::<u32>).or("5").live();
    const LIMIT: Setting<u32> = Setting::new("limit", "N", "How much.", text::<u32>).unset("none").live();
    const FIXED: Setting<u32> = Setting::new("fixed", "N", "For good.", text::<u32>).or("1");
    const DECLARED: &[&dyn Declared] = &[&PACE, &LIMIT, &FIXED];
    let gathered = |said: &'static [(&str, &str)]| {
        let environment = |name: &str| said.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::gather(DECLARED, &Flags::<Everything>::default(), environment, None).unwrap()
    };
    let kept = |said: &'static [(&str, &str)]| {
        let kept =
            |name: &str| said.iter().find(|(n, _)| *n == name).map(|(_, v)| ((*v).to_owned(), "ann".into()));
        Settings::kept(DECLARED, kept)
    };
    let (some, wrong) = kept(&[("pace", "9"), ("limit", "7"), ("fixed", "3"), ("gone", "1")]);
    assert!(wrong.is_empty(), "{wrong:?}");
    let free = gathered(&[]).with_kept(&some);
    let all = |s: &Settings| (s.one(&PACE).unwrap(), s.one(&LIMIT).unwrap(), s.one(&FIXED).unwrap());
    assert_eq!(all(&free), (Some(9), Some(7), Some(1)), "what is not live stays");
    assert_eq!((free.set_meanwhile(&PACE).unwrap(), free.set_meanwhile(&FIXED).unwrap()), (Some(9), None));
    let shown = free.shown();
    let pace = shown.iter().find(|shown| shown.name == "pace").unwrap();
    assert_eq!((pace.from.kind(), pace.from.to_string().as_str()), ("portal", "the portal, by ann"));

    let locked = gathered(&[("MIST_PACE", "2")]).with_kept(&some);
    assert_eq!(all(&locked), (Some(2), Some(7), Some(1)), "what the environment gives stays");
    assert_eq!(locked.set_meanwhile(&PACE).unwrap(), None);

    let (none, wrong) = kept(&[("pace", "quick")]);
    assert_eq!(wrong.len(), 1);
    assert!(
        wrong[0].to_string().starts_with("pace, which the portal, by ann gives, is not valid"),
        "{}",
        wrong[0]
    );
    assert_eq!(all(&gathered(&[]).with_kept(&none)), (Some(5), None, Some(1)));
}

#[test]
fn a_variable_that_is_no_setting_is_told_with_what_was_meant() {
    const KNOWN: &[&str] = &[
        "MIST_DATABASE_URL_FILE",
        "MIST_HOME",
        "MIST_LISTEN",
        "MIST_METRICS_LISTEN",
        "MIST_PUBLIC_URL",
        "MIST_REDIS_URL",
        "MIST_STORE",
        "MIST_TOKEN_FILE",
        "MIST_UP",
        "MIST_WORKERS",
    ];
    let told = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned());
        strays(KNOWN, names).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&["PATH", "MIST_LISTEN", "MIST_DATABASE_URL_FILE", "MIST_HOME", "MIST", "XMIST_A"]),
        [""; 0]
    );
    assert_eq!(
        told(&["MIST_METRIC_LISTEN", "MIST_LISEN", "MIST_SERVICE_HOST"]),
        [
            "MIST_LISEN is no setting of Mist and was ignored; did you mean MIST_LISTEN?",
            "MIST_METRIC_LISTEN is no setting of Mist and was ignored; did you mean MIST_METRICS_LISTEN?",
            "MIST_SERVICE_HOST is no setting of Mist and was ignored",
        ]
    );
    let meant = |name: &str| strays(KNOWN, [name.to_owned()])[0].meant;
    assert_eq!(meant("MIST_SOTRE"), Some("MIST_STORE"), "two letters swapped");
    assert_eq!(meant("MIST_REDIS_ULR"), Some("MIST_REDIS_URL"));
    assert_eq!(meant("MIST_PUBLICURL"), Some("MIST_PUBLIC_URL"));
    assert_eq!(meant("MIST_"), None, "nothing of its own");
    assert_eq!(meant("MIST_WORKERS_FILE"), None, "what is no secret has no file of its own");
}
