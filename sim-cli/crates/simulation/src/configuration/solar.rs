//! `solar_installation`: the array and its inverter.

use {
    super::{super::values::Capacity, checked},
    crate::solar::SolarArray,
    serde::{Deserialize, Serialize},
};

/// `solar_installation`; without the section, or with a capacity of 0, there is no array. The seed profile takes `capacity` and
/// `efficiency` alone; the physical mode all but `efficiency`, which `losses` and `inverter_efficiency` stand for there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SolarInstallation {
    pub capacity: Capacity,
    #[serde(default)]
    pub location: String,
    #[serde(deserialize_with = "checked::share", default = "efficiency")]
    pub efficiency: f64,
    /// Where it looks; `azimuth_deg` says it in degrees.
    #[serde(default)]
    pub orientation: Orientation,
    /// Degrees clockwise from north.
    #[serde(default, deserialize_with = "checked::azimuth")]
    pub azimuth_deg: Option<f64>,
    /// Degrees from the horizontal.
    #[serde(deserialize_with = "checked::tilt")]
    pub tilt_angle: f64,
    /// Share of the direct current that is lost.
    #[serde(default = "losses", deserialize_with = "checked::losses")]
    pub losses: f64,
    /// Change of power per degree.
    #[serde(default = "temperature_coefficient", deserialize_with = "checked::temperature_coefficient")]
    pub temperature_coefficient: f64,
    /// kW of direct current at which the inverter is fully loaded; without it the capacity.
    #[serde(default, deserialize_with = "checked::inverter")]
    pub inverter_dc_kw: Option<Capacity>,
    /// Nominal.
    #[serde(default = "inverter_efficiency", deserialize_with = "checked::share")]
    pub inverter_efficiency: f64,
    /// Share of the light that the ground throws back.
    #[serde(default = "albedo", deserialize_with = "checked::albedo")]
    pub albedo: f64,
}

// PVWatts 5's defaults and premium module; 0.85 is the brief's.
const fn efficiency() -> f64 {
    0.85
}
const fn losses() -> f64 {
    0.14
}
const fn temperature_coefficient() -> f64 {
    -0.003_5
}
const fn inverter_efficiency() -> f64 {
    0.96
}
const fn albedo() -> f64 {
    0.25
}

/// No array.
impl Default for SolarInstallation {
    fn default() -> Self {
        Self {
            capacity: Capacity::ZERO,
            location: String::new(),
            efficiency: efficiency(),
            orientation: Orientation::default(),
            azimuth_deg: None,
            tilt_angle: 0.0,
            losses: losses(),
            temperature_coefficient: temperature_coefficient(),
            inverter_dc_kw: None,
            inverter_efficiency: inverter_efficiency(),
            albedo: albedo(),
        }
    }
}

impl SolarInstallation {
    /// Whether there is an array.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.capacity != Capacity::ZERO
    }

    /// What the inverter can give, kW of alternating current; nothing without an array.
    #[must_use]
    pub fn inverter_kilowatts(&self) -> f64 {
        let array = self.array();
        if self.exists() { array.inverter_dc * array.inverter_efficiency } else { 0.0 }
    }

    /// Where the array looks, degrees clockwise from north.
    #[must_use]
    pub fn azimuth(&self) -> f64 {
        self.azimuth_deg.unwrap_or(self.orientation.azimuth())
    }

    /// The array.
    #[must_use]
    pub fn array(&self) -> SolarArray {
        let capacity = self.capacity.kilowatts();
        SolarArray {
            capacity,
            tilt: self.tilt_angle,
            azimuth: self.azimuth(),
            losses: self.losses,
            temperature_coefficient: self.temperature_coefficient,
            inverter_dc: self.inverter_dc_kw.map_or(capacity, Capacity::kilowatts),
            inverter_efficiency: self.inverter_efficiency,
            albedo: self.albedo,
        }
    }
}

/// `solar_installation.orientation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Orientation {
    NorthFacing,
    NorthEastFacing,
    EastFacing,
    SouthEastFacing,
    #[default]
    SouthFacing,
    SouthWestFacing,
    WestFacing,
    NorthWestFacing,
}

impl Orientation {
    /// Degrees clockwise from north.
    #[must_use]
    pub const fn azimuth(self) -> f64 {
        match self {
            Self::NorthFacing => 0.0,
            Self::NorthEastFacing => 45.0,
            Self::EastFacing => 90.0,
            Self::SouthEastFacing => 135.0,
            Self::SouthFacing => 180.0,
            Self::SouthWestFacing => 225.0,
            Self::WestFacing => 270.0,
            Self::NorthWestFacing => 315.0,
        }
    }
}
