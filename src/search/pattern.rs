//! Which places lie around another.

use super::{Axis, Place};

/// Places farther from the start than this are not looked for: ten steps of the bracket.
pub const FARTHEST: i32 = 40;

/// A neighbour on an axis, nearer where a bound is in the way; `None` where there is none to go to.
pub fn neighbour(axes: &[Axis], place: &Place, axis: usize, by: i32) -> Option<Place> {
    let parts = axes[axis].toward(place.0[axis], by)?;
    (parts.abs() <= FARTHEST).then(|| place.moved(axis, parts - place.0[axis]))
}

/// A place and its neighbours at these distances on every axis.
pub fn star(axes: &[Axis], place: &Place, distances: &[i32]) -> Vec<Place> {
    let mut places = vec![place.clone()];
    for axis in 0..axes.len() {
        let ways = distances.iter().flat_map(|by| [-by, *by]);
        places.extend(ways.filter_map(|by| neighbour(axes, place, axis, by)));
    }
    places.sort();
    places.dedup();
    places
}

/// The corners of a cube around a place: all four of a square; of a cube those four of which no two are
/// neighbours, which tell every product of two axes beside a star.
pub fn corners(axes: &[Axis], place: &Place, by: i32) -> Vec<Place> {
    let all =
        (0..1_u32 << axes.len()).filter(|signs| axes.len() < 3 || signs.count_ones() % 2 == 1);
    let corner = |signs: u32| {
        let axis_ways = (0..axes.len()).map(|axis| if signs >> axis & 1 == 1 { by } else { -by });
        let mut ways = axis_ways.enumerate();
        ways.try_fold(place.clone(), |at, (axis, by)| neighbour(axes, &at, axis, by))
    };
    all.filter_map(corner).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Tuned;
    use super::*;

    fn places(of: &[Place]) -> Vec<Vec<i32>> {
        of.iter().map(|place| place.0.clone()).collect()
    }

    #[test]
    fn a_star_stops_at_bounds() {
        let axes = [
            Axis::new(Tuned::WeightDecay, 0.1),
            Axis { upper: Some(600.0), ..Axis::new(Tuned::Steps, 600.0) },
        ];
        let star = star(&axes, &Place(vec![0, 0]), &[4]);
        assert_eq!(places(&star), [vec![-4, 0], vec![0, -4], vec![0, 0], vec![4, 0]]);
    }

    #[test]
    fn a_square_has_four_corners_and_so_has_a_cube_here() {
        let axis = Axis::new(Tuned::WeightDecay, 0.1);
        let two = corners(&vec![axis.clone(); 2], &Place(vec![0, 0]), 2);
        assert_eq!(places(&two), [vec![-2, -2], vec![2, -2], vec![-2, 2], vec![2, 2]]);
        assert_eq!(corners(&vec![axis; 3], &Place(vec![0; 3]), 2).len(), 4);
    }
}
