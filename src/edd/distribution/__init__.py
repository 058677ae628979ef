"""The push half of the OCI Distribution API (v1.1) over a storage that its user supplies.

It knows the protocol: names, chunks, ranges, digests, error bodies. It keeps nothing, decides on
no deployment and asks for no certificate. What is not served (tags, deletion, referrers) is
refused by name.
"""

from edd.distribution.door import Door, routes
from edd.distribution.problems import Refusal, answer_to
from edd.distribution.storage import Limits, Manifest, Storage

__all__ = ["Door", "Limits", "Manifest", "Refusal", "Storage", "answer_to", "routes"]
