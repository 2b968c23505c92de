"""ServImageModel: data, network, training, calibration, registry, suggestions."""
