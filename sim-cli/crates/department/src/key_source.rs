//! Where a department's keys come from: a seed, which is for local networks, or files.

use {
    super::{Keys, PublicKeys, Wallets, plan::Founding, temporary::Temporary},
    campus_energy_sdk::identity::MeterId,
    ed25519_dalek::SigningKey,
    solana_keypair::{Keypair, read_keypair_file, write_keypair},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    std::{
        fs,
        io::Write,
        path::{Path, PathBuf},
    },
    thiserror::Error,
};

/// Seeds whose keys are recognised: people take small numbers.
const KNOWN_SEEDS: u64 = 1_024;
/// Names of the four programs.
const PROGRAMS: [&str; 4] = ["registry", "token", "oracle", "trading"];

/// Why keys cannot be had.
#[derive(Debug, Error)]
pub enum KeyError {
    /// A file is missing or holds no key.
    #[error(
        "{}: {why}; `sim-cli keys --random --out {}` makes the files that are missing, given the same --config",
        path.display(),
        directory.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// The directory of keys.
        directory: PathBuf,
    },
    /// A file cannot be written.
    #[error("{}: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file that would be written holds another key.
    #[error("{} holds another key; no key is ever overwritten: give another directory", .0.display())]
    Taken(PathBuf),
    /// A key that anyone can compute.
    #[error("the key of {0} is that of seed {1}, and keys derived from a seed are public: anyone can compute them")]
    Public(KeyName, u64),
}

/// A key of a department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// Who administers it.
    Authority,
    /// Who submits its readings.
    Submitter,
    /// The address of its money's mint.
    QuoteMint,
    /// The id of a program that is deployed anew.
    Program(&'static str),
    /// The wallet of a participant, by number.
    Participant(usize),
    /// What a meter signs with; its number and its id.
    Meter(usize, MeterId),
}

impl KeyName {
    /// All keys of a department.
    #[must_use]
    pub fn all(founding: &Founding) -> Vec<Self> {
        let named = [Self::Authority, Self::Submitter, Self::QuoteMint].into_iter().chain(PROGRAMS.map(Self::Program));
        let participants = (0..founding.participants.len()).map(Self::Participant);
        let meters = founding.meters.iter().enumerate().map(|(number, meter)| Self::Meter(number, meter.id));
        named.chain(participants).chain(meters).collect()
    }

    /// Its file in a directory of keys.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match self {
            Self::Participant(number) => format!("participants/{number:04}.json").into(),
            Self::Meter(_, id) => format!("meters/{id}.json").into(),
            named => format!("{}.json", named.to_string().replace(' ', "-")).into(),
        }
    }

    /// The key that a seed has for it.
    #[must_use]
    pub fn of_seed(&self, keys: Keys) -> Keypair {
        Keypair::new_from_array(self.secret_of_seed(keys))
    }

    fn secret_of_seed(&self, keys: Keys) -> [u8; 32] {
        match self {
            Self::Authority => keys.bytes("authority", 0),
            Self::Submitter => keys.bytes("submitter", 0),
            Self::QuoteMint => keys.bytes("quote mint", 0),
            Self::Program(name) => keys.bytes(&format!("program {name}"), 0),
            Self::Participant(number) => keys.bytes("participant", *number),
            Self::Meter(number, _) => keys.bytes("meter", *number),
        }
    }

    /// Fails where a key is that of a small seed, or of this one.
    ///
    /// # Errors
    /// [`KeyError::Public`].
    pub fn refuse_public(&self, key: &Keypair, seed: u64) -> Result<(), KeyError> {
        let mut seeds = (0..KNOWN_SEEDS).chain([seed]);
        match seeds.find(|seed| self.secret_of_seed(Keys::new(*seed)) == *key.secret_bytes()) {
            Some(seed) => Err(KeyError::Public(*self, seed)),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Authority => f.write_str("authority"),
            Self::Submitter => f.write_str("submitter"),
            Self::QuoteMint => f.write_str("quote mint"),
            Self::Program(name) => f.write_str(name),
            Self::Participant(number) => write!(f, "participant {number}"),
            Self::Meter(_, id) => write!(f, "meter {id}"),
        }
    }
}

/// Where keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Derived from a seed: anyone can compute them.
    Seed(u64),
    /// The files of a directory, as [`write_keys`] writes them.
    Files(PathBuf),
}

impl KeySource {
    /// A key.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn key(&self, name: KeyName) -> Result<Keypair, KeyError> {
        match self {
            Self::Seed(seed) => Ok(name.of_seed(Keys::new(*seed))),
            Self::Files(directory) => {
                let path = directory.join(name.file());
                let read = read_keypair_file(&path).map_err(|error| error.to_string());
                read.map_err(|why| KeyError::Unreadable { path, why, directory: directory.clone() })
            }
        }
    }

    /// The key that a meter signs with; its number and its id.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn meter(&self, number: usize, id: MeterId) -> Result<SigningKey, KeyError> {
        Ok(SigningKey::from_bytes(self.key(KeyName::Meter(number, id))?.secret_bytes()))
    }

    /// The public parts of a department's keys. Of a directory only its file of public keys is read.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn public(&self, founding: &Founding) -> Result<PublicKeys, KeyError> {
        match self {
            Self::Seed(seed) => Ok(DepartmentKeys::of_seed(Keys::new(*seed), founding).public()),
            Self::Files(directory) => PublicKeys::read(directory, founding),
        }
    }

    /// The keys of those who submit, trade and measure; the submitter's may be another one.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn wallets(&self, founding: &Founding, submitter: Option<Keypair>) -> Result<Wallets, KeyError> {
        let meters = founding.meters.iter().enumerate().map(|(number, meter)| self.meter(number, meter.id));
        let participants = (0..founding.participants.len()).map(|number| self.key(KeyName::Participant(number)));
        Ok(Wallets {
            submitter: submitter.map_or_else(|| self.key(KeyName::Submitter), Ok)?,
            participants: participants.collect::<Result<_, _>>()?,
            meters: meters.collect::<Result<_, _>>()?,
        })
    }

    /// All keys of a department; its authority's may be another one.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn department(&self, founding: &Founding, authority: Option<Keypair>) -> Result<DepartmentKeys, KeyError> {
        let Wallets { submitter, participants, meters } = self.wallets(founding, None)?;
        Ok(DepartmentKeys {
            authority: authority.map_or_else(|| self.key(KeyName::Authority), Ok)?,
            submitter,
            quote_mint: self.key(KeyName::QuoteMint)?,
            participants,
            meters,
        })
    }
}

