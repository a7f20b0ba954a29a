//! Events of the registry. RecordReadings emits none: the oracle's `ReadingsAccepted` tells what was recorded.

use {
    crate::{
        event::event,
        identity::{MeterId, Prefix},
        reading::DeploymentId,
        registry::state::{MeterStatus, Role, Zone},
    },
    solana_program::pubkey::Pubkey,
};

event! {
    /// A department was created.
    pub struct DepartmentInitialized = 0x0101 {
        /// Its prefix.
        pub prefix: Prefix,
        /// Its authority.
        pub authority: Pubkey,
        /// What its meters sign for.
        pub deployment: DeploymentId,
    }
}

event! {
    /// A participant was registered.
    pub struct ParticipantRegistered = 0x0102 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// The wallet.
        pub wallet: Pubkey,
        /// What they are.
        pub role: Role,
        /// Number within the department.
        pub index: u32,
    }
}

event! {
    /// A meter was registered.
    pub struct MeterRegistered = 0x0103 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// Its name.
        pub id: MeterId,
        /// Its owner's wallet.
        pub owner: Pubkey,
        /// Where it measures.
        pub zone: Zone,
        /// Number within the department.
        pub index: u32,
    }
}

event! {
    /// A meter's status was set.
    pub struct MeterStatusSet = 0x0104 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// The meter.
        pub id: MeterId,
        /// Its status.
        pub status: MeterStatus,
    }
}

event! {
    /// A meter signs with another key from now on.
    pub struct MeterKeyRotated = 0x0105 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// The meter.
        pub id: MeterId,
        /// The new key.
        pub signing_key: Pubkey,
        /// Its epoch.
        pub key_epoch: u32,
    }
}

event! {
    /// A meter can generate this much from now on.
    pub struct MeterLimitSet = 0x0108 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// The meter.
        pub id: MeterId,
        /// The most that it can generate in one interval, Wh.
        pub generation_limit: u32,
    }
}

event! {
    /// The department has a new authority.
    pub struct AuthorityAccepted = 0x0106 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// The authority.
        pub authority: Pubkey,
    }
}

event! {
    /// The department was paused or resumed.
    pub struct DepartmentPaused = 0x0107 {
        /// Sequence number in the department's registry.
        pub sequence: u64,
        /// Whether readings are refused now.
        pub paused: bool,
    }
}
