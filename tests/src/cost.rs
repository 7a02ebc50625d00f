//! What a process costs: processor time, memory, threads.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// The unit of the processor times that Linux tells, on every architecture.
const TICKS_A_SECOND: u64 = 100;

/// The processor time of a process and of those that it has started and seen end, by themselves and in the system.
///
/// # Errors
/// It has ended.
pub fn cpu(pid: u32) -> Result<Duration> {
    ticks(&fs::read_to_string(format!("/proc/{pid}/stat"))?)
}

fn ticks(stat: &str) -> Result<Duration> {
    // The name of the program may have spaces; what follows it has not.
    let (_, rest) = stat.rsplit_once(')').context("no program in /proc/PID/stat")?;
    let fields = rest.split_whitespace().collect::<Vec<_>>();
    let ticks =
        |number: usize| -> Result<u64> { Ok(fields.get(number).context("short /proc/PID/stat")?.parse()?) };
    let sum = (11..15).map(ticks).sum::<Result<u64>>()?;
    Ok(Duration::from_millis(sum * 1000 / TICKS_A_SECOND))
}

/// Lets [`peak_memory`] count from now on.
///
/// # Errors
/// It has ended.
pub fn forget_peak(pid: u32) -> Result<()> {
    Ok(fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

/// The most memory that the process had at once, in bytes.
///
/// # Errors
/// It has ended.
pub fn peak_memory(pid: u32) -> Result<u64> {
    bytes(&status(pid)?, "VmHWM")
}

/// Its memory that is resident, in bytes.
///
/// # Errors
/// It has ended.
pub fn resident_memory(pid: u32) -> Result<u64> {
    bytes(&status(pid)?, "VmRSS")
}

/// How many threads it has.
///
/// # Errors
/// It has ended.
pub fn threads(pid: u32) -> Result<u64> {
    Ok(field(&status(pid)?, "Threads")?.parse()?)
}

fn status(pid: u32) -> Result<String> {
    Ok(fs::read_to_string(format!("/proc/{pid}/status"))?)
}

fn field<'a>(status: &'a str, name: &str) -> Result<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(line.with_context(|| format!("no {name} in /proc/PID/status"))?.trim())
}

fn bytes(status: &str, name: &str) -> Result<u64> {
    let kilobytes = field(status, name)?.strip_suffix(" kB").with_context(|| format!("{name} not in kB"))?;
    Ok(kilobytes.parse::<u64>()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_understood() {
        let stat =
            "7 (a (b) c) S 1 7 7 0 -1 4194560 10 0 0 0 150 30 15 5 20 0 1 0 100 1000 10 18446744073709551615";
        assert_eq!(ticks(stat).unwrap(), Duration::from_secs(2));
        assert_eq!(bytes("VmPeak:\t  9000 kB\nVmHWM:\t    2048 kB\n", "VmHWM").unwrap(), 2 << 20);
        assert!(bytes("VmPeak:\t  9000 kB\n", "VmHWM").is_err());
        assert!(cpu(std::process::id()).is_ok());
        assert!(peak_memory(std::process::id()).unwrap() > 1 << 20);
    }
}
