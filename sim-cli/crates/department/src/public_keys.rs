//! A department's public keys, and the file of them in a directory of keys.

use {
    super::{KeyError, plan::Founding},
    campus_energy_sdk::identity::MeterId,
    serde::{Deserialize, Serialize},
    solana_program::pubkey::Pubkey,
    std::{collections::BTreeMap, fs, path::Path},
};

/// The public parts of all keys of a department: what it is compared with by who works for it and does not found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    /// Who administers it.
    pub authority: Pubkey,
    /// Who submits its readings.
    pub submitter: Pubkey,
    /// The mint of its money.
    pub quote_mint: Pubkey,
    /// Its participants' wallets, in order.
    pub participants: Vec<Pubkey>,
    /// What its meters sign with, in order.
    pub meters: Vec<Pubkey>,
}

/// The file of public keys in a directory of keys.
pub const PUBLIC_KEYS: &str = "public.json";

/// [`PUBLIC_KEYS`], by the names of the keys' files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicFile {
    authority: String,
    submitter: String,
    quote_mint: String,
    participants: Vec<String>,
    meters: BTreeMap<String, String>,
}

impl PublicKeys {
    /// Reads the file of a directory of keys; no private key is opened.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], also where a participant or a meter of the founding is not in it.
    pub fn read(directory: &Path, founding: &Founding) -> Result<Self, KeyError> {
        let path = directory.join(PUBLIC_KEYS);
        let unreadable = |why: String| KeyError::Unreadable { path: path.clone(), why, directory: directory.into() };
        let text = fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
        let file: PublicFile = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let key = |text: &String| text.parse::<Pubkey>().map_err(|_| unreadable(format!("{text:?} is no address")));
        let meter = |id: MeterId| {
            let text = file.meters.get(&id.to_string());
            key(text.ok_or_else(|| unreadable(format!("it has no key of meter {id}")))?)
        };
        let participants = file.participants.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        if participants.len() < founding.participants.len() {
            let (has, needs) = (participants.len(), founding.participants.len());
            return Err(unreadable(format!("it has {has} participants, the configuration {needs}")));
        }
        Ok(Self {
            authority: key(&file.authority)?,
            submitter: key(&file.submitter)?,
            quote_mint: key(&file.quote_mint)?,
            participants: participants.into_iter().take(founding.participants.len()).collect(),
            meters: founding.meters.iter().map(|plan| meter(plan.id)).collect::<Result<_, _>>()?,
        })
    }

    /// Writes the file of a directory of keys.
    ///
    /// # Errors
    /// [`KeyError::Unwritable`].
    pub fn write(&self, directory: &Path, founding: &Founding) -> Result<(), KeyError> {
        let path = directory.join(PUBLIC_KEYS);
        let meters = founding.meters.iter().zip(&self.meters);
        let file = PublicFile {
            authority: self.authority.to_string(),
            submitter: self.submitter.to_string(),
            quote_mint: self.quote_mint.to_string(),
            participants: self.participants.iter().map(Pubkey::to_string).collect(),
            meters: meters.map(|(plan, key)| (plan.id.to_string(), key.to_string())).collect(),
        };
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        fs::write(&path, text + "\n").map_err(|error| KeyError::Unwritable { path, why: error.to_string() })
    }
}
