//! A claimed run folder with the settings of what is done in it: a run, or a search.

use std::path::Path;

use super::{Machine, RunError};
use crate::config::RunConfig;
use crate::run_folder::{Environment, Place, RunFile, RunFolder};

/// A claimed run folder with the settings of its run.
pub struct Session {
    pub(crate) folder: RunFolder,
    pub(crate) config: RunConfig,
    pub(crate) resumed: bool,
}

impl Session {
    /// Claims a folder for a new run.
    ///
    /// # Errors
    ///
    /// [`RunFolderError`](crate::run_folder::RunFolderError) where the folder is taken or cannot be written.
    pub fn create(place: &Place, force: bool, config: RunConfig) -> Result<Self, RunError> {
        let folder = RunFolder::create(place, force)?;
        Ok(Self {
            folder,
            config,
            resumed: false,
        })
    }

    /// Takes up a run that was begun. `asked` lays what the command line asks for over the run's own settings; the
    /// two must be the same.
    ///
    /// # Errors
    ///
    /// [`RunFolderError`](crate::run_folder::RunFolderError) where there is no such run or another process holds it;
    /// [`RunError::Differs`].
    pub fn resume<E>(
        place: &Place,
        asked: impl FnOnce(RunConfig) -> Result<RunConfig, E>,
    ) -> Result<Self, E>
    where
        E: From<RunError>,
    {
        let folder = RunFolder::resume(place).map_err(RunError::from)?;
        let path = folder.folder().join("config.toml").display().to_string();
        let text = folder.files().read_config().map_err(RunError::from)?;
        let config = RunConfig::from_toml(&text, &path).map_err(RunError::from)?;
        let asked = asked(config.clone())?;
        let session = Self {
            folder,
            config,
            resumed: true,
        };
        if let Some((key, then, now)) = session.config.first_difference(&asked) {
            return Err(session.differs(&format!("`{key}` was"), then, now).into());
        }
        Ok(session)
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        self.folder.folder()
    }

    /// What is here is not what was asked for: `what` as in `the data's sha256 was`.
    pub(crate) fn differs(&self, what: &str, then: String, now: String) -> RunError {
        RunError::Differs {
            folder: self.folder().to_owned(),
            what: what.to_owned(),
            then,
            now,
        }
    }

    /// Writes the settings, where they are not there yet, and what it runs on and learns from.
    pub(crate) fn write_beginnings(&self, machine: &Machine, sha256: &str) -> Result<(), RunError> {
        self.folder.begin()?;
        if !self.resumed {
            let config = self.config.to_toml();
            self.folder.write(RunFile::Config, config.as_bytes())?;
        }
        let isa = cnn_core::Isa::active().name();
        #[allow(
            clippy::disallowed_methods,
            reason = "it is reported, no work is cut by it"
        )]
        let threads = rayon::current_num_threads();
        let environment = Environment::collect(machine.backend.name(), isa, threads, sha256);
        Ok(self.folder.write_environment(&environment)?)
    }
}
