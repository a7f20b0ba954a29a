//! Irradiance on the array's plane: the beam; the sky's light after Perez and others (Solar Energy 44, 1990); the light from
//! the ground. The cover glass reflects a part of the beam (Fresnel's and Bouguer's laws, De Soto and others, Solar Energy 80,
//! 2006).

use super::{Irradiance, SolarArray, Sun, clear_sky::airmass};

/// Light on a plane, W/m2.
pub(super) struct PlaneLight {
    /// All that falls on it.
    pub(super) global: f64,
    /// What comes through the glass.
    pub(super) effective: f64,
}

/// Perez's constant of the clearness.
const KAPPA: f64 = 1.041;
/// Upper ends of the clearness classes.
const CLASSES: [f64; 7] = [1.065, 1.23, 1.5, 1.95, 2.8, 4.5, 6.2];
/// The 1990 coefficients of all sites together: f11, f12, f13, f21, f22, f23.
const COEFFICIENTS: [[f64; 6]; 8] = [
    [-0.008, 0.588, -0.062, -0.06, 0.072, -0.022],
    [0.13, 0.683, -0.151, -0.019, 0.066, -0.029],
    [0.33, 0.487, -0.221, 0.055, -0.064, -0.026],
    [0.568, 0.187, -0.295, 0.109, -0.152, -0.014],
    [0.873, -0.392, -0.362, 0.226, -0.462, 0.001],
    [1.132, -1.237, -0.412, 0.288, -0.823, 0.056],
    [1.06, -1.6, -0.359, 0.264, -1.127, 0.131],
    [0.678, -0.327, -0.25, 0.156, -1.377, 0.251],
];
/// Glass: refractive index, extinction per metre, thickness in metres.
const REFRACTION: f64 = 1.526;
const EXTINCTION: f64 = 4.0;
const THICKNESS: f64 = 0.002;

/// The light on an array's plane.
pub(super) fn on(array: &SolarArray, sky: &Irradiance, sun: &Sun, extraterrestrial: f64) -> PlaneLight {
    if !sun.is_up() || sky.global <= 0.0 {
        return PlaneLight { global: 0.0, effective: 0.0 };
    }
    let (tilt, zenith) = (array.tilt.to_radians(), sun.apparent_zenith.to_radians());
    let turn = (sun.azimuth - array.azimuth).to_radians();
    // Cosine of the angle between the sun and the plane's normal.
    let incidence = (tilt.cos() * zenith.cos() + tilt.sin() * zenith.sin() * turn.cos()).clamp(-1.0, 1.0);
    let beam = sky.beam * incidence.max(0.0);
    let ground = sky.global * array.albedo * (1.0 - tilt.cos()) / 2.0;
    let diffuse = sky_diffuse(sky, tilt, zenith, incidence, airmass(sun), extraterrestrial) + ground;
    PlaneLight { global: beam + diffuse, effective: beam * transmitted(incidence) + diffuse }
}

fn sky_diffuse(sky: &Irradiance, tilt: f64, zenith: f64, incidence: f64, airmass: f64, extraterrestrial: f64) -> f64 {
    let Irradiance { beam, diffuse, .. } = *sky;
    if diffuse <= 0.0 {
        return 0.0;
    }
    let bent = KAPPA * zenith.powi(3);
    let clearness = ((diffuse + beam) / diffuse + bent) / (1.0 + bent);
    let brightness = diffuse * airmass / extraterrestrial;
    let class = CLASSES.iter().take_while(|end| clearness >= **end).count();
    let [f11, f12, f13, f21, f22, f23] = COEFFICIENTS[class];
    let around_sun = (f11 + f12 * brightness + f13 * zenith).max(0.0);
    let horizon = f21 + f22 * brightness + f23 * zenith;
    let low_sun = 85.0_f64.to_radians().cos();
    let towards = incidence.max(0.0) / zenith.cos().max(low_sun);
    let view = 0.5 * (1.0 - around_sun) * (1.0 + tilt.cos());
    (diffuse * (view + around_sun * towards + horizon * tilt.sin())).max(0.0)
}

/// What comes through the glass at this cosine of the incidence angle, relative to what does straight on.
fn transmitted(cosine: f64) -> f64 {
    if cosine <= 0.0 {
        return 0.0;
    }
    let sine_within = (1.0 - cosine * cosine).max(0.0).sqrt() / REFRACTION;
    let within = (1.0 - sine_within * sine_within).sqrt();
    let square = |value: f64| value * value;
    let across = square((cosine - REFRACTION * within) / (cosine + REFRACTION * within));
    let along = square((within - REFRACTION * cosine) / (within + REFRACTION * cosine));
    let through = |reflected: f64, path: f64| (1.0 - reflected) * (-EXTINCTION * THICKNESS / path).exp();
    let straight = through(square((1.0 - REFRACTION) / (1.0 + REFRACTION)), 1.0);
    f64::midpoint(through(across, within), through(along, within)) / straight
}
