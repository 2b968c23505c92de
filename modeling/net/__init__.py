"""ServImageModel itself: data, features, network, training, calibration, the gate. Nothing in here knows Django or the site.

It runs inside a worker, from the command line on several GPUs, and from an exported folder on a machine without the site.
"""
