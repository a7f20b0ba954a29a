//! The configuration and the seed, as commands are given them.

use {super::Failure, campus_energy_simulation::Configuration, clap::Args, std::path::PathBuf};

/// Which configuration, and which seed.
#[derive(Clone, Debug, Args)]
pub(super) struct ConfigurationOptions {
    /// Configuration file [default: engineering-config.yaml, which is part of this program]; environment variables override its values
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Seed of everything random: the sky, the loads, the agents, and the local keys
    #[arg(long, default_value_t = 42, value_parser = super::values::seed)]
    pub(super) seed: u64,
}

impl ConfigurationOptions {
    /// Loads the configuration, with the values that the environment overrides. What is doubtful in it is a warning on stderr.
    ///
    /// # Errors
    /// [`Failure::Configuration`] where the file cannot be read, or a value of it or of the environment is not allowed.
    pub(super) fn load(&self) -> Result<Configuration, Failure> {
        self.load_with(|_| ())
    }

    /// The same, with values that a command's own options override after that.
    ///
    /// # Errors
    /// As of [`Self::load`], or where the values do not go together any more.
    pub(super) fn load_with(&self, change: impl FnOnce(&mut Configuration)) -> Result<Configuration, Failure> {
        let variable = |name: &str| std::env::var(name).ok();
        let configuration = Configuration::load_with(self.config.as_deref(), variable, change)?;
        for warning in configuration.warnings() {
            eprintln!("warning: {warning}");
        }
        Ok(configuration)
    }
}
