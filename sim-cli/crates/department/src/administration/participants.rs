//! Participants: by name, by wallet, and new ones.

use {
    super::{Administration, AdministrationError, Change, Plan},
    crate::audit::participant_name,
    campus_energy_sdk::registry::{
        instruction::register_participant,
        state::{Participant, Role},
    },
    solana_program::pubkey::Pubkey,
};

impl Administration {
    /// The participants with their names, by number.
    #[must_use]
    pub fn named_participants(&self) -> Vec<(String, &Participant)> {
        let earlier = |at: usize, role: Role| self.participants[..at].iter().filter(|known| known.role == role).count();
        let all = self.participants.iter().enumerate();
        all.map(|(at, one)| (participant_name(one.role, earlier(at, one.role)), one)).collect()
    }

    /// The wallet of a participant, by name such as `faculty_001` or by address.
    ///
    /// # Errors
    /// [`AdministrationError::NoParticipant`].
    pub fn wallet_of(&self, given: &str) -> Result<Pubkey, AdministrationError> {
        let all = self.named_participants();
        let found = all.iter().find(|(name, one)| name == given || one.wallet.to_string() == given);
        found.map(|(_, one)| one.wallet).ok_or_else(|| {
            let hint = if given.parse::<Pubkey>().is_ok() {
                format!("register it first: participant register {given} --role ROLE")
            } else {
                let last = |role: Role| all.iter().rev().find(|(_, one)| one.role == role).map(|(name, _)| &name[..]);
                let roles = [Role::Faculty, Role::Graduate, Role::Undergraduate, Role::Department];
                let names: Vec<&str> = roles.into_iter().filter_map(last).collect();
                format!("give a wallet's address or a name; the last names are {}", names.join(", "))
            };
            AdministrationError::NoParticipant { given: given.into(), hint }
        })
    }

    /// Registers a participant.
    ///
    /// # Errors
    /// [`AdministrationError::OtherRole`], [`AdministrationError::Nobody`], [`LimitsError::WrongKey`](crate::LimitsError::WrongKey).
    pub fn register_participant(&self, by: &Pubkey, wallet: &Pubkey, role: Role) -> Result<Plan, AdministrationError> {
        if *wallet == Pubkey::default() {
            return Err(AdministrationError::Nobody(*wallet));
        }
        if let Some((name, known)) = self.named_participants().into_iter().find(|(_, known)| known.wallet == *wallet) {
            return match known.role == role {
                true => Ok(Plan::nothing(format!("{wallet} is registered already as {name}"))),
                false => Err(AdministrationError::OtherRole { wallet: *wallet, name }),
            };
        }
        self.check_key(by)?;
        let name = participant_name(role, self.participants.iter().filter(|known| known.role == role).count());
        Ok(Plan {
            changes: vec![Change::new(name, "wallet", "-", wallet)],
            notes: Vec::new(),
            transactions: vec![vec![register_participant(&self.addresses, by, wallet, role)]],
        })
    }
}
