"""nginx with client certificates in front of a unix socket: the peer of our front door."""

import subprocess
from pathlib import Path
from typing import Self

from edd.trust.paths import TrustPaths
from tests.support.ports import free_port, listens
from tests.support.processes import wait_until

CONFIG = """\
daemon off;
user root;
worker_processes auto;
pid {root}/nginx.pid;
error_log {root}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  client_max_body_size 0;
  client_body_buffer_size 256k;
  upstream sink {{ server unix:{sink}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {tls.server_certificate};
    ssl_certificate_key {tls.server_key};
    ssl_client_certificate {tls.client_authorities};
    ssl_crl {tls.client_crl};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    location = /v1/deployments {{ default_type application/json; return 200 '{answer}'; }}
    location = /v1/website/load {{
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_pass http://sink/images/load;
    }}
  }}
}}
"""


class Nginx:
    """One nginx, proxying uploads to ``sink`` and answering ``answer`` to small GETs."""

    def __init__(self, root: Path, tls: TrustPaths, sink: Path, answer: str) -> None:
        self.port = free_port()
        root.mkdir()
        config = root / "nginx.conf"
        config.write_text(
            CONFIG.format(root=root, sink=sink, port=self.port, tls=tls, answer=answer)
        )
        self._command = ["nginx", "-p", str(root), "-e", f"{root}/error.log", "-c", str(config)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command)
        wait_until(lambda: listens(self.port), 10, "nginx listens")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def workers(self) -> list[int]:
        """Return the processes that do its work."""
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
