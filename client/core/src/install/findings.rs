//! What is known of a folder before a route is chosen.

use std::{collections::BTreeMap, sync::Arc};

use mist_peer::PieceSet;
use mist_proto::VerifiedManifest;
use mist_tree::{
    archive::{ArchiveReader, Layout},
    progress::Progress,
};

use super::{
    InstallError,
    links::LinkFindings,
    plan::Cost,
    previous::Material,
    reuse::{Mendable, StagePlan, plan_stage},
    seal::kept_outboard,
    survey::{Survey, survey},
};
use crate::{folder::GameFolder, stop::Stop};

/// What a survey of the folder led to.
pub(super) struct Findings {
    /// The build that should be there.
    pub(super) installed: Option<VerifiedManifest>,
    pub(super) survey: Survey,
    /// That of the wanted build's archive.
    pub(super) layout: Arc<Layout>,
    /// How the wanted build is staged by files that are here and pieces of its archive.
    pub(super) stage: StagePlan,
    /// What is kept of other builds.
    pub(super) previous: Material,
    /// What making the folder exactly the installed build takes.
    pub(super) repair: Cost,
}

impl Findings {
    /// Surveys the folder and plans how to make the wanted build by pieces. Writes nothing.
    pub(super) fn of(
        folder: &GameFolder,
        installed: Option<VerifiedManifest>,
        wanted: &VerifiedManifest,
        thorough: bool,
        stop: &Stop,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, InstallError> {
        let found = survey(folder, installed.as_ref(), wanted, thorough, stop, progress)?;
        let layout = Arc::new(Layout::new(wanted)?);
        let valid = valid_pieces(folder, wanted, &layout, &found, stop)?;
        let mendable = valid.as_ref().map(|valid| Mendable { files: &found.mendable, valid });
        let mut previous = Material::found(&*folder.dir);
        if found.links.as_copies {
            // Copies are made before files are patched where they are.
            previous.journals.clear();
        }
        let mut stage = plan_stage(&found.here, wanted, &layout, mendable.as_ref(), &previous);
        if stage.download > 0 && !previous.journals.is_empty() {
            // Pieces are checked with what is around them, which files that are patched later have not got yet.
            let files = Material { journals: BTreeMap::new(), ..previous.clone() };
            stage = plan_stage(&found.here, wanted, &layout, mendable.as_ref(), &files);
        }
        let repair = repair_cost(installed.as_ref(), &found)?;
        Ok(Self { installed, survey: found, layout, stage, previous, repair })
    }

    /// Of a folder that does not exist.
    pub(super) fn of_nothing(wanted: &VerifiedManifest, may_have_links: bool) -> Result<Self, InstallError> {
        let layout = Arc::new(Layout::new(wanted)?);
        let stage = plan_stage(&[], wanted, &layout, None, &Material::default());
        let survey = Survey { links: LinkFindings::of_nothing(wanted, !may_have_links), ..Survey::default() };
        let previous = Material::default();
        Ok(Self { installed: None, survey, layout, stage, previous, repair: Cost::default() })
    }

    /// Bytes that making the wanted build by files and pieces puts beside what is here.
    pub(super) fn staged(&self) -> u64 {
        self.stage.staged.saturating_add(self.survey.links.staged())
    }
}

/// What it takes to make the folder exactly the installed build, by whole files.
fn repair_cost(installed: Option<&VerifiedManifest>, found: &Survey) -> Result<Cost, InstallError> {
    let Some(old) = installed.filter(|_| found.damaged > 0) else { return Ok(Cost::default()) };
    let plan = plan_stage(&found.here, old, &Layout::new(old)?, None, &Material::default());
    Ok(Cost { download: plan.download, disk: plan.staged, written: plan.staged })
}

/// Pieces of the wanted archive that the folder has right, if there are damaged files that could be mended and a hash
/// tree to tell by.
fn valid_pieces(
    folder: &GameFolder,
    wanted: &VerifiedManifest,
    layout: &Arc<Layout>,
    found: &Survey,
    stop: &Stop,
) -> Result<Option<PieceSet>, InstallError> {
    if found.mendable.is_empty() {
        return Ok(None);
    }
    let Some(tree) = kept_outboard(folder, wanted) else { return Ok(None) };
    let reader = ArchiveReader::new(layout.clone(), folder.dir.clone());
    let valid = tree.valid_pieces(&|offset, buf| {
        stop.check().map_err(std::io::Error::other)?;
        reader.read_exact(buf, offset).map_err(Into::into)
    });
    // Pieces that were not read any more look as if they were wrong.
    stop.check()?;
    valid.map(Some).map_err(InstallError::Disk)
}
