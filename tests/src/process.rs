//! Processes that end with the value that stands for them.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::Write,
    iter,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::de::DeserializeOwned;

use crate::{
    binaries,
    deadline::{eventually, until},
    lab::Place,
};

/// Numbers the log files of this test process in the order in which processes started.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// A program and how to start it.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
    place: Place,
    logs: PathBuf,
    args: Vec<OsString>,
    envs: Vec<(String, OsString)>,
    stdin: Vec<u8>,
    terminal: bool,
}

/// What the key Ctrl-C sends to a terminal.
pub const CTRL_C: &str = "\u{3}";

impl Program {
    /// One of Mist's own programs. `logs` is the folder for what it says.
    ///
    /// # Errors
    /// It was not built.
    pub fn ours(name: &str, place: &Place, logs: &Path) -> Result<Self> {
        Ok(Self::at(binaries::program(name)?, place, logs))
    }

    /// A program of the system, found by `PATH`.
    pub fn system(name: &str, place: &Place, logs: &Path) -> Self {
        Self::at(PathBuf::from(name), place, logs)
    }

    /// Any program, by its path.
    pub(crate) fn at(path: PathBuf, place: &Place, logs: &Path) -> Self {
        let (args, envs, stdin) = (vec![], vec![], vec![]);
        Self { path, place: place.clone(), logs: logs.into(), args, envs, stdin, terminal: false }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().into()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.envs.push((name.into(), value.as_ref().into()));
        self
    }

    /// What it reads from its standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Gives it a terminal of its own, by `script` of util-linux: somebody types ([`Task::types`]), and all that it says is in
    /// [`Task::output`].
    #[must_use]
    pub fn on_terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Starts it.
    ///
    /// # Errors
    /// The system can't.
    pub fn start(self) -> Result<Task> {
        let name = self.name();
        let said = self.args.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let line = format!("{name} {said}");
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        fs::create_dir_all(&self.logs)?;
        let out = self.logs.join(format!("{number:03}-{name}.out"));
        let err = self.logs.join(format!("{number:03}-{name}.err"));
        // Killed by the kernel if this process dies first, so that nothing outlives a test run.
        let guard = ["setpriv", "--pdeathsig", "KILL", "--"];
        let mut words = self.place.prefix().into_iter().map(OsString::from).collect::<Vec<_>>();
        words.extend(guard.into_iter().map(OsString::from));
        if self.terminal {
            // The program is in the shell's place, and goes when its terminal does.
            let line = iter::once(self.path.as_os_str()).chain(self.args.iter().map(OsString::as_os_str));
            let line = line.map(quoted).collect::<Vec<_>>().join(" ");
            words.extend(["script", "-qefc"].map(OsString::from));
            words.extend([format!("exec {line}").into(), "/dev/null".into()]);
        } else {
            words.push(self.path.clone().into());
            words.extend(self.args);
        }
        let silent = self.stdin.is_empty() && !self.terminal;
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .envs(self.envs)
            .env("NO_COLOR", "1")
            .stdin(if silent { Stdio::null() } else { Stdio::piped() })
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?)
            .spawn()
            .with_context(|| format!("starting {line}"))?;
        let mut keyboard = child.stdin.take();
        if let Some(pipe) = &mut keyboard {
            pipe.write_all(&self.stdin).with_context(|| format!("writing to {line}"))?;
        }
        let keyboard = keyboard.filter(|_| self.terminal);
        Ok(Task { line, child, keyboard, out, err, started: Instant::now() })
    }

    /// Runs it to its end, whatever that is.
    ///
    /// # Errors
    /// It does not start, or has not ended after `limit`.
    pub fn run(self, limit: Duration) -> Result<Outcome> {
        self.start()?.finish(limit)
    }
}

/// A process that runs; it is killed when the value goes.
pub struct Task {
    line: String,
    child: Child,
    /// What is typed, if it has a terminal.
    keyboard: Option<ChildStdin>,
    out: PathBuf,
    err: PathBuf,
    started: Instant,
}

