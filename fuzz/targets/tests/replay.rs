//! Every target takes its committed corpus, so that what was found once is never lost again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mist_fuzz_targets::TARGETS;

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What is committed for a target. What a run finds besides lies beside it and is not.
fn seeds(target: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(fuzz().join("corpus").join(target)).expect("each target has a corpus");
    let mut seeds: Vec<PathBuf> = files.map(|file| file.expect("a readable folder").path()).collect();
    seeds.retain(|path| path.extension().is_some_and(|e| e == "seed"));
    seeds.sort();
    seeds
}

#[test]
fn every_target_takes_its_corpus() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name}");
        for seed in seeds {
            // Told only if it fails.
            eprintln!("{}", seed.display());
            target(&fs::read(&seed).expect("a readable file"));
        }
    }
}

#[test]
fn every_target_is_built_for_the_fuzzer() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("the fuzzer's package");
    for (name, _) in TARGETS {
        let program = format!("fuzz_targets/{name}.rs");
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"{program}\"")), "{name}");
        let program = fs::read_to_string(fuzz().join(program)).expect("the target's program");
        assert!(program.contains(&format!("mist_fuzz_targets::{name}(data)")), "{name}");
    }
}

#[test]
fn the_corpus_stays_small() {
    let len = |path: &PathBuf| fs::metadata(path).expect("a readable file").len();
    let total: u64 = TARGETS.iter().flat_map(|(name, _)| seeds(name)).map(|seed| len(&seed)).sum();
    assert!(total < 300_000, "{total} bytes");
}
