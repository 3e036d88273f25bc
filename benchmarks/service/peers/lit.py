"""LitServe around `Booster.predict`: `python lit.py MODEL PORT`, in the environment of the peers."""

import sys
from typing import Any

import lightgbm as lgb
import litserve as ls  # type: ignore[import-not-found, unused-ignore]
import numpy as np


class Scores(ls.LitAPI):  # type: ignore[misc]
    """Scores of feature rows; what is missing is null."""

    def setup(self, device: str) -> None:
        """Load the model."""
        self.booster = lgb.Booster(model_file=sys.argv[1])

    def decode_request(self, request: ls.Request) -> Any:
        """Rows as a matrix. LitServe reads the annotation: what comes is the JSON of such a request."""
        return np.array(request["rows"], dtype=np.float64)

    def predict(self, x: Any) -> Any:
        """Score; one thread for few rows, which is faster."""
        return self.booster.predict(x, num_threads=1 if len(x) < 1_000 else 0)

    def encode_response(self, output: Any) -> dict[str, list[float]]:
        """Scores as a list."""
        return {"scores": output.tolist()}


if __name__ == "__main__":
    # The faster queue between its HTTP process and its worker: over the default one a request takes longer.
    server = ls.LitServer(Scores(), accelerator="cpu", devices=1, workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
