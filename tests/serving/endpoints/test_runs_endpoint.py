import json
import shutil

import pytest

from inklens.serving.endpoints.runs_endpoint import runs_folder
from inklens.serving.settings import ServerSettings
from serving.running_server import running_server


def test_the_runs_beside_the_served_one_are_listed_with_their_figures(digits_server, shared_runs):
    answer = digits_server.client.get("/v1/runs").json()
    runs = {run["name"]: run for run in answer["runs"]}
    assert answer["folder"] == "runs"
    assert {"one", "two"} <= set(runs)
    metrics = json.loads((shared_runs / "runs/one/metrics.json").read_text(encoding="utf-8"))
    assert runs["one"]["accuracy"] == metrics["test"]["accuracy"]
    assert runs["one"]["served_as"] == "one"
    assert runs["two"]["served_as"] is None
    detail = digits_server.client.get("/v1/runs/one").json()
    assert [row["epoch"] for row in detail["history"]] == list(range(1, metrics["training"]["epochs"] + 1))
    assert sum(map(sum, detail["confusion"])) == metrics["test"]["n"]


def test_two_runs_are_compared_on_the_images_of_both(digits_server):
    answer = digits_server.client.get("/v1/runs/one/against/two").json()
    counts = [answer[name] for name in ("both_right", "only_one", "only_other", "both_wrong")]
    assert sum(counts) == answer["images"] > 0
    mirrored = digits_server.client.get("/v1/runs/two/against/one").json()
    assert mirrored["only_one"] == answer["only_other"]
    assert 0 <= mirrored["p"] == answer["p"] <= 1
    assert all(row["one"] != row["other"] for row in answer["differing"])


@pytest.mark.parametrize("name", ["nothing", "%2e%2e%2fone", "one%00"])
def test_no_name_leads_out_of_the_folder(digits_server, name):
    for path in (f"/v1/runs/{name}/report", f"/v1/runs/{name}/against/one", f"/v1/runs/one/against/{name}"):
        assert digits_server.client.get(path).status_code == 404, path


def test_a_report_reaches_nothing_of_the_server(digits_server):
    answer = digits_server.client.get("/v1/runs/one/report")
    if answer.status_code == 404:
        assert answer.json()["detail"] == "one has no report; `inklens report` writes one"
    else:
        assert answer.headers.get_list("Content-Security-Policy")[0].startswith("sandbox allow-scripts;")
        assert len(answer.headers.get_list("Content-Security-Policy")) == 1


def test_a_bare_model_file_has_the_runs_of_the_working_folder(tiny_folder, shared_runs, tmp_path):
    assert str(runs_folder(ServerSettings({"pets": tiny_folder / "model.onnx"}))) == "runs"
    file = shared_runs / "runs/one/model.onnx"
    assert runs_folder(ServerSettings({"one": file})) == (shared_runs / "runs").absolute()


def test_a_run_that_is_not_finished_is_listed_without_figures(tiny_folder, tmp_path):
    for name, state in (("begun", "running"), ("bare", "done")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "status.json").write_text(f'{{"state": "{state}"}}', encoding="utf-8")
    shutil.copy(tiny_folder / "model.onnx", tmp_path / "runs/bare")
    with running_server("runs/bare", "--workers", 1, folder=tmp_path) as server:
        runs = {run["name"]: run for run in server.client.get("/v1/runs").json()["runs"]}
        assert (runs["begun"]["state"], runs["begun"]["accuracy"]) == ("running", None)
        assert (runs["bare"]["served_as"], runs["bare"]["report"]) == ("bare", False)
        assert server.client.get("/v1/runs/begun").json()["history"] == []
        problem = server.client.get("/v1/runs/begun/report").json()
        assert problem["detail"] == "begun has no report; `inklens report` writes one"
        assert server.client.get("/v1/runs/begun/against/bare").json()["images"] == 0
