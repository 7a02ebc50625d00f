//! Streams of many encoders, of chance and of malice, there and back.

use std::{io, num::NonZeroU64};

use mist_zlib::{Deflater, Inflater, Settings, Strategy as ZlibStrategy, adler32};
use proptest::prelude::*;

use super::{
    block::{Form, Head, Lengths},
    record::{Record, Then},
    symbols::{LengthStep, ORDER},
    *,
};
use crate::{
    inside::{Kind, Unmade, Wrapping, deflate::Deflating},
    samples::Bytes,
};

/// The parse of what `bytes` start with, and where that ends.
fn parsed(bytes: &[u8], kind: Kind) -> Option<(Vec<u8>, usize)> {
    let mut made = Vec::new();
    let file = Bytes(bytes.to_vec());
    let put = |part: &[u8]| {
        made.extend_from_slice(part);
        Ok::<_, io::Error>(())
    };
    let parsed = parse(&file, 0..bytes.len() as u64, kind, u64::MAX, put).unwrap()?;
    assert_eq!(parsed.len, made.len() as u64);
    Some((made, usize::try_from(parsed.end).unwrap()))
}

/// What a parse makes of a plain text that comes in pieces of `step` bytes.
fn made(parse: &[u8], plain: &[u8], wrapping: Wrapping, step: usize) -> Result<Vec<u8>, Unmade> {
    let mut out = Vec::new();
    let mut deflating = Deflating::by_parse(plain.len() as u64, parse.to_vec(), wrapping);
    for part in plain.chunks(step) {
        deflating.take(part, &mut |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok::<_, Unmade>(())
        })?;
    }
    Ok(out)
}

/// The plain text of what `bytes` start with, as zlib sees it, and where that ends.
fn inflated(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut inflater = Inflater::new().unwrap();
    let (mut plain, mut buffer, mut at) = (Vec::new(), vec![0; 1 << 16], 0);
    loop {
        let step = inflater.run(&bytes[at..], &mut buffer).ok()?;
        at += step.taken;
        plain.extend_from_slice(&buffer[..step.made]);
        if step.ended {
            return Some((plain, at));
        }
        if step.taken == 0 && step.made == 0 {
            return None;
        }
    }
}

/// Takes a stream apart and puts it together.
fn there_and_back(packed: &[u8]) {
    let (plain, end) = inflated(packed).unwrap();
    assert_eq!(end, packed.len());
    let more = [packed, b"more"].concat();
    let (parse, end) = parsed(&more, Kind::Bare).unwrap();
    assert_eq!(end, packed.len(), "what follows is not read");
    for step in [plain.len().max(1), 1000, 1].into_iter().filter(|s| plain.len() / s < 100_000) {
        assert!(made(&parse, &plain, Wrapping::Bare, step).unwrap() == packed);
    }
}

fn deflated(plain: &[u8], settings: Settings) -> Vec<u8> {
    let mut out = vec![0; plain.len() + 1000];
    let n = Deflater::new(settings).unwrap().run(plain, &mut out, true).unwrap().made;
    out.truncate(n);
    out
}

/// Words, runs and noise.
fn sample(len: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut out = Vec::new();
    while out.len() < len {
        match step() % 8 {
            0 => out.extend((0..step() % 400).map(|_| step().to_le_bytes()[0])),
            1 => out.extend(vec![step().to_le_bytes()[0]; (step() % 2000) as usize]),
            _ => {
                let at = (step() as usize) % 40;
                out.extend_from_slice(&b"the rain falls on the harbour and nobody sees it"[at..at + 8]);
            }
        }
    }
    out.truncate(len);
    out
}

#[test]
fn whatever_zlib_makes() {
    let plain = sample(150_000);
    for strategy in ZlibStrategy::ALL {
        for level in 1..=9 {
            there_and_back(&deflated(&plain, Settings::new(level, 8).unwrap().with_strategy(strategy)));
        }
    }
    for (len, memory) in [(1, 8), (2, 1), (70_000, 1), (70_000, 9)] {
        there_and_back(&deflated(&plain[..len], Settings::new(6, memory).unwrap()));
    }
}

