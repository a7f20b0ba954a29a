//! From the sun to kilowatts: position of the sun, clear sky, clouds, irradiance on the array's plane, cell temperature,
//! inverter. Each step is a published model in a file of its own.

mod clear_sky;
mod cloud;
mod module;
mod plane;
mod position;

pub use {
    clear_sky::{Irradiance, LinkeTurbidity},
    position::Sun,
};

use chrono::{DateTime, Utc};

/// Where an array is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the sea.
    pub altitude: f64,
}

/// An array and its inverter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolarArray {
    /// kW of direct current at 1,000 W/m2 and 25 degrees.
    pub capacity: f64,
    /// Degrees from the horizontal.
    pub tilt: f64,
    /// Where it looks, degrees clockwise from north.
    pub azimuth: f64,
    /// Share of the direct current that is lost: soiling, shading, mismatch, wiring.
    pub losses: f64,
    /// Change of power per degree above 25.
    pub temperature_coefficient: f64,
    /// kW of direct current at which the inverter is fully loaded.
    pub inverter_dc: f64,
    /// The inverter's nominal efficiency.
    pub inverter_efficiency: f64,
    /// Share of the light that the ground throws back.
    pub albedo: f64,
}

/// The air at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Air {
    /// What clouds leave of the clear sky's global irradiance: the clear-sky index.
    pub clear_sky_index: f64,
    /// Degrees Celsius.
    pub temperature: f64,
    /// Metres per second, at the height of the modules.
    pub wind: f64,
}

/// What an array sees and gives at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Output {
    /// Global irradiance on the horizontal, W/m2.
    pub horizontal: f64,
    /// Irradiance on the array's plane, W/m2.
    pub plane: f64,
    /// Degrees Celsius.
    pub cell_temperature: f64,
    /// kW of alternating current.
    pub power: f64,
}

/// An array under its sky.
#[derive(Clone, Debug, PartialEq)]
pub struct SolarModel {
    site: Site,
    array: SolarArray,
    turbidity: LinkeTurbidity,
}

impl SolarModel {
    /// The model of an array at a site with this turbidity.
    #[must_use]
    pub fn new(site: Site, array: SolarArray, turbidity: LinkeTurbidity) -> Self {
        Self { site, array, turbidity }
    }

    /// Where the sun is.
    #[must_use]
    pub fn sun(&self, time: DateTime<Utc>) -> Sun {
        position::sun(&self.site, time)
    }

    /// What the array sees and gives. `year` and `day` of the year are the site's own.
    #[must_use]
    pub fn output(&self, time: DateTime<Utc>, year: i32, day: u32, air: &Air) -> Output {
        let sun = self.sun(time);
        let clear = clear_sky::irradiance(&self.site, &sun, day, self.turbidity.on(year, day));
        let extraterrestrial = clear_sky::extraterrestrial(day);
        let sky = cloud::under(&clear, air.clear_sky_index, &sun, extraterrestrial);
        let light = plane::on(&self.array, &sky, &sun, extraterrestrial);
        let cell_temperature = module::cell_temperature(light.global, air);
        let power = module::power(&self.array, light.effective, cell_temperature);
        Output { horizontal: sky.global, plane: light.global, cell_temperature, power }
    }
}
