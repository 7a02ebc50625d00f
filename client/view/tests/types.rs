//! The pages' types of what they say to the engine are those of the engine.

use std::{collections::BTreeMap, path::Path};

use mist_client_view::{Failure, Reply, Request};
use ts_rs::{Config, TS, TypeVisitor};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/lib/backend/types.ts");
const HEAD: &str = "\
// Made from the engine's types: `MIST_UPDATE_TYPES=1 cargo nextest run --workspace -E 'test(pages_know)'` writes it anew.
import type { BlobId, Build, BytesBySource, Game, TransferKind } from './api';

";

/// Declarations by name, of a type and of all that it is made of.
struct Declared<'a>(&'a Config, BTreeMap<String, String>);

impl Declared<'_> {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        // Types of the language itself have no file, and no declaration.
        if T::output_path().is_some() {
            let name = T::ident(self.0);
            if self.1.contains_key(&name) {
                return;
            }
            let docs = T::docs().unwrap_or_default();
            self.1.insert(name, format!("{docs}export {}\n", T::decl(self.0)));
        }
        T::visit_dependencies(self);
    }
}

impl TypeVisitor for Declared<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
        T::visit_generics(self);
    }
}

#[test]
fn pages_know_what_the_engine_says() {
    // No number here is over 2^53: bytes and milliseconds are not, and the feed's run is made so.
    let config = Config::new().with_large_int("number");
    let mut declared = Declared(&config, BTreeMap::new());
    declared.add::<Request>();
    declared.add::<Reply>();
    declared.add::<Failure>();
    let text: Vec<String> = declared.1.into_values().collect();
    let text = format!("{HEAD}{}", text.join("\n"));
    if std::env::var_os("MIST_UPDATE_TYPES").is_some() {
        std::fs::create_dir_all(Path::new(FILE).parent().expect("a folder")).expect("made");
        std::fs::write(FILE, &text).expect("written");
    }
    let known = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(known == text, "{FILE} is old: run this test with MIST_UPDATE_TYPES=1");
}