impl Task {
    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// The system can't tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Fails if the process has ended, with what it said last.
    ///
    /// # Errors
    /// It has ended.
    pub fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.ended()? {
            bail!("{} ended with {status}: {}", self.line, tail(&self.err));
        }
        Ok(())
    }

    /// What it has written to its standard output so far.
    pub fn output(&self) -> String {
        read(&self.out)
    }

    /// What it has told people so far, on its standard error.
    pub fn said(&self) -> String {
        read(&self.err)
    }

    /// Types at its terminal: see [`Program::on_terminal`].
    ///
    /// # Errors
    /// It has none, or has ended.
    pub fn types(&mut self, keys: &str) -> Result<()> {
        let keyboard = self.keyboard.as_mut().context("it has no terminal")?;
        keyboard.write_all(keys.as_bytes()).with_context(|| format!("typing at {}", self.line))
    }

    /// Interrupts it, as Ctrl-C does.
    ///
    /// # Errors
    /// The system can't.
    pub fn interrupt(&self) -> Result<()> {
        self.signal(Signal::INT)
    }

    /// Lets it hang where it is, with all that it has open.
    ///
    /// # Errors
    /// The system can't.
    pub fn hang(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on after it hung.
    ///
    /// # Errors
    /// The system can't.
    pub fn go_on(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).context("process id")?;
        kill_process(pid, signal).with_context(|| format!("signalling {}", self.line))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It has not ended after `limit`; it is killed then.
    pub fn finish(mut self, limit: Duration) -> Result<Outcome> {
        let status = eventually(&format!("the end of `{}`", self.line), limit, || self.ended())
            .with_context(|| tail(&self.err))?;
        Ok(Outcome {
            line: self.line.clone(),
            status,
            stdout: read(&self.out),
            stderr: read(&self.err),
            took: self.started.elapsed(),
        })
    }

    /// Waits until `moved`, which reads a counter of its network, says `bytes`. Says whether it still runs then.
    ///
    /// # Errors
    /// Neither happens within two minutes.
    pub fn moves(&mut self, bytes: u64, moved: impl Fn(&Self) -> Result<u64>) -> Result<bool> {
        let what = format!("{bytes} bytes moved by `{}`", self.line);
        until(&what, Duration::from_secs(120), Duration::from_millis(2), || {
            if self.ended()?.is_some() {
                return Ok(Some(false));
            }
            // Its counters go with it, if it ends just now.
            Ok(moved(self).is_ok_and(|now| now >= bytes).then_some(true))
        })
    }

    /// Kills it as a power cut would end it.
    ///
    /// # Errors
    /// The system can't.
    pub fn kill_nine(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, as service managers do, and waits.
    ///
    /// # Errors
    /// It has not ended after `limit`; it is killed then.
    pub fn terminate(self, limit: Duration) -> Result<Outcome> {
        self.signal(Signal::TERM)?;
        self.finish(limit)
    }

    /// Bytes that its network has received so far, on all interfaces but loopback.
    ///
    /// # Errors
    /// The process has ended.
    pub fn received(&self) -> Result<u64> {
        Ok(self.traffic()?.0)
    }

    /// Bytes that its network has sent so far, on all interfaces but loopback.
    ///
    /// # Errors
    /// The process has ended.
    pub fn sent(&self) -> Result<u64> {
        Ok(self.traffic()?.1)
    }

    fn traffic(&self) -> Result<(u64, u64)> {
        parse_traffic(&fs::read_to_string(format!("/proc/{}/net/dev", self.pid()))?)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sums the columns of `/proc/net/dev`: received and sent bytes of every interface but loopback.
pub(crate) fn parse_traffic(table: &str) -> Result<(u64, u64)> {
    let mut sum = (0, 0);
    for line in table.lines() {
        let Some((interface, columns)) = line.split_once(':') else { continue };
        if interface.trim() == "lo" {
            continue;
        }
        let columns = columns.split_whitespace().collect::<Vec<_>>();
        ensure!(columns.len() >= 9, "unexpected line in /proc/net/dev: {line}");
        sum.0 += columns[0].parse::<u64>()?;
        sum.1 += columns[8].parse::<u64>()?;
    }
    Ok(sum)
}

/// How a process ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    line: String,
    status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// From its start to its end.
    pub took: Duration,
}

impl Outcome {
    /// The exit code; none if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Itself, if the process succeeded.
    ///
    /// # Errors
    /// It did not: with what it said last.
    pub fn success(self) -> Result<Self> {
        self.expect(0)
    }

    /// Itself, if the process ended with `code`.
    ///
    /// # Errors
    /// It did not: with what it said last.
    pub fn expect(self, code: i32) -> Result<Self> {
        ensure!(
            self.code() == Some(code),
            "`{}` ended with {} instead of {code}:\n{}\n{}",
            self.line,
            self.status,
            last_lines(&self.stdout),
            last_lines(&self.stderr)
        );
        Ok(self)
    }

    /// What it said, on either stream.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Its standard output as one JSON value.
    ///
    /// # Errors
    /// It is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("`{}` did not print the expected JSON: {}", self.line, self.stdout))
    }
}

/// A word as a shell takes it.
fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))
}

fn read(path: &Path) -> String {
    fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
}

fn tail(path: &Path) -> String {
    last_lines(&read(path))
}

/// The last lines of a log, as many as help.
pub(crate) fn last_lines(text: &str) -> String {
    const LINES: usize = 25;
    let lines = text.lines().collect::<Vec<_>>();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::parse_traffic;

    #[test]
    fn traffic_is_the_sum_over_interfaces_without_loopback() {
        let table = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    5000      10    0    0    0     0          0         0     5000      10    0    0    0     0       0          0
  eth0:     100       1    0    0    0     0          0         0       30       1    0    0    0     0       0          0
  eth1:       7       1    0    0    0     0          0         0        4       1    0    0    0     0       0          0
";
        assert_eq!(parse_traffic(table).unwrap(), (107, 34));
    }
}
