"""Schemathesis finds nothing that the served description does not say."""

import re
import subprocess
import sys
from pathlib import Path

from edd.api.routes import TABLE
from tests.support.daemon import Daemon

CONFIG = """
[[operations]]
include-operation-id = "load"
checks.positive_data_acceptance.enabled = false  # no schema tells an image archive from other bytes

[[operations]]
include-operation-id = "receive"
checks.positive_data_acceptance.enabled = false  # nor what a digest is the digest of

[[operations]]
include-operation-id = "offer"
checks.positive_data_acceptance.enabled = false  # layers of exbibytes find no room

[[operations]]
include-operation-id = "skeletons"
checks.positive_data_acceptance.enabled = false  # no image here has those layers

[[operations]]
include-operation-id = "assemble"
checks.positive_data_acceptance.enabled = false  # nor were they sent

[[operations]]
include-operation-id = "pull"
checks.not_a_server_error.enabled = false  # 502: no registry is in reach of the test's engine
"""

SCHEMATHESIS = Path(sys.executable).with_name("st")


def test_what_is_served_is_what_is_described(daemon: Daemon, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    done = subprocess.run(
        [
            *(
                SCHEMATHESIS,
                "--config-file",
                config,
                "run",
                f"{daemon.url}/v1/openapi.json",
                "--seed",
                "1",
                "-n",
                "10",
            ),
            *("--tls-verify", daemon.trust.paths.ca_certificate),
            *("--request-cert", daemon.admin.certificate),
            *("--request-cert-key", daemon.admin.key),
            *("--phases", "coverage,fuzzing", "--request-timeout", "20"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    # It leaves out the description itself.
    assert re.search(rf"Tested: +{len(TABLE) - 1}\n", done.stdout), done.stdout
    assert done.returncode == 0, f"{done.stdout}\n--- the daemon wrote:\n{daemon.log()}"
