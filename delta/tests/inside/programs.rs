//! Programs into which something was put: everything behind it moves, and every address that leads there changes.

use crate::{
    Archive,
    link::{Source, System, link},
    make, patch, try_rebuild,
};

pub(crate) fn grown() -> Source {
    let mut source = Source::new(2000);
    source.functions.splice(300..300, 50_000..50_003);
    source.functions.splice(1200..1201, [60_000]);
    source.variables.splice(100..100, 70_000..70_010);
    source
}

pub(crate) fn versions(system: System) -> [Vec<u8>; 2] {
    [link(system, &Source::new(2000)), link(system, &grown())]
}

#[test]
fn what_was_put_in_costs_no_more_than_itself() {
    for system in [System::Linux, System::Windows] {
        let [old, new] = versions(system);
        let report = patch(&old, &new);
        // Of more than ten thousand addresses.
        assert!(report.patch_len < 1500, "{system:?}: {report:?}");
        assert!(report.apply_memory < 16 << 20, "{system:?}: {report:?}");

        let hidden = |program: &[u8]| [b"not ", program].concat();
        let plainly = patch(&hidden(&old), &hidden(&new));
        assert!(plainly.patch_len > 8 * report.patch_len, "{system:?}: {plainly:?}, {report:?}");
    }
}

#[test]
fn programs_of_another_system_are_nothing_alike() {
    let [linux, windows] = [System::Linux, System::Windows].map(|system| link(system, &Source::new(300)));
    patch(&linux, &windows);
    patch(&windows, &linux);
}

#[test]
fn a_program_that_did_not_move_is_copied_as_it_is() {
    let [old, _] = versions(System::Linux);
    let mut new = old.clone();
    new[5000..5004].copy_from_slice(b"word");
    let (bytes, report) = make(&Archive::new(&old), &Archive::new(&new));
    assert!(report.patch_len < 350, "{report:?}");
    assert_eq!(bytes[7], b'4', "nothing that older readers don't know");
}

/// Tables that lie, overlap and reach over the end describe no program, or one whose patch is right all the same.
#[test]
fn broken_programs_are_files_like_others() {
    let [old, new] = versions(System::Linux).map(|file| file[..].to_vec());
    let table = usize::try_from(u64::from_le_bytes(*old[40..].first_chunk().unwrap())).unwrap();
    let [windows, _] = versions(System::Windows);
    let elf = (0..64).chain((table..table + 5 * 64).step_by(3)).map(|at| (&old, at));
    let pe = (60..64).chain(128..192).chain(392..512).step_by(3).map(|at| (&windows, at));
    for (i, (program, at)) in elf.chain(pe).enumerate().step_by(8) {
        for value in [0xff, 0x7f, 0] {
            let mut broken = program.clone();
            broken[at] = value;
            let (was, is) = if i % 16 == 0 { (&broken, &new) } else { (&new, &broken) };
            let (was, made) = (Archive::new(was), Archive::new(is));
            let (bytes, _) = make(&was, &made);
            assert!(try_rebuild(&was, &bytes).as_ref() == Some(is), "{at}: {value}");
        }
    }
    for len in [0, 4096, 5000, table, old.len() - 1] {
        patch(&old[..len], &new);
        patch(&new, &old[..len]);
    }
}
