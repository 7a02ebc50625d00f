use std::{cell::RefCell, collections::BTreeMap};

use super::*;

/// A keyring that can be closed, or forget at once what is put in.
#[derive(Default)]
struct Chest {
    entries: RefCell<BTreeMap<String, String>>,
    closed: RefCell<bool>,
    leaks: bool,
}

impl Chest {
    fn open(&self) -> Result<(), String> {
        if *self.closed.borrow() { Err("closed".into()) } else { Ok(()) }
    }
}

impl Keyring for &Chest {
    fn get(&self, entry: &str) -> Result<Option<String>, String> {
        self.open()?;
        Ok(self.entries.borrow().get(entry).cloned())
    }

    fn set(&self, entry: &str, secret: &str) -> Result<(), String> {
        self.open()?;
        if !self.leaks {
            self.entries.borrow_mut().insert(entry.into(), secret.into());
        }
        Ok(())
    }

    fn delete(&self, entry: &str) -> Result<(), String> {
        self.open()?;
        self.entries.borrow_mut().remove(entry);
        Ok(())
    }
}

/// A file that may be full.
#[derive(Default)]
struct File {
    text: RefCell<Option<String>>,
    full: bool,
}

impl File {
    fn with(text: &str) -> Self {
        Self { text: RefCell::new(Some(text.into())), full: false }
    }

    fn has(&self) -> String {
        self.text.borrow().clone().unwrap_or_default()
    }
}

impl Slot for File {
    type Error = &'static str;

    fn read(&self) -> Result<Option<String>, Self::Error> {
        Ok(self.text.borrow().clone())
    }

    fn write(&self, text: &str) -> Result<(), Self::Error> {
        if self.full {
            return Err("full");
        }
        *self.text.borrow_mut() = Some(text.into());
        Ok(())
    }

    fn remove(&self) -> Result<(), Self::Error> {
        *self.text.borrow_mut() = None;
        Ok(())
    }

    fn label(&self) -> String {
        "the key of a house".into()
    }
}

const SECRET: &str = "# a comment\nopen sesame\n";

#[test]
fn a_secret_is_in_the_keyring_and_the_file_only_names_it() {
    let (keyring, file) = (Chest::default(), File::default());
    let secrets = Secrets::new(&keyring, Place::Keyring);
    assert!(secrets.load(&file).expect("nothing").is_none());
    assert_eq!(secrets.save(&file, SECRET), Ok(Kept::Keyring));
    assert!(!file.has().contains("sesame") && file.has().contains("the key of a house"));
    assert_eq!(secrets.load(&file).expect("found").as_deref(), Some(SECRET));
    let named = file.has();
    assert_eq!(secrets.save(&file, "another"), Ok(Kept::Keyring));
    assert_eq!((file.has(), keyring.entries.borrow().len()), (named, 1), "in the same entry");
    secrets.forget(&file).expect("forgotten");
    assert!(secrets.load(&file).expect("nothing").is_none() && keyring.entries.borrow().is_empty());
}

#[test]
fn homes_that_are_alike_have_entries_of_their_own() {
    let (keyring, one, two) = (Chest::default(), File::default(), File::default());
    let secrets = Secrets::new(&keyring, Place::Keyring);
    secrets.save(&one, "1").expect("kept");
    secrets.save(&two, "2").expect("kept");
    assert_eq!(secrets.load(&one).expect("found").as_deref(), Some("1"));
    assert_eq!(secrets.load(&two).expect("found").as_deref(), Some("2"));
}

#[test]
fn without_a_keyring_the_file_has_it() {
    for (closed, leaks, why) in
        [(true, false, "closed"), (false, true, "it does not give back what is put in")]
    {
        let keyring = Chest { closed: RefCell::new(closed), leaks, ..Chest::default() };
        let file = File::default();
        let secrets = Secrets::new(&keyring, Place::Keyring);
        assert_eq!(secrets.save(&file, SECRET), Ok(Kept::Instead { reason: why.into() }));
        assert_eq!(file.has(), SECRET);
        assert!(!secrets.relocate(&file).expect("it stays"));
        assert_eq!(
            (file.has().as_str(), secrets.load(&file).expect("found").as_deref()),
            (SECRET, Some(SECRET))
        );
    }
}

#[test]
fn a_file_moves_into_the_keyring_and_back() {
    let (keyring, file) = (Chest::default(), File::with(SECRET));
    let secrets = Secrets::new(&keyring, Place::Keyring);
    assert!(secrets.relocate(&file).expect("moved"));
    assert!(!file.has().contains("sesame"));
    assert!(!secrets.relocate(&file).expect("it is there"));
    assert_eq!(secrets.load(&file).expect("found").as_deref(), Some(SECRET));
    let secrets = Secrets::new(&keyring, Place::File);
    assert_eq!(secrets.load(&file).expect("found").as_deref(), Some(SECRET), "wherever it is");
    assert!(secrets.relocate(&file).expect("moved"));
    assert_eq!((file.has().as_str(), keyring.entries.borrow().len()), (SECRET, 0));
}

#[test]
fn a_move_that_fails_leaves_it_where_it_was() {
    let keyring = Chest::default();
    let full = File { full: true, ..File::with(SECRET) };
    assert!(Secrets::new(&keyring, Place::Keyring).relocate(&full).is_err());
    assert_eq!((full.has().as_str(), keyring.entries.borrow().len()), (SECRET, 0));

    let mut file = File::default();
    Secrets::new(&keyring, Place::Keyring).save(&file, SECRET).expect("kept");
    file.full = true;
    assert!(Secrets::new(&keyring, Place::File).relocate(&file).is_err());
    assert!(Secrets::new(&keyring, Place::File).save(&file, "another").is_err());
    assert_eq!(Secrets::new(&keyring, Place::File).load(&file).expect("found").as_deref(), Some(SECRET));
}

#[test]
fn a_closed_keyring_is_told_from_a_missing_secret() {
    let (keyring, file) = (Chest::default(), File::default());
    let secrets = Secrets::new(&keyring, Place::Keyring);
    secrets.save(&file, SECRET).expect("kept");
    let named = file.has();
    *keyring.closed.borrow_mut() = true;
    assert!(matches!(secrets.load(&file), Err(LoadError::Closed(_))));
    assert!(matches!(Secrets::new(&keyring, Place::File).relocate(&file), Err(LoadError::Closed(_))));
    assert_eq!(file.has(), named, "nothing is lost");
    *keyring.closed.borrow_mut() = false;
    keyring.entries.borrow_mut().clear();
    assert!(matches!(secrets.load(&file), Err(LoadError::Gone(_))));
}
