# A server with one model: docker build --build-arg RUN=runs/mnist-fast-1 -t digits .
#   docker run --rm -p 8000:8000 -e INKLENS_TOKEN=... digits
# No Keras inside: the image holds Python, Inklens with the extra "serve", and one model.onnx.
FROM python:3.13-slim

RUN useradd --create-home --uid 10001 inklens
WORKDIR /srv/inklens
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --constraint constraints.txt '.[serve]' && rm -rf src

ARG RUN
# With its figures, for /v1/model, where the run has some.
COPY ${RUN}/model.onnx ${RUN}/metrics.jso[n] model/
USER inklens
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready')"]
# Other machines reach it, so it does not start without INKLENS_TOKEN. There is no Keras to teach it with.
ENTRYPOINT ["inklens", "serve", "model/model.onnx", "--host", "0.0.0.0", "--read-only"]
