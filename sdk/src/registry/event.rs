//! Events of the registry. RecordReadings emits none: the oracle's `ReadingsAccepted` has the readings that were recorded.

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
        /// The prefix of the department.
        pub prefix: Prefix,
        /// The authority of the department.
        pub authority: Pubkey,
        /// The deployment that its meters sign for.
        pub deployment: DeploymentId,
    }
}

event! {
    /// A participant was registered.
    pub struct ParticipantRegistered = 0x0102 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// The address of the participant's wallet.
        pub wallet: Pubkey,
        /// The participant's role.
        pub role: Role,
        /// The number within the department, from 0.
        pub index: u32,
    }
}

event! {
    /// A meter was registered.
    pub struct MeterRegistered = 0x0103 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// The id of the meter.
        pub id: MeterId,
        /// The wallet of its owner.
        pub owner: Pubkey,
        /// The name of the zone where it measures.
        pub zone: Zone,
        /// The number within the department, from 0.
        pub index: u32,
    }
}

event! {
    /// The status of a meter was set.
    pub struct MeterStatusSet = 0x0104 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// The id of the meter.
        pub id: MeterId,
        /// The status from now on.
        pub status: MeterStatus,
    }
}

event! {
    /// The signing key of a meter was replaced.
    pub struct MeterKeyRotated = 0x0105 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// The id of the meter.
        pub id: MeterId,
        /// The new public ed25519 key.
        pub signing_key: Pubkey,
        /// The epoch of the new key.
        pub key_epoch: u32,
    }
}

event! {
    /// The limit on the generation of a meter was set.
    pub struct MeterLimitSet = 0x0108 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// The id of the meter.
        pub id: MeterId,
        /// The most energy that it can generate in one interval, Wh.
        pub generation_limit: u32,
    }
}

event! {
    /// The proposed authority of the department became its authority.
    pub struct AuthorityAccepted = 0x0106 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// The new authority.
        pub authority: Pubkey,
    }
}

event! {
    /// The department was paused or resumed.
    pub struct DepartmentPaused = 0x0107 {
        /// The sequence number of the event in the department's registry.
        pub sequence: u64,
        /// Whether readings are refused now.
        pub paused: bool,
    }
}
