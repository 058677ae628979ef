"""The engine through the door: its streams, its files and what it is asked to do."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp

from tests.e2e.console.conftest import Site

BOX = "/bin/busybox"


def test_a_terminal_and_files_pass_through_the_door(site: Site, entered: str) -> None:
    own = {"Cookie": f"edd={entered}", "Origin": site.url, "Host": site.console.authority}
    door = f"http://127.0.0.1:{site.console.port}"
    at = f"{door}/docker/containers/ed_website"

    async def it(client: aiohttp.ClientSession) -> None:
        wish: dict[str, Any] = {"AttachStdin": True, "AttachStdout": True, "Tty": True}
        async with client.post(f"{at}/exec", json=wish | {"Cmd": [BOX, "sh"]}) as answer:
            assert answer.status == 201
            ticket = (await answer.json())["Id"]
        async with client.ws_connect(f"{door}/ws/exec/{ticket}/start") as socket:
            assert json.loads(await socket.receive_str(timeout=20)) == {"stream": "raw"}
            await socket.send_bytes(b"echo $((6*7))\n")
            heard = b""
            async with asyncio.timeout(20):
                while b"\n42" not in heard:
                    heard += await socket.receive_bytes()
                await socket.send_bytes(b"exit\n")
                while not socket.closed:
                    await socket.receive()
            assert socket.close_code == 1000
        async with client.ws_connect(f"{door}/ws/exec/{ticket}/start") as again:
            await again.receive_str(timeout=20)
            assert b"already run" in await again.receive_bytes(timeout=20)
        query = {"path": "/www/index.html"}
        async with client.get(f"{at}/archive", params=query) as answer:
            assert answer.content_type == "application/octet-stream"
            archive = await answer.read()
        async with client.put(f"{at}/archive", params={"path": "/"}, data=archive) as answer:
            assert answer.status == 200, await answer.text()
        async with client.head(f"{at}/archive", params={"path": "/index.html"}) as answer:
            assert "X-Docker-Container-Path-Stat" in answer.headers

    async def story() -> None:
        async with aiohttp.ClientSession(headers=own) as client:
            await it(client)

    # The browser's driver has this thread's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result(60)
