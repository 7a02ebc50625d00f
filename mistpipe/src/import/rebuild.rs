//! Making the versions of a game from what the library has.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

use mist_proto::RelPath;
use mist_tree::fs::{Dir, FromStart, RealDir};

use super::{
    archive,
    delta::Delta,
    files::{Failure, named, unfit, verify_all, write},
    library::{ARCHIVE, DEPOT, LibraryVersion, Title, Way},
    patches::Patcher,
    plan,
    shapes::HashList,
    work::WorkFolder,
};
use crate::show::{Meter, Screen};

/// The versions of one game that lie in the temporary folder.
pub(super) struct Rebuilder {
    title: Arc<Title>,
    work: Arc<WorkFolder>,
    patcher: Patcher,
    screen: Screen,
    rebuilt: BTreeSet<usize>,
    failed: BTreeMap<usize, String>,
}

impl Rebuilder {
    /// Nothing is made yet.
    pub(super) fn new(title: Arc<Title>, work: Arc<WorkFolder>, patcher: Patcher, screen: Screen) -> Self {
        Self { title, work, patcher, screen, rebuilt: BTreeSet::new(), failed: BTreeMap::new() }
    }

    /// The folder of the version at this place of the list, every file of which is what its manifest says.
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) fn folder(&mut self, at: usize) -> Result<Arc<dyn Dir>, Failure> {
        match self.make(at, false)? {
            Place::Depot => Ok(Arc::new(self.depot()?)),
            Place::Work => self.work.open(at).map_err(Failure::Disk),
        }
    }

    /// Removes what none of the versions that are still `to_do` needs.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn forget(&mut self, to_do: &[usize]) -> io::Result<()> {
        let kept = plan::keep(&self.rebuilt, to_do, &parents(&self.title.versions));
        for gone in self.rebuilt.difference(&kept) {
            self.work.remove(*gone)?;
        }
        self.rebuilt = kept;
        Ok(())
    }

    fn make(&mut self, at: usize, in_work: bool) -> Result<Place, Failure> {
        if self.rebuilt.contains(&at) {
            return Ok(Place::Work);
        }
        if let Some(why) = self.failed.get(&at) {
            return Err(unfit(why));
        }
        let title = self.title.clone();
        let version = &title.versions[at];
        let made = match &version.files {
            Err(why) => Err(unfit(why)),
            Ok(_) if version.ways.is_empty() => Err(unfit(format!(
                "the library has nothing of it but its manifest: no {ARCHIVE}, {DEPOT} or delta is for it"
            ))),
            Ok(files) => self.by_any_way(at, version, files, in_work),
        };
        if let Err(Failure::Unfit(why)) = &made {
            self.failed.insert(at, why.clone());
        }
        made
    }

    fn by_any_way(
        &mut self,
        at: usize,
        version: &LibraryVersion,
        files: &HashList,
        in_work: bool,
    ) -> Result<Place, Failure> {
        let mut whys = Vec::new();
        for way in &version.ways {
            match self.by(at, version, files, way, in_work) {
                Err(Failure::Unfit(why)) => whys.push(why),
                settled => return settled,
            }
        }
        Err(unfit(whys.join("; and ")))
    }

    fn by(
        &mut self,
        at: usize,
        version: &LibraryVersion,
        files: &HashList,
        way: &Way,
        in_work: bool,
    ) -> Result<Place, Failure> {
        if let Way::Delta { from, .. } = way {
            let title = self.title.clone();
            let before = &title.versions[*from].label;
            self.make(*from, true).map_err(|failure| match failure {
                Failure::Unfit(_) => unfit(format!("it is made of {before}, which can't be had")),
                disk => disk,
            })?;
        }
        let meter = self.meter(version, way);
        let total = files.size().unwrap_or(0);
        let mut done = 0;
        let mut on_bytes = |n: u64| {
            done += n;
            meter.set(done, total);
        };
        let work = self.work.clone();
        let into = work.of(at).map_err(Failure::Disk)?;
        let made = match way {
            Way::Depot if !in_work => {
                verify_all(&self.depot()?, files, &mut on_bytes).map(|()| Place::Depot).map_err(in_depot)
            }
            Way::Depot => self.copy_depot(files, at, &mut on_bytes).map(|()| Place::Work).map_err(in_depot),
            Way::Archive => {
                let path = RelPath::new(ARCHIVE).map_err(|e| unfit(e.to_string()))?;
                let file = self.title.dir.open(&path).map_err(|e| unfit(e.to_string()))?;
                archive::unpack(&*file, files, work.dir(), &into, &mut on_bytes).map(|()| Place::Work)
            }
            Way::Delta { from, patches } => {
                let before = self.title.versions[*from].files.as_ref().map_err(unfit)?;
                let old = work.of(*from).map_err(Failure::Disk)?;
                let (label, library) = (&version.label, &*self.title.dir);
                let delta = Delta { library, label, patches, before, old: &old, patcher: &self.patcher };
                delta.apply(files, work.dir(), &into, &mut on_bytes).map(|()| Place::Work)
            }
        };
        meter.clear();
        match &made {
            Ok(Place::Work) => {
                self.rebuilt.insert(at);
            }
            Ok(Place::Depot) => {}
            Err(_) => work.remove(at).map_err(Failure::Disk)?,
        }
        made
    }

    fn meter(&self, version: &LibraryVersion, way: &Way) -> Meter {
        let does = match way {
            Way::Depot => "reading",
            Way::Archive => "unpacking",
            Way::Delta { .. } => "patching to",
        };
        self.screen.meters().add(&format!("{does} {}", version.version))
    }

    fn depot(&self) -> Result<RealDir, Failure> {
        depot(&self.title).map_err(|e| unfit(e.to_string()))
    }

    fn copy_depot(&self, files: &HashList, at: usize, on_bytes: &mut dyn FnMut(u64)) -> Result<(), Failure> {
        let depot = self.depot()?;
        let into = self.work.of(at).map_err(Failure::Disk)?;
        for (path, expected) in &files.0 {
            let unreadable = |e: io::Error| unfit(format!("{path}: {e}"));
            let executable = depot.metadata(path).map_err(unreadable)?.executable;
            let file = depot.open(path).map_err(unreadable)?;
            write(
                &mut FromStart::new(&*file),
                expected,
                self.work.dir(),
                &into.join(path),
                executable,
                on_bytes,
            )
            .map_err(|e| named(path, e))?;
        }
        Ok(())
    }
}

/// Where a version lies.
enum Place {
    Depot,
    Work,
}

fn in_depot(failure: Failure) -> Failure {
    match failure {
        Failure::Unfit(why) => unfit(format!("{DEPOT}/{why}")),
        disk => disk,
    }
}

/// The depot of a game, which the library was found to have.
pub(super) fn depot(title: &Title) -> io::Result<RealDir> {
    RealDir::open(title.dir.place().join(DEPOT))
}

/// What each version is made of, as far as it is rebuilt.
pub(super) fn parents(versions: &[LibraryVersion]) -> Vec<Option<usize>> {
    let made_of = |version: &LibraryVersion| {
        let way = version.ways.iter().find(|way| **way != Way::Depot);
        way.and_then(|way| if let Way::Delta { from, .. } = way { Some(*from) } else { None })
    };
    versions.iter().map(made_of).collect()
}
