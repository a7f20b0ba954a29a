//! `site`, `solar_installation` and `weather`: the array's place, its properties, and the sky.

use {
    super::{super::values::Capacity, checked},
    crate::solar::{LinkeTurbidity, Site, SolarArray},
    serde::{Deserialize, Serialize},
};

/// `site`: where the complex is. Without it, Bangkok.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteSection {
    /// An IANA time zone.
    #[serde(deserialize_with = "checked::time_zone")]
    pub timezone: chrono_tz::Tz,
    /// Degrees north.
    #[serde(deserialize_with = "checked::latitude")]
    pub latitude: f64,
    /// Degrees east.
    #[serde(deserialize_with = "checked::longitude")]
    pub longitude: f64,
    /// Metres above the sea.
    #[serde(deserialize_with = "checked::altitude")]
    pub altitude_m: f64,
}

impl Default for SiteSection {
    fn default() -> Self {
        Self { timezone: chrono_tz::Asia::Bangkok, latitude: 13.7563, longitude: 100.5018, altitude_m: 2.0 }
    }
}

impl SiteSection {
    /// The site.
    #[must_use]
    pub fn site(&self) -> Site {
        Site { latitude: self.latitude, longitude: self.longitude, altitude: self.altitude_m }
    }
}

/// `solar_installation`. The seed profile takes `capacity` and `efficiency` alone; the physical mode all but `efficiency`,
/// which `losses` and `inverter_efficiency` stand for there.
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
    #[serde(default)]
    pub inverter_dc_kw: Option<Capacity>,
    /// Nominal.
    #[serde(default = "inverter_efficiency", deserialize_with = "checked::share")]
    pub inverter_efficiency: f64,
    /// Share of the light that the ground throws back.
    #[serde(default = "albedo", deserialize_with = "checked::albedo")]
    pub albedo: f64,
}

// PVWatts 5's defaults and premium module; 0.85 is the seed's.
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

impl SolarInstallation {
    /// The array.
    #[must_use]
    pub fn array(&self) -> SolarArray {
        let capacity = self.capacity.kilowatts();
        SolarArray {
            capacity,
            tilt: self.tilt_angle,
            azimuth: self.azimuth_deg.unwrap_or(self.orientation.azimuth()),
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

/// `weather`: the sky of the physical mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeatherSection {
    /// Clear without noise, or stochastic.
    pub sky: SkyName,
    /// Degrees Celsius, always; without it a Bangkok year.
    #[serde(deserialize_with = "checked::air_temperature")]
    pub air_temperature_c: Option<f64>,
    /// Metres per second.
    #[serde(deserialize_with = "checked::wind")]
    pub wind_m_s: f64,
    /// For the middle of each month.
    #[serde(deserialize_with = "checked::turbidity")]
    pub linke_turbidity: [f64; 12],
}

/// Bangkok's turbidity is that of the SoDa map, read with pvlib 0.16.1.
impl Default for WeatherSection {
    fn default() -> Self {
        Self {
            sky: SkyName::Stochastic,
            air_temperature_c: None,
            wind_m_s: 1.0,
            linke_turbidity: [3.55, 3.75, 4.3, 4.75, 4.95, 5.15, 5.1, 5.3, 4.95, 4.55, 4.0, 3.75],
        }
    }
}

impl WeatherSection {
    /// The turbidity.
    #[must_use]
    pub fn turbidity(&self) -> LinkeTurbidity {
        LinkeTurbidity(self.linke_turbidity)
    }
}

/// `weather.sky`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkyName {
    /// No cloud, no noise.
    Clear,
    /// Clouds come and go.
    #[default]
    Stochastic,
}