#[test]
fn whatever_other_encoders_make() {
    let plain = sample(100_000);
    for level in 0..=10 {
        there_and_back(&miniz_oxide::deflate::compress_to_vec(&plain, level));
    }
    for level in 0..=12 {
        let mut c = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(level).unwrap());
        let mut out = vec![0; plain.len() + 1000];
        let n = c.deflate_compress(&plain, &mut out).unwrap();
        there_and_back(&out[..n]);
    }
    let mut out = Vec::new();
    let options = zopfli::Options { iteration_count: NonZeroU64::MIN, ..zopfli::Options::default() };
    zopfli::compress(options, zopfli::Format::Deflate, &plain[..30_000], &mut out).unwrap();
    there_and_back(&out);
}

/// As `docs/formats.md` has it, byte by byte.
#[test]
fn the_bytes_of_a_parse() {
    // An empty stored block after padding of ones, then the last one: `a`, a match of four, the end, padding.
    let mut bits = bits::BitWriter::default();
    let codes = codes::Encoding::new(&codes::FIXED_LITERALS, false).unwrap();
    bits.put(0b000, 3);
    bits.put(0b11111, 5);
    bits.put(0, 16);
    bits.put(0xffff, 16);
    bits.put(0b011, 3);
    for symbol in [u16::from(b'a'), 258] {
        let (code, n) = codes.code(symbol).unwrap();
        bits.put(code, n);
    }
    bits.put(0, 5);
    bits.put(0, 7);
    let missing = bits.missing();
    bits.put((1 << missing) - 1, missing);
    let packed = bits.bytes;
    let (parse, _) = parsed(&packed, Kind::Bare).unwrap();
    let padding = (1u8 << missing) - 1;
    let expected = [&[0, 0b11111, 0, 0][..], &[3, 1, 1, 0, 0, 0, 0, 1, 0x80], &[padding]].concat();
    assert_eq!(parse, expected);
    there_and_back(&packed);
}

#[test]
fn runs_of_zlib_streams_and_images() {
    let plain = sample(20_000);
    let header = [0x78, 0xda];
    let stream = |part: &[u8]| {
        let bare = miniz_oxide::deflate::compress_to_vec(part, 9);
        [&header, &bare[..], &adler32(1, part).to_be_bytes()].concat()
    };
    let run: Vec<u8> = plain.chunks(4096).flat_map(stream).collect();
    let (parse, end) = parsed(&run, Kind::Zlib).unwrap();
    assert_eq!(end, run.len());
    let wrapping = Wrapping::Zlib { header, block: 4096 };
    for step in [1, 5000, 20_000] {
        assert!(made(&parse, &plain, wrapping, step).unwrap() == run);
    }
    // The streams are cut elsewhere; there are too many of them, or too few.
    assert!(made(&parse, &plain, Wrapping::Zlib { header, block: 5000 }, 5000).is_err());
    assert!(made(&parse, &plain[..8192], wrapping, 5000).is_err());
    assert!(made(&parse[..parse.len() - 1], &plain, wrapping, 5000).is_err());

    let whole = Wrapping::Zlib { header, block: 20_000 };
    let (parse, _) = parsed(&stream(&plain), Kind::Zlib).unwrap();
    assert!(made(&parse, &plain, whole, 999).unwrap() == stream(&plain));
    let png = made(&parse, &plain, Wrapping::Png { header, chunk: 77 }, 999).unwrap();
    let (again, end) = parsed(&png, Kind::Png).unwrap();
    assert!(again == parse && end == png.len());
}

#[test]
fn a_parse_is_no_longer_than_asked_for() {
    let packed = deflated(&sample(600_000), Settings::new(1, 8).unwrap());
    let (whole, _) = parsed(&packed, Kind::Bare).unwrap();
    let len = packed.len() as u64;
    let file = Bytes(packed);
    // Where one piece is handed on, and where several are.
    for most in [0, 1, whole.len() as u64 - 1] {
        let mut seen = 0;
        let put = |part: &[u8]| {
            seen += part.len() as u64;
            Ok::<_, io::Error>(())
        };
        assert_eq!(parse(&file, 0..len, Kind::Bare, most, put).unwrap(), None);
        assert!(seen <= most);
    }
    let result = parse(&file, 0..len, Kind::Bare, u64::MAX, |_| Err("full"));
    assert!(matches!(result, Err(crate::inside::inflate::Interrupted::Put("full"))));
}

/// A token of a stream that chance makes.
#[derive(Debug, Clone, Copy)]
enum Token {
    Literal(u8),
    /// The distance is in proportion to what there is.
    Match {
        length: u16,
        distance: prop::sample::Index,
        long: bool,
    },
}

