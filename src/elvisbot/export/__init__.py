"""From a trained model to the files that engines serve."""
