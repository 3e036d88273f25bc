"""From the log to a released model: data set, split by time, fit, calibration, metrics, MLflow run, bundle, release."""