/// All keys that founding a department takes.
pub struct DepartmentKeys {
    /// Who administers it.
    pub authority: Keypair,
    /// Who submits its readings.
    pub submitter: Keypair,
    /// The address of its money's mint.
    pub quote_mint: Keypair,
    /// Its participants' wallets, in order.
    pub participants: Vec<Keypair>,
    /// What its meters sign with, in order.
    pub meters: Vec<SigningKey>,
}

impl DepartmentKeys {
    /// Those of a seed.
    #[must_use]
    pub fn of_seed(keys: Keys, founding: &Founding) -> Self {
        Self {
            authority: keys.authority(),
            submitter: keys.submitter(),
            quote_mint: keys.quote_mint(),
            participants: (0..founding.participants.len()).map(|number| keys.participant(number)).collect(),
            meters: (0..founding.meters.len()).map(|number| keys.meter(number)).collect(),
        }
    }

    /// Their public parts.
    #[must_use]
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            authority: self.authority.pubkey(),
            submitter: self.submitter.pubkey(),
            quote_mint: self.quote_mint.pubkey(),
            participants: self.participants.iter().map(Signer::pubkey).collect(),
            meters: self.meters.iter().map(|key| Pubkey::new_from_array(key.verifying_key().to_bytes())).collect(),
        }
    }

    /// A second copy of the keys in memory.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            authority: self.authority.insecure_clone(),
            submitter: self.submitter.insecure_clone(),
            quote_mint: self.quote_mint.insecure_clone(),
            participants: self.participants.iter().map(Keypair::insecure_clone).collect(),
            meters: self.meters.clone(),
        }
    }

    /// Fails where a key is that of a small seed, or of this one.
    ///
    /// # Errors
    /// [`KeyError::Public`].
    pub fn refuse_public(&self, founding: &Founding, seed: u64) -> Result<(), KeyError> {
        KeyName::Authority.refuse_public(&self.authority, seed)?;
        KeyName::QuoteMint.refuse_public(&self.quote_mint, seed)?;
        refuse_public(&self.submitter, &self.participants, &self.meters, founding, seed)
    }
}

impl Wallets {
    /// Fails where a key is that of a small seed, or of this one.
    ///
    /// # Errors
    /// [`KeyError::Public`].
    pub fn refuse_public(&self, founding: &Founding, seed: u64) -> Result<(), KeyError> {
        refuse_public(&self.submitter, &self.participants, &self.meters, founding, seed)
    }
}

fn refuse_public(
    submitter: &Keypair,
    participants: &[Keypair],
    meters: &[SigningKey],
    founding: &Founding,
    seed: u64,
) -> Result<(), KeyError> {
    KeyName::Submitter.refuse_public(submitter, seed)?;
    for (number, key) in participants.iter().enumerate() {
        KeyName::Participant(number).refuse_public(key, seed)?;
    }
    for (number, (meter, key)) in founding.meters.iter().zip(meters).enumerate() {
        KeyName::Meter(number, meter.id).refuse_public(&Keypair::new_from_array(key.to_bytes()), seed)?;
    }
    Ok(())
}

/// Writes keys to files of a directory that only their owner can read: those of a seed, or without one new keys from the operating
/// system's randomness. What is there stays: the same key of a seed, any key where they are random. The number of new files.
///
/// # Errors
/// [`KeyError`].
pub fn write_keys(directory: &Path, names: &[KeyName], seed: Option<u64>) -> Result<usize, KeyError> {
    let mut written = 0;
    for name in names {
        let path = directory.join(name.file());
        let of_seed = seed.map(|seed| name.of_seed(Keys::new(seed)));
        if path.exists() {
            let there = KeySource::Files(directory.into()).key(*name)?;
            match &of_seed {
                Some(key) if key.secret_bytes() != there.secret_bytes() => return Err(KeyError::Taken(path)),
                Some(_) => {}
                // A directory of random keys has no others.
                None => name.refuse_public(&there, 0)?,
            }
            continue;
        }
        let key = of_seed.unwrap_or_else(Keypair::new);
        write_key(&path, &key).map_err(|error| KeyError::Unwritable { path, why: error.to_string() })?;
        written += 1;
    }
    Ok(written)
}

/// Writes a key whole or not at all, and over nothing.
fn write_key(path: &Path, key: &Keypair) -> Result<(), Box<dyn std::error::Error>> {
    let directory = path.parent().unwrap_or(Path::new("."));
    create_private(directory)?;
    // Temporary files are their owner's alone.
    let mut file = Temporary::new_in(directory)?;
    write_keypair(key, &mut file)?;
    file.flush()?;
    file.sync()?;
    file.persist_new(path)?;
    Ok(())
}

/// Makes a directory into which only its owner can look.
fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory)
}

#[cfg(test)]
mod tests;