#[derive(Debug, Clone)]
struct Block {
    form: Form,
    tokens: Vec<Token>,
    padding: u8,
    /// Decides about codes and how they are written.
    seed: u64,
}

fn token() -> impl Strategy<Value = Token> {
    let any_match = |length: std::ops::RangeInclusive<u16>| {
        (length, any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(length, distance, long)| Token::Match { length, distance, long })
    };
    prop_oneof![
        4 => (0u8..20).prop_map(Token::Literal),
        1 => any::<u8>().prop_map(Token::Literal),
        3 => any_match(3..=20),
        1 => any_match(250..=258),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    let form = prop_oneof![Just(Form::Stored), Just(Form::Fixed), Just(Form::Dynamic)];
    let tokens = prop_oneof![
        8 => prop::collection::vec(token(), 0..300),
        1 => prop::collection::vec(any::<u8>().prop_map(Token::Literal), 0..700),
    ];
    (form, tokens, any::<u8>(), any::<u64>()).prop_map(|(form, tokens, padding, seed)| Block {
        form,
        tokens,
        padding,
        seed,
    })
}

/// Lengths of a code that any of `n` symbols has, at most `most` bits long.
fn code_lengths(n: usize, most: u8, seed: &mut u64) -> Vec<u8> {
    let mut lengths = vec![0u8];
    while lengths.len() < n {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let split = usize::try_from(*seed >> 40).unwrap() % lengths.len();
        // Another one if this is as deep as it may be; there is always one.
        let split = (0..lengths.len()).map(|i| (split + i) % lengths.len());
        let split = split.into_iter().find(|&i| lengths[i] < most).unwrap();
        lengths[split] += 1;
        lengths.push(lengths[split]);
    }
    lengths
}

/// The parse of a block's table, in which chance decides what is written as repeated.
fn table(mut seed: u64) -> Vec<u8> {
    let literals = code_lengths(286, 15, &mut seed);
    let distances = code_lengths(30, 15, &mut seed);
    let all = [literals, distances].concat();
    let mut of_lengths = [0; ORDER.len()];
    of_lengths.copy_from_slice(&code_lengths(ORDER.len(), 7, &mut seed));
    let mut out = vec![29, 29, 15];
    out.extend(ORDER.iter().map(|&symbol| of_lengths[usize::from(symbol)]));
    let mut at = 0;
    while at < all.len() {
        let again = all[at..].iter().take_while(|&&l| at > 0 && l == all[at - 1]).count().min(6);
        seed = seed.rotate_left(7);
        if again >= 3 && seed & 1 == 1 {
            out.push(LengthStep::of(16, u8::try_from(again - 3).unwrap()).byte());
            at += again;
        } else {
            out.push(all[at]);
            at += 1;
        }
    }
    out
}

/// The parse and the plain text of blocks.
fn stream(blocks: &[Block], padding: u8) -> (Vec<u8>, Vec<u8>) {
    let (mut parse, mut plain) = (Vec::new(), Vec::new());
    for (i, block) in blocks.iter().enumerate() {
        let head = Head { last: i + 1 == blocks.len(), form: block.form };
        parse.push(head.bits());
        let start = plain.len();
        let mut run = 0;
        let mut records = Vec::new();
        for t in &block.tokens {
            match *t {
                Token::Literal(b) => {
                    plain.push(b);
                    run += 1;
                }
                Token::Match { .. } if plain.is_empty() => {}
                Token::Match { length, distance, long } => {
                    let less = u16::try_from(distance.index(plain.len().min(32_768))).unwrap();
                    if long && length == 258 {
                        records.extend(Record::before_match(std::mem::take(&mut run), Then::LongForm));
                    }
                    let then = Then::Match { length, less };
                    records.extend(Record::before_match(std::mem::take(&mut run), then));
                    for _ in 0..length {
                        plain.push(plain[plain.len() - 1 - usize::from(less)]);
                    }
                }
            }
        }
        records.extend(Record::before_match(run, Then::End));
        match block.form {
            Form::Stored => {
                // The padding is as many bits as there are; put right below.
                plain.truncate(start + 65_535);
                let [low, high, ..] = (plain.len() - start).to_le_bytes();
                parse.extend([block.padding, low, high]);
            }
            Form::Fixed => parse.extend(records.iter().flat_map(|r| r.encode())),
            Form::Dynamic => {
                parse.extend(table(block.seed));
                parse.extend(records.iter().flat_map(|r| r.encode()));
            }
        }
    }
    parse.push(padding);
    (parse, plain)
}

/// What these make, with padding of as many bits as it may have.
fn written(parse: &mut [u8], plain: &[u8]) -> Vec<u8> {
    // Bits of padding depend on all that is before, so they are tried.
    for keep in (0..8).rev() {
        let mut tried = parse.to_vec();
        let last = tried.len() - 1;
        tried[last] &= (1u8 << keep).wrapping_sub(1);
        if let Ok(packed) = made(&tried, plain, Wrapping::Bare, plain.len()) {
            parse.copy_from_slice(&tried);
            return packed;
        }
    }
    panic!("no padding fits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_tokens(mut blocks in prop::collection::vec(block(), 1..6), padding: u8, first: u8) {
        // Stored blocks come first, where their padding is known: five bits after three.
        blocks.sort_by_key(|b| b.form != Form::Stored);
        blocks[0].tokens.insert(0, Token::Literal(first));
        for b in &mut blocks {
            b.padding &= 31;
        }
        let (mut parse, plain) = stream(&blocks, padding);
        let packed = written(&mut parse, &plain);
        prop_assert!(inflated(&packed).unwrap() == (plain, packed.len()));
        prop_assert!(parsed(&packed, Kind::Bare).unwrap() == (parse, packed.len()));
        there_and_back(&packed);
    }

    /// What zlib refuses is refused, and the other way round.
    #[test]
    fn mutated_and_cut_streams(
        of in 0usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        start in any::<bool>(),
    ) {
        let plain = sample(6000);
        let mut packed = match of {
            0 => deflated(&plain, Settings::new(6, 8).unwrap()),
            1 => miniz_oxide::deflate::compress_to_vec(&plain, 1),
            2 => deflated(&plain[..300], Settings::new(1, 1).unwrap()),
            _ => miniz_oxide::deflate::compress_to_vec(&plain, 0),
        };
        // Most bytes of a stream are tokens; its start has the tables.
        let most = if start { 100 } else { packed.len() };
        for (at, to) in changes {
            packed[at.index(most)] = to;
        }
        packed.truncate(packed.len() - cut.index(packed.len()) / 3);
        match (parsed(&packed, Kind::Bare), inflated(&packed)) {
            (None, None) => {}
            (Some((parse, end)), Some((plain, zlibs))) => {
                prop_assert_eq!(end, zlibs);
                if !plain.is_empty() {
                    prop_assert!(made(&parse, &plain, Wrapping::Bare, 700).unwrap() == packed[..end]);
                }
            }
            (ours, zlibs) => prop_assert!(false, "{:?} {:?}", ours.is_some(), zlibs.is_some()),
        }
    }

    /// A parse that lies makes no stream, or one of at most so many bits for each of its bytes.
    #[test]
    fn mutated_parses(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5)) {
        let plain = sample(6000);
        let packed = miniz_oxide::deflate::compress_to_vec(&plain, 6);
        let (mut parse, _) = parsed(&packed, Kind::Bare).unwrap();
        for (at, to) in changes {
            let at = at.index(parse.len());
            parse[at] = to;
        }
        if let Ok(lie) = made(&parse, &plain, Wrapping::Bare, 500) {
            prop_assert!(lie.len() <= 16 * parse.len() + 2 * plain.len());
        }
    }

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(parsed(&bytes, Kind::Bare).map(|p| p.1), inflated(&bytes).map(|p| p.1));
        let _ = parsed(&bytes, Kind::Zlib);
        prop_assert!(made(&bytes, b"some plain text", Wrapping::Bare, 4).is_err() || !bytes.is_empty());
    }
}

#[test]
fn tables_that_lie() {
    assert!(Lengths::declared(29, 29).is_some());
    assert!(Lengths::declared(30, 0).is_none() && Lengths::declared(0, 30).is_none());
    let mut lengths = Lengths::declared(0, 0).unwrap();
    assert_eq!(lengths.take(LengthStep::of(16, 0)), None, "nothing to repeat");
    lengths.take(LengthStep::of(1, 0)).unwrap();
    lengths.take(LengthStep::of(18, 127)).unwrap();
    assert_eq!(lengths.take(LengthStep::of(18, 127)), None, "more than declared");
    lengths.take(LengthStep::of(18, 108)).unwrap();
    assert!(lengths.complete() && lengths.split().is_none(), "a block without an end");
}
