#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mist_fuzz_targets::https(data));
