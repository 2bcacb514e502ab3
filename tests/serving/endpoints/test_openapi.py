"""The document says what the server does: every address, every status, every example."""

import re

import pytest

from inklens.serving import create_app
from inklens.serving.settings import ServerSettings


@pytest.fixture
def document(server):
    return server.client.get("/openapi.json").json()


def test_every_address_of_the_server_is_in_the_document(document, tiny_folder):
    app = create_app(ServerSettings({"pets": tiny_folder}))
    own = {"/", "/page/{name}", "/docs", "/docs.js", "/docs.css", "/openapi.json"}
    served = {(route.path, method.lower()) for route in app.routes for method in route.methods - {"HEAD"}}
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == {(path, method) for path, method in served if path not in own}


def test_the_examples_of_requests_are_answered(server, document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "/runs/" in path:  # that server has a model, but no run
                continue
            if method == "get":
                answer = server.client.get(path.replace("{name}", "pets"))
            else:
                body = operation["requestBody"]["content"].get("application/json", {}).get("example")
                if body is None or "infer" in path:  # that example is of another size
                    continue
                answer = server.client.post(path, json=body)
            assert answer.status_code in (200, 204), (path, answer.text)
            assert str(answer.status_code) in operation["responses"]


def test_answers_have_the_members_that_the_document_names(server, document, images):
    answers = {
        "Predictions": server.client.post("/v1/predict", content=images[0]),
        "Explanation": server.client.post("/v1/explain", content=images[0]),
        "Model": server.client.get("/v1/model"),
        "Problem": server.client.get("/nothing"),
    }
    for name, answer in answers.items():
        schema = document["components"]["schemas"][name]
        assert set(schema["required"]) <= set(answer.json()) <= set(schema["properties"]), name


def test_the_page_loads_nothing_from_elsewhere(server):
    page = server.client.get("/docs").text
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == ["/docs.css", "/docs.js", "/openapi.json"]
    assert "http://" not in page
    assert "https://" not in page
    for path in ("/docs.css", "/docs.js"):
        answer = server.client.get(path)
        assert answer.status_code == 200
        assert "//" not in answer.text.replace("// ", "")
