//! What a process has cost so far.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// The unit of the processor times that Linux tells, on every architecture.
const TICKS_A_SECOND: u64 = 100;

/// The processor time of a process and of those that it has started and seen end, by themselves and in the system.
///
/// # Errors
/// It has ended.
pub(super) fn cpu(pid: u32) -> Result<Duration> {
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
pub(super) fn forget_peak(pid: u32) -> Result<()> {
    Ok(fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

/// The most memory that the process had at once, in bytes.
///
/// # Errors
/// It has ended.
pub(super) fn peak_memory(pid: u32) -> Result<u64> {
    peak(&fs::read_to_string(format!("/proc/{pid}/status"))?)
}

fn peak(status: &str) -> Result<u64> {
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak in /proc/PID/status")?;
    let kilobytes = line.trim().strip_suffix(" kB").context("a peak not in kB")?;
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
        assert_eq!(peak("VmPeak:\t  9000 kB\nVmHWM:\t    2048 kB\n").unwrap(), 2 << 20);
        assert!(peak("VmPeak:\t  9000 kB\n").is_err());
        assert!(cpu(std::process::id()).is_ok());
        assert!(peak_memory(std::process::id()).unwrap() > 1 << 20);
    }
}
