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
        let mut configuration = Configuration::load(self.config.as_deref())?;
        configuration.apply_environment(|name| std::env::var(name).ok())?;
        for warning in configuration.warnings() {
            eprintln!("warning: {warning}");
        }
        Ok(configuration)
    }
}
