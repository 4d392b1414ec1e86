"""Motion: what an inertial sensor felt, as repetitions and sets. Pure: samples in, records out."""
